import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from '#libs/telemetry';
import type { Appended, Subscriber, Subscription } from '../port.js';
import { asLogError } from './as-log-error.js';
import { Bell } from './bell.js';
import { PartitionReader } from './partition-reader.js';
import { readRun } from './read-records.js';
import type { Topics } from './topics.js';
import { WAKE_CHANNEL } from './wake-channel.js';

export interface SubscriptionTools {
  readonly pool: pg.Pool;
  readonly topics: Topics;
  /** Wake-ups that come from here need no look: the records were announced to `appended`. */
  readonly sender: string;
  readonly logger: Logger | undefined;
  readonly onEnded: () => void;
}

const DEFAULT_MAX_RECORDS = 1_000;
/** Bytes of values in one batch beyond which it is ended. */
const MAX_BATCH_BYTES = 4 * 1024 * 1024;
/** Where no wake-up comes, the table is looked at. It also shows that the connection, and with it the locks, still live. */
const POLL_MILLIS = 250;
const ANSWER_MILLIS = 10_000;
const FIRST_PAUSE_MILLIS = 100;
const LONGEST_PAUSE_MILLIS = 2_000;

/**
 * A member of a group. Each topic belongs to the member that holds its advisory lock, on a connection of the member's own:
 * the lock ends with the process, however it ends, and the next member that asks has it.
 */
export class PostgresSubscription implements Subscription {
  private readonly readers = new Map<string, PartitionReader>();
  /** Topics whose lock is held. */
  private readonly locked = new Set<string>();
  private readonly bell = new Bell();
  private readonly ending = new AbortController();
  private running: Promise<void> | undefined;
  private connected = false;

  constructor(
    private readonly subscriber: Subscriber,
    private readonly tools: SubscriptionTools,
  ) {}

  /** @throws LogUnavailableError, or an Error where a topic does not exist */
  async start(): Promise<void> {
    for (const topic of this.subscriber.topics) {
      if ((await this.tools.topics.partitions(topic)) === 0) throw new Error(`the topic ${topic} does not exist`);
    }
    const client = await this.connect();
    this.running = this.live(client);
  }

  assigned(): { topic: string; partition: number }[] {
    return [...this.readers.values()].map(({ topic, partition }) => ({ topic, partition }));
  }

  /** What was appended by this process. */
  appended(records: readonly Appended[]): void {
    for (const { topic, partition, offset } of records) {
      this.readers.get(placeOf(topic, partition))?.advance(offset + 1);
    }
  }

  async close(): Promise<void> {
    this.ending.abort();
    this.bell.ring();
    await this.running;
  }

  private get ended(): boolean {
    return this.ending.signal.aborted;
  }

  /** One connection after the other, until the end. */
  private async live(first: pg.Client): Promise<void> {
    const { subscriber, tools } = this;
    let client: pg.Client | undefined = first;
    for (let pause = FIRST_PAUSE_MILLIS; !this.ended; pause = Math.min(pause * 2, LONGEST_PAUSE_MILLIS)) {
      this.connected = false;
      try {
        await this.takePart((client ??= await this.connect()));
      } catch (error) {
        const failure = asLogError(error, `reading ${subscriber.topics.join(', ')} failed`);
        if ((failure as { retriable?: unknown }).retriable !== true) this.fail(failure);
        else tools.logger?.warn({ err: failure, group: subscriber.group }, 'The log cannot be read at the moment.');
      }
      // Whatever was held may be another's from now on.
      await Promise.all([...this.readers.values()].map((reader) => reader.close()));
      this.readers.clear();
      this.locked.clear();
      await leave(client);
      client = undefined;
      if (this.connected) pause = FIRST_PAUSE_MILLIS;
      await sleep(pause, undefined, { signal: this.ending.signal }).catch(() => undefined);
    }
    tools.onEnded();
  }

