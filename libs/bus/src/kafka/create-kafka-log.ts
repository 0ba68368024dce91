import { ConfigResourceTypes, KafkaJSAggregateError } from 'kafkajs';
import { homePartition } from '../home-partition.js';
import { LogUnavailableError } from '../log-unavailable-error.js';
import type { Appended, Log, LogRecord, NewRecord, Subscriber, Subscription, TopicSpec } from '../port.js';
import { ShapeError } from '../shape-error.js';
import { Appender, place } from './appender.js';
import { asLogError, createClient, type ConnectionOptions } from './client.js';
import { KafkaQueries } from './queries.js';
import { KafkaSubscription } from './subscription.js';

export interface KafkaLogOptions extends ConnectionOptions {
  /** A subscription without progress for so long, although there is something to read, ends with `onFatal`. Default 30 s. */
  readonly stallMillis?: number;
}

const DEFAULT_MESSAGE_BYTES = 16 * 1024 * 1024;
const DEFAULT_STALL_MILLIS = 30_000;
/** Settings of topics that others may have made otherwise, and what follows from that. */
const EXPECTED = [
  {
    name: 'message.timestamp.type',
    fits: (value: string) => value === 'LogAppendTime',
    otherwise: 'The topic does not keep LogAppendTime: its senders say when they sent.',
  },
  {
    name: 'cleanup.policy',
    fits: (value: string) => !value.includes('compact'),
    otherwise: 'The topic is compacted: all but the last record of each contract is deleted, read or not.',
  },
];
const APPEAR_MILLIS = 15_000;
const APPEAR_PAUSE_MILLIS = 20;
/** About 15 s: longer than a broker's restart. */
const SEND_RETRIES = 8;

/** The log in Apache Kafka. Connects when first used. */
export function createKafkaLog(options: KafkaLogOptions): Log {
  return new KafkaLog(options);
}

class KafkaLog implements Log {
  private readonly queries: KafkaQueries;
  private readonly appender: Appender;
  private readonly counts = new Map<string, number>();
  private readonly subscriptions = new Set<Subscription>();

  constructor(private readonly options: KafkaLogOptions) {
    this.queries = new KafkaQueries(createClient(options, 1));
    this.appender = new Appender(() => createClient(options, SEND_RETRIES), options.logger);
  }

  async ensureTopics(topics: readonly TopicSpec[]): Promise<void> {
    const missing: TopicSpec[] = [];
    for (const spec of topics) {
      const found = await this.partitionCount(spec.topic);
      if (found === 0) missing.push(spec);
      else if (found !== spec.partitions) throw new ShapeError(spec.topic, found, spec.partitions);
    }
    if (missing.length > 0) await this.create(missing);
    await this.warnOfForeignSettings(topics);
  }

  async partitionCount(topic: string): Promise<number> {
    const known = this.counts.get(topic);
    if (known !== undefined) return known;
    const count = (await this.queries.leaders(topic))?.length ?? 0;
    if (count > 0) this.counts.set(topic, count);
    return count;
  }

  async append(records: readonly NewRecord[]): Promise<readonly Appended[]> {
    const counts = new Map<string, number>();
    for (const { topic } of records) {
      if (counts.has(topic)) continue;
      const count = await this.partitionCount(topic);
      if (count === 0) throw Object.assign(new Error(`there is no topic ${topic}`), { retriable: false });
      counts.set(topic, count);
    }
    // Records without a key belong to nobody: together, so that they keep their order.
    const anywhere = Math.random();
    return this.appender.append(
      records.map((record) => {
        const count = counts.get(record.topic)!;
        const { key, partition } = record;
        return place(record, partition ?? (key === null ? Math.floor(anywhere * count) : homePartition(key, count)));
      }),
    );
  }

