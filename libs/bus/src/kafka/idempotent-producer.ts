import type { Appended, NewRecord } from '../port.js';
import { asLogError, type Client } from './client.js';
import {
  openCluster,
  produce,
  removeBroker,
  type Broker,
  type Cluster,
  type ProducedPartition,
} from './kafkajs-internals.js';
import { RecordBatches, type ProducerIdentity } from './record-batch.js';

/** Records of one partition that go out as one batch, in order. */
interface PartitionBatch {
  readonly topic: string;
  readonly partition: number;
  readonly records: NewRecord[];
  readonly sequence: number;
  bytes: () => Buffer;
}

/** A record whose partition is known. */
export interface PlacedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly record: NewRecord;
}

const ATTEMPTS = 8;
const FIRST_PAUSE_MILLIS = 100;
const LONGEST_PAUSE_MILLIS = 2_000;
/** Kafka asks for it, and does nothing with it where there is no transaction. */
const TRANSACTION_MILLIS = 60_000;
const SEQUENCES = 2 ** 31;

/**
 * A producer in the sense of Kafka's protocol: an identity, and the sequence of each partition, by which the broker drops a
 * batch that it has already. One `send` at a time; after one that failed it is not to be used again.
 *
 * kafkajs keeps the connections, versions and leaders. Its own producer is not used: it copies what a partition gets once for
 * every record, and makes some thirty objects of each.
 */
export class IdempotentProducer {
  private readonly sequences = new Map<string, number>();
  private readonly batches = new RecordBatches();

  private constructor(
    private readonly client: Client,
    private readonly cluster: Cluster,
    private readonly identity: ProducerIdentity,
  ) {}

  /** The client's connections remain the caller's to end. */
  static async connect(client: Client): Promise<IdempotentProducer> {
    const cluster = openCluster(client.kafka);
    await cluster.connect();
    await cluster.refreshMetadata();
    const controller = await cluster.findControllerBroker();
    const { producerId, producerEpoch } = await controller.initProducerId({ transactionTimeout: TRANSACTION_MILLIS });
    return new IdempotentProducer(client, cluster, { id: BigInt(producerId), epoch: producerEpoch });
  }

  /**
   * Resolves once all in-sync replicas have the records: one result per record, in the same order. What was not acknowledged
   * is sent again under the same sequence, hence not appended twice.
   */
  async send(placed: readonly PlacedRecord[]): Promise<Appended[]> {
    const sentAt = Date.now();
    const waiting = this.batch(placed, sentAt);
    const appended = new Map<string, { offset: number; appendedAt: number }>();
    await this.cluster.addMultipleTargetTopics([...new Set(placed.map(({ topic }) => topic))]);
    for (
      let attempt = 1, pause = FIRST_PAUSE_MILLIS;
      ;
      attempt += 1, pause = Math.min(pause * 2, LONGEST_PAUSE_MILLIS)
    ) {
      const failure = await this.attempt(waiting, (one) => {
        const place = `${one.topic}/${one.partition}`;
        // A topic that keeps its senders' times says so with -1; ours is the one just sent.
        const appendedAt = one.appendedAt < 0 ? sentAt : one.appendedAt;
        appended.set(place, { offset: one.baseOffset, appendedAt });
        waiting.delete(place);
      });
      if (failure === undefined) break;
      const passes = (asLogError(failure, 'appending failed') as { retriable?: unknown }).retriable === true;
      if (!passes || attempt === ATTEMPTS || this.client.connections.ended) throw failure;
      await new Promise((resolve) => setTimeout(resolve, pause));
      if (!this.cluster.isConnected()) await this.cluster.connect();
      await this.cluster.refreshMetadata();
    }
    return placed.map(({ topic, partition }) => {
      const at = appended.get(`${topic}/${partition}`)!;
      const { offset, appendedAt } = at;
      at.offset += 1;
      return { topic, partition, offset, appendedAt };
    });
  }

  private batch(placed: readonly PlacedRecord[], sentAt: number): Map<string, PartitionBatch> {
    const batches = new Map<string, PartitionBatch>();
    for (const { topic, partition, record } of placed) {
      const place = `${topic}/${partition}`;
      const known = batches.get(place);
      if (known !== undefined) {
        known.records.push(record);
        continue;
      }
      const sequence = this.sequences.get(place) ?? 0;
      batches.set(place, { topic, partition, records: [record], sequence, bytes: () => Buffer.alloc(0) });
    }
    this.batches.reset();
    for (const [place, batch] of batches) {
      const { records, sequence } = batch;
      batch.bytes = this.batches.write(records, this.identity, sequence, sentAt);
      this.sequences.set(place, (sequence + records.length) % SEQUENCES);
    }
    return batches;
  }

  /** Sends each batch to the leader of its partition. Undefined where all were acknowledged, else the first failure. */
  private async attempt(
    waiting: ReadonlyMap<string, PartitionBatch>,
    acknowledge: (one: ProducedPartition) => void,
  ): Promise<Error | undefined> {
    const leaders = new Map<number, PartitionBatch[]>();
    try {
      await this.cluster.refreshMetadataIfNecessary();
      for (const batch of waiting.values()) {
        const [leader] = Object.keys(this.cluster.findLeaderForPartitions(batch.topic, [batch.partition]));
        if (leader === undefined) return unplaced(batch);
        const known = leaders.get(Number(leader));
        if (known === undefined) leaders.set(Number(leader), [batch]);
        else known.push(batch);
      }
    } catch (error) {
      return error as Error;
    }
    const outcomes = await Promise.allSettled(
      [...leaders].map(async ([nodeId, batches]) => {
        const broker = await this.cluster.findBroker({ nodeId });
        for (const one of await this.request(broker, batches)) acknowledge(one);
      }),
    );
    const failed = outcomes.find((one) => one.status === 'rejected');
    return failed === undefined ? undefined : (failed.reason as Error);
  }

  private async request(broker: Broker, batches: readonly PartitionBatch[]): Promise<readonly ProducedPartition[]> {
    try {
      return await produce(
        broker,
        batches.map(({ topic, partition, bytes }) => ({ topic, partition, batch: bytes() })),
      );
    } catch (error) {
      removeBroker(this.cluster, error);
      throw error;
    }
  }
}

/** The topic was just made, or has lost its leader: known to every broker soon. */
function unplaced({ topic, partition }: PartitionBatch): Error {
  return Object.assign(new Error(`partition ${partition} of ${topic} has no leader`), { retriable: true });
}
