import type { LogRecord } from '../port.js';
import { asLogError, type Client } from './client.js';
import { EARLIEST, isolationLevel, LATEST, openCluster, type Broker, type Cluster } from './kafkajs-internals.js';

const ATTEMPTS = 6;
const FIRST_PAUSE_MILLIS = 100;

/** Questions to Kafka outside any subscription. */
export class KafkaQueries {
  private readonly cluster: Cluster;
  private connecting: Promise<void> | undefined;

  constructor(private readonly client: Client) {
    this.cluster = openCluster(client.kafka);
  }

  /** Leader of each partition, in their order; undefined where there is no such topic. */
  async leaders(topic: string): Promise<readonly number[] | undefined> {
    return this.ask(`topic ${topic} cannot be looked up`, async () => this.leadersOf(topic));
  }

  async bounds(topic: string): Promise<{ partition: number; low: number; high: number }[]> {
    return this.ask(`the bounds of ${topic} cannot be read`, async () => {
      const leaders = (await this.leadersOf(topic)) ?? [];
      const bounds: { partition: number; low: number; high: number }[] = [];
      for (const nodeId of new Set(leaders)) {
        const broker = await this.cluster.findBroker({ nodeId });
        const partitions = leaders.flatMap((leader, partition) => (leader === nodeId ? [partition] : []));
        const lows = await offsets(broker, topic, partitions, EARLIEST);
        const highs = await offsets(broker, topic, partitions, LATEST);
        for (const partition of partitions) {
          bounds.push({ partition, low: lows.get(partition)!, high: highs.get(partition)! });
        }
      }
      return bounds.sort((a, b) => a.partition - b.partition);
    });
  }

  async readOne(topic: string, partition: number, offset: number): Promise<LogRecord | undefined> {
    return this.ask(`offset ${offset} of ${topic}/${partition} cannot be read`, async () => {
      const nodeId = (await this.leadersOf(topic))?.[partition];
      if (nodeId === undefined) return undefined;
      const broker = await this.cluster.findBroker({ nodeId });
      try {
        const { responses } = await broker.fetch({
          isolationLevel,
          maxWaitTime: 1,
          minBytes: 1,
          maxBytes: 1,
          topics: [{ topic, partitions: [{ partition, fetchOffset: String(offset), maxBytes: 1 }] }],
        });
        const found = responses[0]?.partitions[0]?.messages.find((message) => Number(message.offset) === offset);
        return found?.isControlRecord === false ? found.record : undefined;
      } catch (error) {
        if ((error as { type?: unknown }).type === 'OFFSET_OUT_OF_RANGE') return undefined;
        throw error;
      }
    });
  }

  /** One attempt: who asks wants to know how it is now. */
  async ping(): Promise<void> {
    try {
      await this.connect();
      await (await this.cluster.brokerPool.findConnectedBroker()).metadata([]);
    } catch (error) {
      throw asLogError(error, 'Kafka does not answer');
    }
  }

  /** What is asked meanwhile fails. */
  close(): void {
    this.client.connections.end();
  }

  private async leadersOf(topic: string): Promise<readonly number[] | undefined> {
    const broker = await this.cluster.brokerPool.findConnectedBroker();
    try {
      const { topicMetadata } = await broker.metadata([topic]);
      const partitions = topicMetadata.find((one) => one.topic === topic)?.partitionMetadata ?? [];
      return [...partitions].sort((a, b) => a.partitionId - b.partitionId).map(({ leader }) => leader);
    } catch (error) {
      if ((error as { type?: unknown }).type === 'UNKNOWN_TOPIC_OR_PARTITION') return undefined;
      throw error;
    }
  }

  private connect(): Promise<void> {
    this.connecting ??= this.cluster
      .connect()
      .then(() => this.cluster.refreshMetadata())
      .catch((error: unknown) => {
        this.connecting = undefined;
        throw error;
      });
    return this.connecting;
  }

  /** Leaders move and connections break: asked again from the start, with fresh metadata. */
  private async ask<T>(failing: string, question: () => Promise<T>): Promise<T> {
    for (let attempt = 1, pause = FIRST_PAUSE_MILLIS; ; attempt += 1, pause *= 2) {
      try {
        await this.connect();
        return await question();
      } catch (error) {
        const failure = asLogError(error, failing);
        const passes = (failure as { retriable?: boolean }).retriable === true;
        if (!passes || attempt === ATTEMPTS || this.client.connections.ended) throw failure;
        this.connecting = undefined;
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
  }
}

async function offsets(
  broker: Broker,
  topic: string,
  partitions: readonly number[],
  timestamp: number,
): Promise<ReadonlyMap<number, number>> {
  const { responses } = await broker.listOffsets({
    isolationLevel,
    topics: [{ topic, partitions: partitions.map((partition) => ({ partition, timestamp })) }],
  });
  return new Map(
    responses.flatMap((one) => one.partitions.map(({ partition, offset }) => [partition, Number(offset)])),
  );
}
