import { Kafka, logLevel } from 'kafkajs';
import { createKafkaLog, homePartition, productTopics, TOPICS, type Log, type LogRecord } from '#libs/bus';
import { publishContracts } from '#apps/cli';
import { eventually } from '#libs/testkit';
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
import type { LogLine, MonitorProcess } from './monitor-process.js';
import { describeWithKafka, startOwnBroker, type OwnBroker } from './own-broker.js';
import { parcelContract } from './parcel-contract.js';
import { SaveProxy } from './save-proxy.js';
import { seedOfRun } from './seed-of-run.js';
import { seededRandom } from './seeded-random.js';

const PARTITIONS = 6;
const CONTRACTS = Array.from({ length: 20 }, (_, index) => `PARCELS-${index + 1}`);
/** Sent from the beginning, published later. */
const LATER = 'PARCELS-LATER';
const AMENDED = 'PARCELS-1';
/** Longest wait for partitions to move: Kafka waits for a member that does not show itself, and a machine may be slow. */
const MOVE_MILLIS = 120_000;

/** What a monitor warns of where a partition failed. */
const TAKEN_AGAIN = 'The partition is taken again.';

/** Partitions by the monitor that owns them. */
type Shares = ReadonlyMap<string, readonly number[]>;

interface Taken {
  readonly decidedAt: number;
  readonly shares: Shares;
}

