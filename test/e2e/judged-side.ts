import { TOPICS, type Log, type LogRecord } from '#libs/bus';
import { parseEvent } from '#libs/events';
import { Store } from '#libs/store';
import { eventually, freshDatabase } from '#libs/testkit';
import { publishContracts } from '#apps/cli';
import type { ConfigFolder } from './a-config-folder.js';
import { STAMP_KEY } from './a-product.js';
import { firstDifference } from './first-difference.js';
import { MonitorProcess } from './monitor-process.js';
import { readTopic } from './read-topic.js';

/** The owner's row of a partition. */
export interface Owner {
  readonly partition: number;
  readonly epoch: number;
  readonly nextOffset: number;
  readonly slice: number;
  /** Of the process: `MonitorProcess.name`. */
  readonly process: string;
}

/** Of all decisions of a contract, in order. */
interface Digest {
  readonly contract: string;
  readonly decisions: number;
  readonly last: number;
  readonly digest: string;
}

export interface SideOptions {
  readonly brokers: string;
  readonly config: ConfigFolder;
  /** A database to use instead of a fresh one on the test server. */
  readonly databaseUrl?: string;
  /** How its monitors reach the database, where that is not how the test does. */
  readonly monitorsUrl?: string;
  /** Longest wait until it has settled, in milliseconds; default 180,000. */
  readonly within?: number;
}

const SETTLE_MILLIS = 180_000;

/** A database, and the monitors that fill it. */
export class JudgedSide {
  private readonly monitors: MonitorProcess[] = [];

  private constructor(
    readonly store: Store,
    private readonly dropDatabase: () => Promise<void>,
    readonly env: Readonly<Record<string, string>>,
    private readonly settleMillis: number,
  ) {}

  static async open({ brokers, config, databaseUrl, monitorsUrl, within }: SideOptions): Promise<JudgedSide> {
    const fresh = databaseUrl === undefined ? await freshDatabase() : undefined;
    const url = databaseUrl ?? fresh!.url;
    const store = await Store.connect({ url, name: 'judged-side', poolSize: 2 });
    await store.migrate();
    const env = {
      DATABASE_URL: monitorsUrl ?? url,
      KAFKA_BROKERS: brokers,
      PACTWATCH_STAMP_KEY: STAMP_KEY,
      PACTWATCH_CONFIG: config.folder,
    };
    return new JudgedSide(store, () => fresh?.drop() ?? Promise.resolve(), env, within ?? SETTLE_MILLIS);
  }

  /** The bytes of contracts that the log says were published. */
  async takeDocuments(...configs: readonly Pick<ConfigFolder, 'contracts'>[]): Promise<void> {
    for (const { contract, bytes, calendars } of configs.flatMap(({ contracts }) => contracts)) {
      await this.store.putDocument(contract.hash, 'contract', bytes);
      for (const [hash, calendar] of calendars) await this.store.putDocument(hash, 'calendar', calendar);
    }
  }

  /** Says on the log that the contracts of a folder are published; whoever reads it takes them up. */
  async publish(log: Log, { contracts }: Pick<ConfigFolder, 'contracts'>): Promise<void> {
    const servers = { store: this.store, log, stampKey: Buffer.from(STAMP_KEY) };
    await publishContracts(servers, contracts, { from: null, waitMillis: 0, now: Date.now });
  }

  start(env: Readonly<Record<string, string>> = {}): MonitorProcess {
    const monitor = MonitorProcess.start({ ...this.env, ...env });
    this.monitors.push(monitor);
    return monitor;
  }

  async owners(): Promise<Owner[]> {
    const { rows } = await this.store.pool.query<Owner>(
      `SELECT partition, epoch::int, next_offset::int AS "nextOffset", slice::int, process
         FROM partition_owner WHERE topic = $1 ORDER BY partition`,
      [TOPICS.events],
    );
    return rows;
  }