  private async connect(): Promise<pg.Client> {
    const client = new pg.Client(this.tools.pool.options);
    // The next query says so, too; unhandled, the event would end the process.
    client.on('error', () => undefined);
    client.on('notification', ({ payload = '' }) => {
      const [sender, topic] = payload.split(' ');
      if (sender !== this.tools.sender && this.subscriber.topics.includes(topic ?? '')) this.bell.ring();
    });
    try {
      await client.connect();
      await client.query(`LISTEN ${WAKE_CHANNEL}`);
      return client;
    } catch (error) {
      await client.end().catch(() => undefined);
      throw asLogError(error, 'connecting to the log in the database failed');
    }
  }

  private async takePart(client: pg.Client): Promise<void> {
    while (!this.ended) {
      if (this.locked.size < this.subscriber.topics.length) await this.lock(client);
      if (this.locked.size > 0) await this.look(client);
      this.connected = true;
      await this.bell.wait(POLL_MILLIS);
    }
  }

  /** Takes the topics that nobody of the group has. */
  private async lock(client: pg.Client): Promise<void> {
    const { group, topics } = this.subscriber;
    const free = topics.filter((topic) => !this.locked.has(topic));
    const { rows } = await client.query<{ topic: string }>({
      text: `SELECT topic FROM unnest($1::text[], $2::text[]) AS wanted (topic, lock)
        WHERE pg_try_advisory_lock(hashtextextended(lock, 0))`,
      values: [free, free.map((topic) => JSON.stringify(['pactwatch log', group, topic]))],
      query_timeout: ANSWER_MILLIS,
    } as pg.QueryConfig);
    for (const { topic } of rows) this.locked.add(topic);
  }

  /** How far each partition has come; those that are new here are begun. */
  private async look(client: pg.Client): Promise<void> {
    const { rows } = await client.query<{ topic: string; partition: number; head: number }>({
      name: 'bus_heads',
      text: `SELECT topic, partition, next_offset::float8 AS head FROM bus_partition
        WHERE topic = ANY ($1) ORDER BY topic, partition`,
      values: [[...this.locked]],
      query_timeout: ANSWER_MILLIS,
    } as pg.QueryConfig);
    if (this.ended) return;
    for (const { topic, partition, head } of rows) {
      const place = placeOf(topic, partition);
      let reader = this.readers.get(place);
      if (reader === undefined) this.readers.set(place, (reader = this.reader(topic, partition)));
      reader.advance(head);
    }
  }

  private reader(topic: string, partition: number): PartitionReader {
    const { subscriber, tools } = this;
    const { pool, topics, logger } = tools;
    const maxRecords = subscriber.maxRecords ?? DEFAULT_MAX_RECORDS;
    const limits = { records: maxRecords, bytes: MAX_BATCH_BYTES };
    const asking = async <T>(answer: Promise<T>): Promise<T> => {
      try {
        return await answer;
      } catch (error) {
        throw asLogError(error, `reading ${topic}/${partition} failed`);
      }
    };
    return new PartitionReader({
      topic,
      partition,
      maxRecords,
      subscriber,
      read: (from) => asking(readRun(pool, topic, partition, from, limits)),
      bounds: async () => (await asking(topics.bounds(topic)))[partition]!,
      onFailed: (error) => this.fail(error),
      logger,
    });
  }

  private fail(error: unknown): void {
    if (this.ended) return;
    this.ending.abort();
    this.bell.ring();
    this.subscriber.onFatal(error instanceof Error ? error : new Error(String(error)));
  }
}

/** The server notices an ended connection a little later: the locks are given back before, where it still answers. */
async function leave(client: pg.Client | undefined): Promise<void> {
  const unlock = { text: 'SELECT pg_advisory_unlock_all()', query_timeout: ANSWER_MILLIS };
  await client?.query(unlock as pg.QueryConfig).catch(() => undefined);
  await client?.end().catch(() => undefined);
}

function placeOf(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}
