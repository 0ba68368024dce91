import { randomInt } from 'node:crypto';
import { createKafkaLog, homePartition, productTopics, TOPICS, type Log, type LogRecord } from '#libs/bus';
import { publishContracts } from '#apps/cli';
import { parseEvent } from '#libs/events';
import { Store } from '#libs/store';
import { eventually, freshDatabase, type FreshDatabase } from '#libs/testkit';
import { aConfigFolder, type ConfigFolder } from './a-config-folder.js';
import { STAMP_KEY } from './a-product.js';
import { MonitorProcess } from './monitor-process.js';
import { describeWithKafka, startOwnBroker, type OwnBroker } from './own-broker.js';
import { parcelContract } from './parcel-contract.js';
import { ParcelTraffic } from './parcel-traffic.js';
import { readTopic } from './read-topic.js';
import { runCommand } from './run-command.js';
import { seededRandom } from './seeded-random.js';

const PARTITIONS = 3;
/** In different partitions, so that one process loses more than one at once. */
const CONTRACTS = ['PARCELS-1', 'PARCELS-2', 'PARCELS-3'];
const KILLS = 3;
const STEP_MILLIS = 25;
/** About 170 events a second. */
const CASES_PER_STEP = 1;

describeWithKafka('a monitor that is killed while events come and deadlines fall due', () => {
  const seed = randomInt(2 ** 31);
  let broker: OwnBroker;
  let log: Log;
  let config: ConfigFolder;
  let killed: Side;
  let undisturbed: Side;
  /** Records on `compliance.decisions` when the killed monitor had done everything. */
  let announced: LogRecord[] = [];

  beforeAll(async () => {
    // To do the same again.
    process.stderr.write(`seed of the traffic and the kills: ${seed}\n`);
    broker = await startOwnBroker();
    log = createKafkaLog({ brokers: [broker.brokers], clientId: 'pactwatch-kill-monitor' });
    await log.ensureTopics(productTopics(PARTITIONS));
    const now = Date.now();
    config = aConfigFolder(CONTRACTS.map((id) => parcelContract(id, now)));
    killed = await Side.open(broker.brokers, config);
    await publishContracts({ store: killed.store, log, stampKey: Buffer.from(STAMP_KEY) }, config.contracts, {
      from: null,
      waitMillis: 0,
      now: Date.now,
    });
    const random = seededRandom(seed);
    const feed = new Feed(log, random);
    await feed.during(async () => {
      let monitor = killed.startMonitor();
      for (let kill = 1; kill <= KILLS; kill += 1) {
        await killed.progress(monitor);
        await new Promise((resolve) => setTimeout(resolve, random() * 2_500));
        await monitor.kill();
        monitor = killed.startMonitor();
      }
      await killed.progress(monitor);
    });
    await killed.settle(log);
    expect(await killed.stopMonitor()).toBe(0);
    announced = await readTopic(log, TOPICS.decisions);

    // The undisturbed run: the same log, judged once more by one process that nobody disturbs.
    undisturbed = await Side.open(broker.brokers, config);
    await undisturbed.takeDocuments(config);
    undisturbed.startMonitor();
    await undisturbed.settle(log);
    expect(await undisturbed.stopMonitor()).toBe(0);
  }, 240_000);

  afterAll(async () => {
    await killed?.close();
    await undisturbed?.close();
    await log?.close();
    await broker?.close();
    config?.remove();
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
    const facts = await killed.store.pool.query<{ count: number }>('SELECT count(*)::int AS count FROM fact');
    expect(facts.rows[0]?.count).toBeGreaterThan(2_000);
  });

  it('has decided what the undisturbed one decides: nothing twice, nothing missing', async () => {
    const [first, second] = [await killed.decisions(), await undisturbed.decisions()];
    for (const contract of CONTRACTS) {
      const [mine, theirs] = [first, second].map((all) => all.filter((one) => one.contract === contract));
      expect(mine?.map(({ number }) => number)).toEqual(mine?.map((_, index) => index + 1));
      expect(firstDifference(mine!, theirs!)).toBeUndefined();
    }
    expect(first.length).toBeGreaterThan(2_000);
  });

  it('has announced every decision, in order, once repeats are dropped', async () => {
    const seen = new Map<string, object>();
    for (const record of announced) {
      const parsed = parseEvent(record);
      if (!parsed.ok) throw new Error(parsed.refusal.detail);
      const { data, type } = parsed.event;
      const { generation, number, contract } = data;
      const name = `${String(contract)}/${String(generation)}/${String(number)}`;
      // A repeat says the same again.
      if (seen.has(name)) expect({ type, data }).toEqual(seen.get(name));
      else seen.set(name, { type, data });
    }
    const { rows } = await killed.store.pool.query<{ name: string; type: string; record: string }>(
      `SELECT contract || '/' || generation || '/' || number AS name, type, record::text AS record
         FROM decision ORDER BY contract COLLATE "C", number`,
    );
    const expected = rows.map(({ name, type, record }) => [name, { type, data: JSON.parse(record) as object }]);
    for (const contract of CONTRACTS) {
      const of = (all: readonly unknown[][]) => all.filter(([name]) => String(name).startsWith(`${contract}/`));
      expect(firstDifference(of([...seen]), of(expected))).toBeUndefined();
    }
  });

  it('has kept the same facts, quarantined records and verdicts', async () => {
    const [mine, theirs] = [await killed.kept(), await undisturbed.kept()];
    for (const table of Object.keys(mine) as (keyof typeof mine)[]) {
      expect({ table, difference: firstDifference(mine[table], theirs[table]) }).toEqual({ table });
    }
    expect(new Set(mine.quarantine.map(({ reason }) => reason))).toEqual(new Set(['ID_REUSE', 'SCHEMA']));
  });

  it('holds the verdicts that its facts give when they are judged again', async () => {
    const records = (await runCommand(['replay', '--format', 'json'], killed.env)).trim().split('\n');
    const sums = records.map((line) => JSON.parse(line) as { contract: string; verdicts: number });
    expect(sums).toEqual(
      CONTRACTS.map((contract) => expect.objectContaining({ kind: 'replay', contract, differences: 0 }) as unknown),
    );
    expect(Math.min(...sums.map(({ verdicts }) => verdicts))).toBeGreaterThan(100);
  });
});