describeWithKafka('monitors that share twenty contracts, while events come and deadlines fall due', () => {
  const seed = seedOfRun();
  let broker: OwnBroker;
  let log: Log;
  let proxy: SaveProxy;
  let shared: JudgedSide;
  let undisturbed: JudgedSide;
  let announced: LogRecord[] = [];
  /** What is published, and what one of two processes finds in its own folder under the same names. */
  let config: ConfigFolder;
  let otherConfig: ConfigFolder;
  let later: ConfigFolder;

  let both: Taken;
  let killed: Taken & { readonly name: string; readonly survivor: string };
  let woken: {
    readonly partition: number;
    readonly before: readonly object[];
    readonly after: readonly object[];
    readonly said: readonly LogLine[];
    readonly owner: Owner;
    readonly survivor: string;
  };
  let three: Taken;
  let published: { readonly outcome: string }[];
  const restarts: { readonly code: number | null; readonly said: readonly LogLine[] }[] = [];
  let drained: { readonly hints: Map<number, number>; readonly owners: readonly Owner[]; readonly behind: number };

  /** Waits until these own everything, each as much as the others. */
  async function sharedAmong(...monitors: readonly MonitorProcess[]): Promise<Taken> {
    const even = PARTITIONS / monitors.length;
    const shares = await whileRunning(monitors, MOVE_MILLIS, async () => {
      const owners = await shared.owners();
      const partitionsOf = (name: string): number[] =>
        owners.flatMap(({ process, partition }) => (process === name ? [partition] : []));
      const found = new Map(monitors.map(({ name }) => [name, partitionsOf(name)]));
      return [...found.values()].every(({ length }) => length === even) ? found : undefined;
    });
    return { shares, decidedAt: await shared.decidesMore(20, ...monitors) };
  }

  /** Everything in the database that a save of a monitor changes in this partition. */
  async function written(partition: number): Promise<object[]> {
    const { rows } = await shared.store.pool.query<object>(
      `SELECT next_offset, slice, outbox_number, epoch, contract, last_number, clock,
              (SELECT count(*) FROM decision WHERE decision.contract = c.contract) AS decisions,
              (SELECT count(*) FROM fact WHERE fact.contract = c.contract) AS facts
         FROM partition_owner AS o JOIN contract_state AS c USING (topic, partition)
        WHERE topic = $1 AND partition = $2 ORDER BY contract`,
      [TOPICS.events, partition],
    );
    return rows;
  }

  /** Stands still with a save on its way until its partition is another's, then goes on with it. */
  async function freezeAndThaw(frozen: MonitorProcess, survivor: MonitorProcess): Promise<void> {
    const save = await proxy.hold();
    frozen.freeze();
    const { partition } = save;
    const owner = await whileRunning([survivor], MOVE_MILLIS, async () => {
      const found = (await shared.owners()).find((one) => one.partition === partition)!;
      return found.process === survivor.name ? found : undefined;
    });
    // For a moment nobody else writes: whatever changes now, the woken one did.
    await sharedAmong(survivor);
    survivor.freeze();
    const before = await written(partition);
    await save.letGo();
    const after = await written(partition);
    survivor.thaw();
    const from = frozen.lines().length;
    frozen.thaw();
    const said = await whileRunning([frozen], MOVE_MILLIS, () => {
      const lines = frozen.lines().slice(from);
      const found = lines.some((line) => rejects(line) && line['partition'] === partition);
      return Promise.resolve(found ? lines : undefined);
    });
    woken = { partition, before, after, said, owner, survivor: survivor.name };
  }

  async function stopUnderLoad(monitor: MonitorProcess): Promise<void> {
    const from = monitor.lines().length;
    const code = await monitor.stop();
    restarts.push({ code, said: monitor.lines().slice(from) });
  }

  /** Where Kafka believes the group to be. */
  async function hints(): Promise<Map<number, number>> {
    const admin = new Kafka({ brokers: [broker.brokers], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    const [topic] = await admin
      .fetchOffsets({ groupId: 'pactwatch-monitor', topics: [TOPICS.events] })
      .finally(() => admin.disconnect());
    return new Map(topic!.partitions.map(({ partition, offset }) => [partition, Number(offset)]));
  }

  beforeAll(async () => {
    process.stderr.write(`seed of the traffic: ${seed}\n`);
    broker = await startOwnBroker();
    log = createKafkaLog({ brokers: [broker.brokers], clientId: 'pactwatch-shared-partitions' });
    await log.ensureTopics(productTopics(PARTITIONS));
    const now = Date.now();
    config = aConfigFolder(CONTRACTS.map((id) => parcelContract(id, now)));
    otherConfig = aConfigFolder(CONTRACTS.map((id) => parcelContract(id, now, { delivery: 'PT1S' })));
    later = aConfigFolder([parcelContract(LATER, now), parcelContract(AMENDED, now, { version: 2, delivery: 'PT2S' })]);
    const other = { PACTWATCH_CONFIG: otherConfig.folder };
    shared = await JudgedSide.open({ brokers: broker.brokers, config });
    const before = await SaveProxy.before(shared.env['DATABASE_URL']!);
    proxy = before.proxy;
    const servers = { store: shared.store, log, stampKey: Buffer.from(STAMP_KEY) };
    await publishContracts(servers, config.contracts, { from: null, waitMillis: 0, now: Date.now });

    // Without strays: each run sends them home anew, and of a contract published later the copies might be judged.
    const feed = new LiveFeed(log, [...CONTRACTS, LATER], PARTITIONS, seededRandom(seed), 0);
    await feed.during(async () => {
      const first = shared.start();
      const second = shared.start(other);
      both = await sharedAmong(first, second);

      await first.kill();
      killed = { name: first.name, survivor: second.name, ...(await sharedAmong(second)) };

      const third = shared.start({ DATABASE_URL: before.url });
      await sharedAmong(second, third);
      await freezeAndThaw(third, second);
      await sharedAmong(second, third);

      const fourth = shared.start(other);
      three = await sharedAmong(second, third, fourth);

      const from = Date.now() + 500;
      const outcomes = await publishContracts(servers, later.contracts, { from, waitMillis: 120_000, now: Date.now });
      published = outcomes.map(({ outcome }) => ({ outcome }));
      await shared.decidesMore(50, second, third, fourth);

      // One after the other, each with the folder of another.
      await stopUnderLoad(second);
      const fifth = shared.start();
      await sharedAmong(third, fourth, fifth);
      await stopUnderLoad(third);
      const sixth = shared.start(other);
      await sharedAmong(fourth, fifth, sixth);
      await stopUnderLoad(fourth);
      await stopUnderLoad(fifth);
      await sharedAmong(sixth);
      await stopUnderLoad(sixth);
      const owners = await shared.owners();
      const read = owners.reduce((sum, { nextOffset }) => sum + nextOffset, 0);
      const behind = await eventually(async () => {
        const ends = (await log.bounds(TOPICS.events)).reduce((sum, { high }) => sum + high, 0);
        return ends > read ? ends - read : undefined;
      });
      drained = { hints: await hints(), owners, behind };
    });
    const last = shared.start(other);
    await shared.settle(log, last);
    expect(await last.stop()).toBe(0);
    announced = await announcedBy(log);
    undisturbed = await undisturbedSide(log, { brokers: broker.brokers, config }, config, later);
  }, 900_000);

  afterAll(async () => {
    await shared?.close();
    await undisturbed?.close();
    await proxy?.close();
    await log?.close();
    await broker?.close();
    for (const folder of [config, otherConfig, later]) folder?.remove();
  });

  it('own some partitions each, with contracts in all of them', () => {
    expect(new Set(CONTRACTS.map((id) => homePartition(id, PARTITIONS))).size).toBe(PARTITIONS);
    expect([...both.shares.values()].map(({ length }) => length)).toEqual([3, 3]);
  });

  it('take over what one of them had when it was killed', () => {
    expect(both.shares.get(killed.name)).toHaveLength(3);
    expect(killed.shares.get(killed.survivor)).toHaveLength(PARTITIONS);
    expect(killed.decidedAt).toBeGreaterThan(both.decidedAt);
  });

  it('do not let one save that was frozen while its partition went elsewhere', () => {
    expect(woken.owner.process).toBe(woken.survivor);
    expect(woken.before.length).toBeGreaterThan(0);
    expect(woken.after).toEqual(woken.before);
    expect(woken.said.filter(rejects)).not.toEqual([]);
  });

  it('share anew when a third one joins', () => {
    expect([...three.shares.values()].map(({ length }) => length)).toEqual([2, 2, 2]);
    expect(three.decidedAt).toBeGreaterThan(killed.decidedAt);
  });

  it('take up what is published while they run, each at the same place', async () => {
    expect(published).toEqual([{ outcome: 'taken-up' }, { outcome: 'taken-up' }]);
    const decided = (await shared.decisions(AMENDED)) as unknown as {
      record: { allowed: string; obligation: string };
    }[];
    const allowed = decided
      .filter(({ record }) => record.obligation === 'delivery')
      .map(({ record }) => record.allowed);
    expect(new Set(allowed)).toEqual(new Set(['PT4S', 'PT2S']));
    const { quarantine } = await shared.kept();
    expect(quarantine).toEqual(expect.arrayContaining([expect.objectContaining({ reason: 'UNKNOWN_CONTRACT' })]));
    expect((await shared.decisions(LATER)).length).toBeGreaterThan(10);
  });

  it('end in order in the middle of the work: nothing that was under way is left unsaved, and nobody else notices', () => {
    expect(restarts.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0]);
    expect(restarts.flatMap(({ said }) => said.filter(rejects))).toEqual([]);
    expect(restarts.flatMap(({ said }) => said.filter(({ msg }) => msg === TAKEN_AGAIN))).toEqual([]);
    expect(drained.behind).toBeGreaterThan(0);
    expect(drained.hints).toEqual(new Map(drained.owners.map(({ partition, nextOffset }) => [partition, nextOffset])));
  });

  it('have decided and kept what one alone decides and keeps, whatever lay in their folders', () =>
    expectSameOutcome(shared, undisturbed, [...CONTRACTS, LATER]));

  it('have announced every decision, in order, once repeats are dropped', () =>
    expectAllAnnounced(announced, shared, [...CONTRACTS, LATER]));
});

/** The log line of a monitor whose save was not taken. */
function rejects({ err }: LogLine): boolean {
  return err?.type === 'FencedError' || err?.type === 'UnknownOutcomeError';
}
