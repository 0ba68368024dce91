import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import type { Logger } from '#libs/telemetry';
import { homePartition } from '../home-partition.js';
import type { Appended, Log, LogRecord, NewRecord, Subscriber, Subscription, TopicSpec } from '../port.js';
import { Appender, sizeOf } from './appender.js';
import type { PlacedRecord } from './append-statement.js';
import { asLogError } from './as-log-error.js';
import { readRecord } from './read-records.js';
import { encodeHeaders } from './record-headers.js';
import { PostgresSubscription } from './subscription.js';
import { Topics, type PartitionBounds } from './topics.js';

export interface PostgresLogOptions {
  /**
   * The database with the `bus_` tables; it stays open when the log is closed. Each subscription opens one more connection
   * with the pool's settings, which must not pass a pooler in transaction mode: it holds advisory locks.
   */
  readonly pool: Pool;
  /** Absent: nothing is logged. */
  readonly logger?: Logger;
}

/** As the topics of Kafka are made. */
const DEFAULT_MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/** The append-only log in tables of PostgreSQL, for machines without Apache Kafka. */
export function createPostgresLog({ pool, logger }: PostgresLogOptions): Log {
  return new PostgresLog(pool, logger);
}

class PostgresLog implements Log {
  private readonly sender = randomUUID();
  private readonly topics: Topics;
  private readonly appender: Appender;
  private readonly maxBytes = new Map<string, number>();
  private readonly subscriptions = new Set<PostgresSubscription>();
  /** Records without a key go to the partitions in turn. */
  private turn = 0;

  constructor(
    private readonly pool: Pool,
    private readonly logger: Logger | undefined,
  ) {
    this.topics = new Topics(pool);
    this.appender = new Appender(pool, this.sender, (appended) => {
      for (const subscription of this.subscriptions) subscription.appended(appended);
    });
  }

  async ensureTopics(specs: readonly TopicSpec[]): Promise<void> {
    for (const { topic, maxMessageBytes } of specs) {
      if (maxMessageBytes !== undefined) this.maxBytes.set(topic, maxMessageBytes);
    }
    await asked(this.topics.ensure(specs), 'making the topics failed');
  }

  partitionCount(topic: string): Promise<number> {
    return asked(this.topics.partitions(topic), `asking for the partitions of ${topic} failed`);
  }

  async append(records: readonly NewRecord[]): Promise<readonly Appended[]> {
    const { topics } = this;
    for (const topic of new Set(records.map((record) => record.topic))) {
      // Waits only where it must: calls made in one order are written in it.
      if (topics.known(topic) === undefined) await this.partitionCount(topic);
    }
    return this.appender.append(records.map((record) => this.place(record)));
  }

  async subscribe(subscriber: Subscriber): Promise<Subscription> {
    const { pool, topics, sender, logger } = this;
    const subscription = new PostgresSubscription(subscriber, {
      pool,
      topics,
      sender,
      logger,
      onEnded: () => this.subscriptions.delete(subscription),
    });
    this.subscriptions.add(subscription);
    try {
      await subscription.start();
      return subscription;
    } catch (error) {
      this.subscriptions.delete(subscription);
      throw error;
    }
  }

  readOne(topic: string, partition: number, offset: number): Promise<LogRecord | undefined> {
    return asked(readRecord(this.pool, topic, partition, offset), `reading ${topic}/${partition} failed`);
  }

  bounds(topic: string): Promise<readonly PartitionBounds[]> {
    return asked(this.topics.bounds(topic), `asking for the bounds of ${topic} failed`);
  }

  async ping(): Promise<void> {
    await asked(this.pool.query('SELECT FROM bus_topic LIMIT 1'), 'the log in the database does not answer');
  }

  async close(): Promise<void> {
    await Promise.all([...this.subscriptions].map((subscription) => subscription.close()));
    await this.appender.close();
  }
  private place({ topic, key, value, headers = {}, partition }: NewRecord): PlacedRecord {
    const partitions = this.topics.known(topic);
    if (partitions === undefined) throw refused(`the topic ${topic} does not exist`);
    const at = partition ?? (key === null ? this.turn++ % partitions : homePartition(key, partitions));
    if (!Number.isInteger(at) || at < 0 || at >= partitions) {
      throw refused(`the topic ${topic} has no partition ${at}, only 0 to ${partitions - 1}`);
    }
    const record = {
      topic,
      partition: at,
      key: key === null ? null : Buffer.from(key),
      value: typeof value === 'string' ? Buffer.from(value) : value,
      headers: encodeHeaders(headers),
    };
    const bytes = sizeOf(record);
    const limit = this.maxBytes.get(topic) ?? DEFAULT_MAX_MESSAGE_BYTES;
    if (bytes > limit)
      throw refused(`a record of ${bytes} bytes is too large for ${topic}: at most ${limit} are allowed`);
    return record;
  }
}

function refused(message: string): Error {
  return Object.assign(new Error(message), { retriable: false });
}

async function asked<T>(answer: Promise<T>, failing: string): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw asLogError(error, failing);
  }
}
