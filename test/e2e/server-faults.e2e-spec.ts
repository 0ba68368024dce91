import { Kafka, logLevel } from 'kafkajs';
import { createKafkaLog, productTopics, TOPICS, type Log, type LogRecord } from '#libs/bus';
import { watermarkRecord } from '#libs/events';
import { publishContracts } from '#apps/cli';
import { aConfigFolder, type ConfigFolder } from './a-config-folder.js';
import { STAMP_KEY } from './a-product.js';
import {
  announcedBy,
  expectAllAnnounced,
  expectSameOutcome,
  JudgedSide,
  undisturbedSide,
  whileRunning,
  type Owner,
} from './judged-side.js';
import { LiveFeed } from './live-feed.js';
import type { MonitorProcess, Readiness } from './monitor-process.js';
import { describeWithKafka, startOwnBroker, type OwnBroker } from './own-broker.js';
import { startOwnPostgres, type OwnPostgres } from './own-postgres.js';
import { parcelContract } from './parcel-contract.js';
import { SaveProxy, type CutAt, type SeenSave } from './save-proxy.js';
import { seedOfRun } from './seed-of-run.js';
import { seededRandom } from './seeded-random.js';

const PARTITIONS = 3;
const CONTRACTS = ['PARCELS-1', 'PARCELS-2', 'PARCELS-3'];
const CUTS: readonly CutAt[] = ['before it is executed', 'before it is committed', 'before it is answered'];

/** A partition as the database has it. */
interface Standing extends Owner {
  readonly decisions: number;
}

interface Outage {
  readonly decidedBefore: number;
  /** While the log was away; when the database was just back. */
  readonly decidedAt: number;
  readonly decidedAfter: number;
  readonly epochsBefore: number;
  readonly epochsAfter: number;
  readonly unready: Readiness;
  readonly said: readonly string[];
}