/** Where two long lists part, and nothing of what they share. */
function firstDifference(actual: readonly unknown[], expected: readonly unknown[]): object | undefined {
  for (let index = 0; index < Math.max(actual.length, expected.length); index += 1) {
    if (JSON.stringify(actual[index]) !== JSON.stringify(expected[index]))
      return { index, actual: actual[index], expected: expected[index] };
  }
  return undefined;
}

/** Sends live traffic as long as something goes on. */
class Feed {
  private readonly traffic: ParcelTraffic;

  constructor(
    private readonly log: Log,
    random: () => number,
  ) {
    this.traffic = new ParcelTraffic(CONTRACTS, PARTITIONS, random);
  }

  async during(work: () => Promise<void>): Promise<void> {
    let over = false;
    const sending = (async () => {
      while (!over) {
        for (let count = 0; count < CASES_PER_STEP; count += 1) this.traffic.begin(Date.now());
        await this.log.append(this.traffic.due(Date.now()));
        await new Promise((resolve) => setTimeout(resolve, STEP_MILLIS));
      }
      // What was begun goes on to its end.
      await this.log.append(this.traffic.due(Infinity));
    })();
    try {
      await work();
    } finally {
      over = true;
      await sending;
    }
  }
}

/** A database, and the monitor that fills it. */
class Side {
  private monitor: MonitorProcess | undefined;

  private constructor(
    private readonly database: FreshDatabase,
    readonly store: Store,
    readonly env: Readonly<Record<string, string>>,
  ) {}

  static async open(brokers: string, config: ConfigFolder): Promise<Side> {
    const database = await freshDatabase();
    const store = await Store.connect({ url: database.url, name: 'kill-monitor', poolSize: 2 });
    await store.migrate();
    const env = {
      DATABASE_URL: database.url,
      KAFKA_BROKERS: brokers,
      PACTWATCH_STAMP_KEY: STAMP_KEY,
      PACTWATCH_CONFIG: config.folder,
    };
    return new Side(database, store, env);
  }

  async takeDocuments({ contracts }: ConfigFolder): Promise<void> {
    for (const { contract, bytes, calendars } of contracts) {
      await this.store.putDocument(contract.hash, 'contract', bytes);
      for (const [hash, calendar] of calendars) await this.store.putDocument(hash, 'calendar', calendar);
    }
  }

  startMonitor(): MonitorProcess {
    this.monitor = MonitorProcess.start(this.env);
    return this.monitor;
  }

  async stopMonitor(): Promise<number | null | undefined> {
    return this.monitor?.stop();
  }

  /** Waits until more has been judged than now. */
  async progress(monitor: MonitorProcess): Promise<void> {
    const total = async (): Promise<number> => [...(await this.read()).values()].reduce((sum, one) => sum + one, 0);
    const before = await total();
    await eventually(
      async () => {
        monitor.mustRun();
        return (await total()) > before ? true : undefined;
      },
      { within: 45_000 },
    );
  }

  /** Waits until the whole log has been judged, everything is announced, and nothing is due any more. */
  async settle(log: Log): Promise<void> {
    await eventually(
      async () => {
        this.monitor?.mustRun();
        const { rows } = await this.store.pool.query<{ left: number }>(
          `SELECT (SELECT count(*) FROM subject_state WHERE next_instant IS NOT NULL)::int
                + (SELECT count(*) FROM outbox)::int AS left`,
        );
        if (rows[0]?.left !== 0) return undefined;
        const read = await this.read();
        const ends = await log.bounds(TOPICS.events);
        return ends.every(({ partition, high }) => (read.get(partition) ?? 0) >= high) ? true : undefined;
      },
      { within: 60_000 },
    );
  }

  async decisions(): Promise<{ contract: string; number: number }[]> {
    const { rows } = await this.store.pool.query<{ contract: string; number: number }>(
      `SELECT contract, number::int, type, obligation, clause, party, subject, instance, state, revision, supersedes,
              effective_at, record::jsonb - 'decidedAt' AS record
         FROM decision ORDER BY contract COLLATE "C", number`,
    );
    return rows;
  }

  async kept() {
    const select = async <T extends object>(sql: string): Promise<T[]> => (await this.store.pool.query<T>(sql)).rows;
    return {
      fact: await select(`SELECT contract, source, id, type, subject, occurred_at, appended_at, content_hash, data::text
                            FROM fact ORDER BY contract, source, id`),
      quarantine: await select<{ reason: string }>(
        `SELECT DISTINCT contract, source, event_id, reason, detail FROM quarantine ORDER BY 1, 2, 3, 4, 5`,
      ),
      verdict: await select('SELECT * FROM verdict ORDER BY contract, obligation, subject, instance'),
    };
  }

  async close(): Promise<void> {
    await this.monitor?.stop();
    await this.store.close();
    await this.database.drop();
  }

  /** Next offset by partition of the stream. */
  private async read(): Promise<Map<number, number>> {
    const { rows } = await this.store.pool.query<{ partition: number; next_offset: string }>(
      'SELECT partition, next_offset FROM partition_owner WHERE topic = $1',
      [TOPICS.events],
    );
    return new Map(rows.map((row) => [row.partition, Number(row.next_offset)]));
  }
}
