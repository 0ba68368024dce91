import { createKafkaLog, homePartition, productTopics, type Log, type LogRecord } from '#libs/bus';
import { publishContracts } from '#apps/cli';
import { aConfigFolder, type ConfigFolder } from './a-config-folder.js';
import { STAMP_KEY } from './a-product.js';
import { dismissMembers } from './dismiss-members.js';
import {
  announcedBy,
  expectAllAnnounced,
  expectSameOutcome,
  JudgedSide,
  undisturbedSide,
  whileRunning,
} from './judged-side.js';
import { LiveFeed } from './live-feed.js';
import type { MonitorProcess } from './monitor-process.js';
import { describeWithKafka, startOwnBroker, type OwnBroker } from './own-broker.js';
import { parcelContract } from './parcel-contract.js';
import { runCommand } from './run-command.js';
import { seedOfRun } from './seed-of-run.js';
import { seededRandom } from './seeded-random.js';

const PARTITIONS = 3;
/** In different partitions, so that one process loses more than one at once. */
const CONTRACTS = ['PARCELS-1', 'PARCELS-2', 'PARCELS-3'];
const KILLS = 10;

/** How far a monitor had come when it was killed. */
interface Kill {
  /** Partitions that were its own. */
  readonly owned: number;
  /** When it had just taken the first of them. */
  readonly decidedBefore: number;
  readonly decidedAt: number;
}

describeWithKafka('a monitor that is killed ten times while events come and deadlines fall due', () => {
  const seed = seedOfRun();
  let broker: OwnBroker;
  let log: Log;
  let config: ConfigFolder;
  let killed: JudgedSide;
  let undisturbed: JudgedSide;
  /** Records on `compliance.decisions` when the killed monitor had done everything. */
  let announced: LogRecord[] = [];
  const kills: Kill[] = [];

  const ownedBy = async ({ name }: MonitorProcess): Promise<number> =>
    (await killed.owners()).filter(({ process }) => process === name).length;

  beforeAll(async () => {
    // To do the same again.
    process.stderr.write(`seed of the traffic and the kills: ${seed}\n`);
    broker = await startOwnBroker();
    log = createKafkaLog({ brokers: [broker.brokers], clientId: 'pactwatch-kill-monitor' });
    await log.ensureTopics(productTopics(PARTITIONS));
    const now = Date.now();
    config = aConfigFolder(CONTRACTS.map((id) => parcelContract(id, now)));
    killed = await JudgedSide.open({ brokers: broker.brokers, config });
    await publishContracts({ store: killed.store, log, stampKey: Buffer.from(STAMP_KEY) }, config.contracts, {
      from: null,
      waitMillis: 0,
      now: Date.now,
    });
    const random = seededRandom(seed);
    const feed = new LiveFeed(log, CONTRACTS, PARTITIONS, random);
    let monitor = killed.start();
    await feed.during(async () => {
      for (let kill = 1; kill <= KILLS; kill += 1) {
        await whileRunning([monitor], 120_000, async () => ((await ownedBy(monitor)) > 0 ? true : undefined));
        const decidedBefore = await killed.count('decision');
        // Anywhere in its work: a batch decides several at once.
        await killed.decidesMore(1 + Math.floor(random() * 200), monitor);
        await monitor.kill();
        const decidedAt = await killed.count('decision');
        kills.push({ owned: await ownedBy(monitor), decidedBefore, decidedAt });
        await dismissMembers(broker.brokers);
        monitor = killed.start();
      }
      await killed.decidesMore(1, monitor);
    });
    await killed.settle(log, monitor);
    expect(await monitor.stop()).toBe(0);
    announced = await announcedBy(log);
    undisturbed = await undisturbedSide(log, { brokers: broker.brokers, config }, config);
  }, 600_000);

  afterAll(async () => {
    await killed?.close();
    await undisturbed?.close();
    await log?.close();
    await broker?.close();
    config?.remove();
  });

  it('was killed in the middle of its work, each time', async () => {
    expect(kills).toHaveLength(KILLS);
    for (const { owned, decidedBefore, decidedAt } of kills) {
      expect(owned).toBeGreaterThan(0);
      expect(decidedAt).toBeGreaterThan(decidedBefore);
    }
    expect(await killed.count('decision')).toBeGreaterThan(kills[KILLS - 1]!.decidedAt);
  });

  it('lives in several partitions and was busy', async () => {
    expect(new Set(CONTRACTS.map((id) => homePartition(id, PARTITIONS))).size).toBeGreaterThan(1);
    const { rows } = await killed.store.pool.query<{ type: string }>('SELECT DISTINCT type FROM decision');
    expect(rows.map(({ type }) => type)).toEqual(
      expect.arrayContaining([
        'compliance.verdict.opened',
        'compliance.verdict.met',
        'compliance.verdict.paused',
        'compliance.verdict.cancelled',
        'compliance.verdict.withdrawn',
        'compliance.breach.declared',
        'compliance.breach.revised',
        'compliance.breach.withdrawn',
        'compliance.deadline.warned',
      ]),
    );
    expect(await killed.count('fact')).toBeGreaterThan(2_000);
    const { quarantine } = await killed.kept();
    expect(new Set(quarantine.map(({ reason }) => reason))).toEqual(new Set(['ID_REUSE', 'SCHEMA']));
  });

  it('has decided and kept what the undisturbed one decides and keeps: nothing twice, nothing missing', async () => {
    await expectSameOutcome(killed, undisturbed, CONTRACTS);
    expect(await killed.count('decision')).toBeGreaterThan(2_000);
  });

  it('has announced every decision, in order, once repeats are dropped', () =>
    expectAllAnnounced(announced, killed, CONTRACTS));

  it('holds the verdicts that its facts give when they are judged again', async () => {
    const records = (await runCommand(['replay', '--format', 'json'], killed.env)).trim().split('\n');
    const sums = records.map((line) => JSON.parse(line) as { contract: string; verdicts: number });
    expect(sums).toEqual(
      CONTRACTS.map((contract) => expect.objectContaining({ kind: 'replay', contract, differences: 0 }) as unknown),
    );
    expect(Math.min(...sums.map(({ verdicts }) => verdicts))).toBeGreaterThan(100);
  });
});