describeWithKafka('a monitor whose servers fail while events come and deadlines fall due', () => {
  const seed = seedOfRun();
  let broker: OwnBroker;
  let postgres: OwnPostgres;
  let proxy: SaveProxy;
  let log: Log;
  let config: ConfigFolder;
  let disturbed: JudgedSide;
  let undisturbed: JudgedSide;
  let monitor: MonitorProcess;
  let announced: LogRecord[] = [];
  const cuts = new Map<CutAt, SeenSave<Standing> & { readonly said: readonly string[]; readonly retaken: Owner }>();
  const outages = new Map<string, Outage>();
  let taking: { readonly before: object; readonly after: object };
  let readyAtLast: object;
  /** Of a monitor that found records missing from the log. */
  let missing: { readonly unready: Readiness; readonly said: readonly string[]; readonly judged: boolean };

  const epochs = async (): Promise<number> => (await disturbed.owners()).reduce((sum, { epoch }) => sum + epoch, 0);

  async function standing(partition: number): Promise<Standing> {
    const owner = (await disturbed.owners()).find((one) => one.partition === partition)!;
    const { rows } = await disturbed.store.pool.query<{ decisions: number }>(
      `SELECT count(*)::int AS decisions FROM decision JOIN contract_state USING (contract)
        WHERE topic = $1 AND partition = $2`,
      [TOPICS.events, partition],
    );
    return { ...owner, ...rows[0]! };
  }

  /** What the monitor has logged since as an error. */
  const errorsSince = (from: number): string[] =>
    monitor
      .lines()
      .slice(from)
      .flatMap(({ err }) => (err === undefined ? [] : [err.type ?? String(err.message)]));

  /** Starts the monitor while nobody can take a partition, until it has been given some and says that it is not ready. */
  async function startHindered(): Promise<typeof taking> {
    const client = await disturbed.store.pool.connect();
    try {
      await client.query('BEGIN; LOCK TABLE partition_owner IN SHARE ROW EXCLUSIVE MODE');
      monitor = disturbed.start();
      const before = await readiness(({ status }) => status !== 200);
      await client.query('COMMIT');
      return { before, after: await readiness(({ status }) => status === 200) };
    } finally {
      client.release();
    }
  }

  /** Waits until the monitor answers so. */
  function readiness(fits: (answer: Readiness) => boolean): Promise<Readiness> {
    return whileRunning([monitor], 120_000, async () => {
      const answer = await monitor.readiness();
      return fits(answer) ? answer : undefined;
    });
  }

  /** Takes records away that nobody has judged. */
  async function deleteUnread(partition: number): Promise<void> {
    const values = ['first', 'second', 'third'];
    const places = await log.append(values.map((value) => ({ topic: TOPICS.events, key: null, value, partition })));
    const admin = new Kafka({ brokers: [broker.brokers], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    try {
      // Asking for the offsets is also what lets this client know the topic's leaders.
      await admin.fetchTopicOffsets(TOPICS.events);
      const partitions = [{ partition, offset: String(places[1]!.offset) }];
      await admin.deleteTopicRecords({ topic: TOPICS.events, partitions });
    } finally {
      await admin.disconnect();
    }
  }

  async function cutOff(at: CutAt): Promise<void> {
    const from = monitor.lines().length;
    const seen = await proxy.cut(at, standing);
    const retaken = await whileRunning([monitor], 120_000, async () => {
      const owner = await standing(seen.partition);
      return owner.epoch > seen.before.epoch ? owner : undefined;
    });
    await disturbed.decidesMore(1, monitor);
    cuts.set(at, { ...seen, retaken, said: errorsSince(from) });
  }

  /** Takes a server away until the monitor says that it misses it. */
  async function outage(name: 'database' | 'log', away: () => Promise<void>, back: () => Promise<void>): Promise<void> {
    const from = monitor.lines().length;
    const decidedBefore = await disturbed.decidesMore(1, monitor);
    const epochsBefore = await epochs();
    await away();
    const unready = await readiness(({ down }) => down.includes(name));
    if (name === 'database') await back();
    const decidedAt = await disturbed.count('decision');
    if (name === 'log') await back();
    const decidedAfter = await disturbed.decidesMore(50, monitor);
    const epochsAfter = await epochs();
    outages.set(name, {
      ...{ decidedBefore, decidedAt, decidedAfter, epochsBefore, epochsAfter, unready, said: errorsSince(from) },
    });
  }

  beforeAll(async () => {
    process.stderr.write(`seed of the traffic: ${seed}\n`);
    [broker, postgres] = await Promise.all([startOwnBroker(), startOwnPostgres()]);
    log = createKafkaLog({ brokers: [broker.brokers], clientId: 'pactwatch-server-faults' });
    await log.ensureTopics(productTopics(PARTITIONS));
    const now = Date.now();
    config = aConfigFolder(CONTRACTS.map((id) => parcelContract(id, now)));
    const before = await SaveProxy.before(postgres.url);
    proxy = before.proxy;
    disturbed = await JudgedSide.open({
      ...{ brokers: broker.brokers, config, databaseUrl: postgres.url, monitorsUrl: before.url },
    });
    await publishContracts({ store: disturbed.store, log, stampKey: Buffer.from(STAMP_KEY) }, config.contracts, {
      from: null,
      waitMillis: 0,
      now: Date.now,
    });
    taking = await startHindered();
    const feed = new LiveFeed(log, CONTRACTS, PARTITIONS, seededRandom(seed));
    await feed.during(async () => {
      await disturbed.decidesMore(50, monitor);
      for (const at of CUTS) await cutOff(at);
      await outage('database', postgres.kill, postgres.restart);
      await outage('log', broker.kill, broker.restart);
    });
    await disturbed.settle(log, monitor);
    readyAtLast = await monitor.readiness();
    expect(await monitor.stop()).toBe(0);
    announced = await announcedBy(log);
    undisturbed = await undisturbedSide(log, { brokers: broker.brokers, config }, config);

    await deleteUnread(0);
    monitor = disturbed.start();
    const unready = await readiness(
      ({ down }) => down.includes('stream') && errorsSince(0).includes('RecordsGoneError'),
    );
    // The others go on.
    const sign = watermarkRecord({ door: 'of nobody', through: Date.now() }, 1, Buffer.from(STAMP_KEY));
    const [place] = await log.append([{ topic: TOPICS.events, ...sign, partition: 1 }]);
    const judged = await whileRunning([monitor], 30_000, async () => {
      const { nextOffset } = (await disturbed.owners()).find(({ partition }) => partition === 1)!;
      return nextOffset > place!.offset ? true : undefined;
    });
    missing = { unready, said: errorsSince(0), judged };
    expect(await monitor.stop()).toBe(0);
  }, 600_000);

  afterAll(async () => {
    await disturbed?.close();
    await undisturbed?.close();
    await log?.close();
    await broker?.close();
    await proxy?.close();
    await postgres?.close();
    config?.remove();
  });

  it.each(CUTS)('notices that a save was cut off %s, takes the partition again, and asks what became of it', (at) => {
    const { before, after, retaken, said } = cuts.get(at)!;
    expect(said).toContain('UnknownOutcomeError');
    expect(retaken.epoch).toBe(before.epoch + 1);
    const { epoch, nextOffset, slice, decisions } = after;
    if (at === 'before it is answered') {
      expect(nextOffset + slice).toBeGreaterThan(before.nextOffset + before.slice);
      expect(decisions).toBeGreaterThanOrEqual(before.decisions);
      expect(epoch).toBe(before.epoch);
    } else expect(after).toEqual(before);
  });

  it.each(['database', 'log'] as const)('says that the %s is away when that was killed, waits, and goes on', (name) => {
    const { decidedBefore, decidedAt, decidedAfter, unready } = outages.get(name)!;
    expect(unready).toEqual({ status: 503, down: expect.arrayContaining([name]) as unknown });
    expect(decidedAt).toBeGreaterThanOrEqual(decidedBefore);
    expect(decidedAfter).toBeGreaterThan(decidedAt);
  });

  it('takes its partitions again when the database is back', () => {
    const { epochsBefore, epochsAfter, said } = outages.get('database')!;
    expect(epochsAfter).toBeGreaterThan(epochsBefore);
    expect(said.length).toBeGreaterThan(0);
  });

  it('is ready when it has taken what it was given, not before', () => {
    expect(taking).toEqual({ before: { status: 503, down: ['stream'] }, after: { status: 200, down: [] } });
  });

  it('says that it is ready once it has everything again', () => {
    expect(readyAtLast).toEqual({ status: 200, down: [] });
  });

  it('stands still with a partition of which the log no longer holds what comes next, and with no other', () => {
    const { unready, said, judged } = missing;
    expect(unready).toEqual({ status: 503, down: ['stream'] });
    expect(said).toEqual(['RecordsGoneError']);
    expect(judged).toBe(true);
  });

  it('has decided and kept what the undisturbed one decides and keeps: nothing twice, nothing missing', async () => {
    await expectSameOutcome(disturbed, undisturbed, CONTRACTS);
    expect(await disturbed.count('decision')).toBeGreaterThan(500);
  });

  it('has announced every decision, in order, once repeats are dropped', () =>
    expectAllAnnounced(announced, disturbed, CONTRACTS));
});