  async count(table: 'decision' | 'fact' | 'quarantine'): Promise<number> {
    const { rows } = await this.store.pool.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${table}`);
    return rows[0]!.count;
  }

  /** Waits until so many decisions more than now were recorded while all these monitors run; returns how many there are. */
  async decidesMore(more: number, ...running: readonly MonitorProcess[]): Promise<number> {
    const before = await this.count('decision');
    return whileRunning(running, 120_000, async () => {
      const now = await this.count('decision');
      return now >= before + more ? now : undefined;
    });
  }

  /** Waits until the whole log has been judged, everything is announced, and nothing is due any more. */
  async settle(log: Log, ...running: readonly MonitorProcess[]): Promise<void> {
    await whileRunning(running, this.settleMillis, async () => {
      const { rows } = await this.store.pool.query<{ left: number }>(
        `SELECT (SELECT count(*) FROM subject_state WHERE next_instant IS NOT NULL)::int
              + (SELECT count(*) FROM outbox)::int AS left`,
      );
      if (rows[0]?.left !== 0) return undefined;
      const read = new Map((await this.owners()).map(({ partition, nextOffset }) => [partition, nextOffset]));
      const ends = await log.bounds(TOPICS.events);
      return ends.every(({ partition, high }) => (read.get(partition) ?? 0) >= high) ? true : undefined;
    });
  }

  /** All decisions of a contract in order, without the one thing in them that the wall clock decides. */
  async decisions(contract: string): Promise<{ readonly number: number }[]> {
    const { rows } = await this.store.pool.query<{ number: number }>(
      `SELECT number::int, type, obligation, clause, party, subject, instance, state, revision, supersedes,
              effective_at, record::jsonb - 'decidedAt' AS record
         FROM decision WHERE contract = $1 ORDER BY number`,
      [contract],
    );
    return rows;
  }

  /** Of each contract a digest over all its decisions in order, where they are too many to be looked at one by one. */
  async digests(): Promise<Digest[]> {
    const { pool } = this.store;
    const { rows: contracts } = await pool.query<{ contract: string }>(
      'SELECT DISTINCT contract FROM decision ORDER BY contract',
    );
    const digests: Digest[] = [];
    // One by one: all in one statement would pass its time limit after an hour of decisions.
    for (const { contract } of contracts) {
      const { rows } = await pool.query<Digest>(
        `SELECT contract, count(*)::int AS decisions, max(number)::int AS last,
                md5(string_agg(md5(concat_ws('|', number, type, state, supersedes, record::jsonb - 'decidedAt')), ''
                               ORDER BY number)) AS digest
           FROM decision WHERE contract = $1 GROUP BY contract`,
        [contract],
      );
      digests.push(...rows);
    }
    return digests;
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
    await Promise.all(this.monitors.map((monitor) => monitor.discard()));
    await this.store.close();
    await this.dropDatabase();
  }
}

/** Waits for something that these monitors bring about; at once an error where one of them ends by itself. */
export async function whileRunning<T>(
  monitors: readonly MonitorProcess[],
  within: number,
  check: () => Promise<T | undefined>,
): Promise<T> {
  const outcome = await eventually(
    async () => {
      const ended = monitors.find((monitor) => monitor.hasEnded);
      if (ended !== undefined) return { ended };
      const found = await check();
      return found === undefined ? undefined : { found };
    },
    { within },
  );
  if (outcome.ended !== undefined) throw outcome.ended.failure();
  return outcome.found;
}

/** The same log, judged once more from its beginning on a database of its own, by one monitor that nobody disturbs. */
export async function undisturbedSide(
  log: Log,
  options: SideOptions,
  ...published: readonly Pick<ConfigFolder, 'contracts'>[]
): Promise<JudgedSide> {
  const side = await JudgedSide.open(options);
  await side.takeDocuments(...published);
  const monitor = side.start();
  await side.settle(log, monitor);
  expect(await monitor.stop()).toBe(0);
  return side;
}

/**
 * Nothing twice, nothing missing: the same decisions under the same numbers, which have no gap, and the same facts,
 * quarantined records and verdicts.
 */
export async function expectSameOutcome(
  disturbed: JudgedSide,
  undisturbed: JudgedSide,
  contracts: readonly string[],
): Promise<void> {
  for (const contract of contracts) {
    const [mine, theirs] = [await disturbed.decisions(contract), await undisturbed.decisions(contract)];
    expect(mine.map(({ number }) => number)).toEqual(mine.map((_, index) => index + 1));
    expect(mine.length).toBeGreaterThan(0);
    expect({ contract, difference: firstDifference(mine, theirs) }).toEqual({ contract });
  }
  const [mine, theirs] = [await disturbed.kept(), await undisturbed.kept()];
  for (const table of Object.keys(mine) as (keyof typeof mine)[]) {
    expect({ table, difference: firstDifference(mine[table], theirs[table]) }).toEqual({ table });
  }
}

/** What a side has announced up to now. To be read before another side announces its own on the same topic. */
export function announcedBy(log: Log): Promise<LogRecord[]> {
  return readTopic(log, TOPICS.decisions);
}

/** Every decision was announced, in the order of its contract, once repeats are dropped by generation and number. */
export async function expectAllAnnounced(
  announced: readonly LogRecord[],
  side: JudgedSide,
  contracts: readonly string[],
): Promise<void> {
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
  const { rows } = await side.store.pool.query<{ name: string; type: string; record: string }>(
    `SELECT contract || '/' || generation || '/' || number AS name, type, record::text AS record
       FROM decision ORDER BY contract COLLATE "C", number`,
  );
  const expected = rows.map(({ name, type, record }) => [name, { type, data: JSON.parse(record) as object }]);
  for (const contract of contracts) {
    const of = (all: readonly unknown[][]) => all.filter(([name]) => String(name).startsWith(`${contract}/`));
    expect({ contract, difference: firstDifference(of([...seen]), of(expected)) }).toEqual({ contract });
  }
}