  async subscribe(subscriber: Subscriber): Promise<Subscription> {
    const { logger, stallMillis = DEFAULT_STALL_MILLIS } = this.options;
    const subscription = new KafkaSubscription(subscriber, {
      client: createClient(this.options, SEND_RETRIES),
      bounds: (topic) => this.queries.bounds(topic),
      logger,
      stall: {
        afterMillis: stallMillis,
        everyMillis: Math.max(100, Math.round(stallMillis / 6)),
        now: () => performance.now(),
      },
    });
    this.subscriptions.add(subscription);
    try {
      await subscription.start();
    } catch (error) {
      this.subscriptions.delete(subscription);
      throw error;
    }
    return subscription;
  }

  readOne(topic: string, partition: number, offset: number): Promise<LogRecord | undefined> {
    return this.queries.readOne(topic, partition, offset);
  }

  bounds(topic: string): Promise<readonly { partition: number; low: number; high: number }[]> {
    return this.queries.bounds(topic);
  }

  ping(): Promise<void> {
    return this.queries.ping();
  }

  async close(): Promise<void> {
    await Promise.all([...this.subscriptions].map((subscription) => subscription.close()));
    await this.appender.close();
    this.queries.close();
  }

  private async create(topics: readonly TopicSpec[]): Promise<void> {
    const { kafka, connections } = createClient(this.options, SEND_RETRIES);
    const admin = kafka.admin();
    try {
      await admin.connect();
      for (const { topic, partitions, maxMessageBytes = DEFAULT_MESSAGE_BYTES } of topics) {
        const configEntries = [
          { name: 'message.timestamp.type', value: 'LogAppendTime' },
          { name: 'max.message.bytes', value: String(maxMessageBytes) },
        ];
        // Minus one: as many copies as the cluster makes by default.
        const spec = { topic, numPartitions: partitions, replicationFactor: -1, configEntries };
        await admin.createTopics({ topics: [spec], waitForLeaders: false });
        // Perhaps another process has made it at the same time, with a number of its own.
        const found = await this.appeared(topic);
        if (found !== partitions) throw new ShapeError(topic, found, partitions);
      }
    } catch (error) {
      if (error instanceof ShapeError) throw error;
      // Of what went wrong with several topics, kafkajs says only in a list.
      const [first] = error instanceof KafkaJSAggregateError ? error.errors : [];
      throw asLogError(first ?? error, 'topics cannot be made');
    } finally {
      connections.end();
    }
  }

  /** A topic that was just made is not known to every broker at once. */
  private async appeared(topic: string): Promise<number> {
    const deadline = Date.now() + APPEAR_MILLIS;
    for (;;) {
      const leaders = (await this.queries.leaders(topic)) ?? [];
      if (leaders.length > 0 && leaders.every((leader) => leader >= 0)) return leaders.length;
      if (Date.now() > deadline)
        throw new LogUnavailableError(`topic ${topic} was made, but its partitions have no leaders`);
      await new Promise((resolve) => setTimeout(resolve, APPEAR_PAUSE_MILLIS));
    }
  }

  /** A topic that somebody else has made may keep its senders' times, or lose what nobody has read yet. */
  private async warnOfForeignSettings(topics: readonly TopicSpec[]): Promise<void> {
    const { logger } = this.options;
    if (logger === undefined || topics.length === 0) return;
    const { kafka, connections } = createClient(this.options, SEND_RETRIES);
    const admin = kafka.admin();
    try {
      await admin.connect();
      const configNames = EXPECTED.map(({ name }) => name);
      const { resources } = await admin.describeConfigs({
        includeSynonyms: false,
        resources: topics.map(({ topic }) => ({ type: ConfigResourceTypes.TOPIC, name: topic, configNames })),
      });
      for (const { resourceName: topic, configEntries } of resources) {
        for (const { name, fits, otherwise } of EXPECTED) {
          const value = configEntries.find((entry) => entry.configName === name)?.configValue ?? '';
          if (!fits(value)) logger.warn({ topic, [name]: value }, otherwise);
        }
      }
    } catch (error) {
      logger.info({ err: error }, 'The configuration of the topics cannot be read; it was not checked.');
    } finally {
      connections.end();
    }
  }
}
