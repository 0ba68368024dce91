import { KafkaJSConnectionError, type Batch, type ISocketFactory, type Kafka } from 'kafkajs';
import KafkaCluster from 'kafkajs/src/cluster';
import ConsumerGroup from 'kafkajs/src/consumer/consumerGroup';
import Connection from 'kafkajs/src/network/connection';
import RequestQueue from 'kafkajs/src/network/requestQueue';
import createSocketFactory from 'kafkajs/src/network/socketFactory';
import Encoder from 'kafkajs/src/protocol/encoder';
import { requests, type Request } from 'kafkajs/src/protocol/requests';
import apiKeys from 'kafkajs/src/protocol/requests/apiKeys';
import type { FetchedRecord } from './fetched-record.js';
import { OffsetGoneError } from './offset-gone-error.js';
import { readFetch } from './read-fetch.js';

// Everything that reaches behind the published face of kafkajs, whose version is therefore pinned exactly.

/** ListOffsets' words for the first offset of a partition and for the next one. */
export const EARLIEST = -2;
export const LATEST = -1;
/** Records of unfinished transactions are not there yet. */
const READ_COMMITTED = 1;

export interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  refreshMetadata(): Promise<void>;
  refreshMetadataIfNecessary(): Promise<void>;
  isConnected(): boolean;
  addMultipleTargetTopics(topics: readonly string[]): Promise<void>;
  /** Partitions by the node that leads them; those it does not know are left out. */
  findLeaderForPartitions(topic: string, partitions: readonly number[]): Readonly<Record<string, readonly number[]>>;
  findControllerBroker(): Promise<Broker>;
  removeBroker(address: { readonly host: string; readonly port: number }): void;
  findBroker(where: { readonly nodeId: number }): Promise<Broker>;
  readonly brokerPool: { findConnectedBroker(): Promise<Broker> };
}

export interface Broker {
  initProducerId(request: {
    readonly transactionTimeout: number;
  }): Promise<{ readonly producerId: string; readonly producerEpoch: number }>;
  lookupRequest(apiKey: number, definition: unknown): (request: object) => Request;
  readonly connectionPool: { send(request: Request): Promise<unknown> };
  disconnect(): Promise<void>;
  metadata(topics: readonly string[]): Promise<{ readonly topicMetadata: readonly TopicMetadata[] }>;
  listOffsets(request: {
    readonly isolationLevel: number;
    readonly topics: readonly {
      readonly topic: string;
      readonly partitions: readonly { readonly partition: number; readonly timestamp: number }[];
    }[];
  }): Promise<{
    readonly responses: readonly {
      readonly partitions: readonly { readonly partition: number; readonly offset: string }[];
    }[];
  }>;
  fetch(request: {
    readonly isolationLevel: number;
    readonly maxWaitTime: number;
    readonly minBytes: number;
    readonly maxBytes: number;
    readonly topics: readonly {
      readonly topic: string;
      readonly partitions: readonly {
        readonly partition: number;
        readonly fetchOffset: string;
        readonly maxBytes: number;
      }[];
    }[];
  }): Promise<{
    readonly responses: readonly {
      readonly partitions: readonly { readonly messages: readonly FetchedRecord[] }[];
    }[];
  }>;
}

interface TopicMetadata {
  readonly topic: string;
  readonly partitionMetadata: readonly { readonly partitionId: number; readonly leader: number }[];
}

export const isolationLevel = READ_COMMITTED;

/** Brokers of a client for requests that kafkajs has no public call for. Topics are never created by asking. */
export function openCluster(kafka: Kafka): Cluster {
  const symbol = Object.getOwnPropertySymbols(kafka).find((one) => one.description === 'private:Kafka:createCluster');
  if (symbol === undefined) throw new Error('this version of kafkajs is not 2.2.4: its clusters cannot be opened');
  const create = (kafka as unknown as Record<symbol, (options: object) => Cluster>)[symbol]!;
  return create({ metadataMaxAge: 300_000, allowAutoTopicCreation: false, isolationLevel });
}

/** A batch of records as bytes, on its way to the leader of its partition. */
export interface OutgoingBatch {
  readonly topic: string;
  readonly partition: number;
  /** Record format 2, whole. */
  readonly batch: Buffer;
}

export interface ProducedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly baseOffset: number;
  /** Epoch milliseconds; -1 where the topic keeps its senders' times. */
  readonly appendedAt: number;
}

/** All in-sync replicas must have it. */
const ACKNOWLEDGED_BY_ALL = -1;
const REPLICATION_MILLIS = 30_000;
/** From this version of the request on the records come in format 2; its fields before them stay the same. */
const FIRST_PRODUCE_VERSION = 3;

/** And from this version of a fetch on they come so. */
const FIRST_FETCH_VERSION = 4;

/** Produce with batches that are encoded already; version, connection and answer are those of kafkajs. */
export async function produce(
  broker: Broker,
  batches: readonly OutgoingBatch[],
): Promise<readonly ProducedPartition[]> {
  const fields = { acks: ACKNOWLEDGED_BY_ALL, timeout: REPLICATION_MILLIS, topicData: [] };
  const { request, response } = broker.lookupRequest(apiKeys.Produce, requests.Produce)(fields);
  if (request.apiVersion < FIRST_PRODUCE_VERSION) throw new Error('the broker is older than Kafka 0.11');
  const encode = (): Promise<Encoder> => Promise.resolve(encodeProduce(batches));
  try {
    const { topics } = (await broker.connectionPool.send({
      request: { ...request, encode },
      response,
    })) as ProduceAnswer;
    return topics.flatMap(({ topicName, partitions }) =>
      partitions.map(({ partition, baseOffset, logAppendTime }) => ({
        topic: topicName,
        partition,
        baseOffset: Number(baseOffset),
        appendedAt: Number(logAppendTime ?? -1),
      })),
    );
  } catch (error) {
    if ((error as Error).name === 'KafkaJSConnectionClosedError') await broker.disconnect();
    throw error;
  }
}

interface ProduceAnswer {
  readonly topics: readonly {
    readonly topicName: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly baseOffset: string;
      readonly logAppendTime?: string;
    }[];
  }[];
}

/** Transactional id, acks, timeout, then per topic and partition the bytes of its batch. */
function encodeProduce(batches: readonly OutgoingBatch[]): Encoder {
  const topics = new Map<string, OutgoingBatch[]>();
  let bytes = 0;
  for (const batch of batches) {
    const known = topics.get(batch.topic);
    if (known === undefined) topics.set(batch.topic, [batch]);
    else known.push(batch);
    bytes += batch.batch.length;
  }
  const encoder = new Encoder(bytes + 1024)
    .writeString(null)
    .writeInt16(ACKNOWLEDGED_BY_ALL)
    .writeInt32(REPLICATION_MILLIS)
    .writeInt32(topics.size);
  for (const [topic, partitions] of topics) {
    encoder.writeString(topic).writeInt32(partitions.length);
    for (const { partition, batch } of partitions) encoder.writeInt32(partition).writeBytes(batch);
  }
  return encoder;
}

/** A broker whose connection broke is looked up anew. */
export function removeBroker(cluster: Cluster, error: unknown): void {
  const { name, host, port } = error as { name?: unknown; host?: unknown; port?: unknown };
  if (name === 'KafkaJSConnectionClosedError' && typeof host === 'string' && typeof port === 'number')
    cluster.removeBroker({ host, port });
}

/** The offset that was asked for when this batch was fetched. */
export function fetchedOffset(batch: Batch): number {
  return Number((batch as Batch & { readonly fetchedOffset: string }).fetchedOffset);
}

/** What a batch holds, once kafkajs is mended. */
export function fetchedRecords(batch: Batch): readonly FetchedRecord[] {
  return batch.messages as unknown as readonly FetchedRecord[];
}

/** A socket as kafkajs itself opens it. */
export const openSocket: ISocketFactory = createSocketFactory();

const refusing = new WeakSet<ISocketFactory>();

/** Nothing is connected any more with these sockets, and nothing tries again. */
export function refuseConnections(sockets: ISocketFactory): void {
  refusing.add(sockets);
}

/**
 * Fetched records are read here (`readFetch`), and four habits of kafkajs are mended, both for the whole process. Its request queue sets a timer of a negative duration after
 * every response, which fires after a millisecond and sets the next one; a consumer whose offset is out of range goes
 * on at the log's end or start as if nothing were missing; one that finds no coordinator of its group, as while a broker
 * starts, gives up for good; and a client that was told to disconnect goes on connecting for what it has begun.
 */
export function mendKafkajs(): void {
  const schedule = RequestQueue.prototype.scheduleCheckPendingRequests;
  if (schedule.name === 'scheduleOnlyWhenPending') return;
  RequestQueue.prototype.scheduleCheckPendingRequests = function scheduleOnlyWhenPending() {
    if (this.pending.length > 0 || this.throttledUntil > Date.now()) schedule.call(this);
  };
  ConsumerGroup.prototype.recoverFromOffsetOutOfRange = ({ topic, partition }) =>
    Promise.reject(new OffsetGoneError(topic, partition));
  const find = KafkaCluster.prototype.findGroupCoordinatorMetadata;
  KafkaCluster.prototype.findGroupCoordinatorMetadata = function findOrTryAgain(group) {
    return find.call(this, group).catch((error: Error) => {
      throw error.name === 'KafkaJSGroupCoordinatorNotFound' ? Object.assign(error, { retriable: true }) : error;
    });
  };
  const connect = Connection.prototype.connect;
  Connection.prototype.connect = function connectUnlessRefused() {
    if (!refusing.has(this.socketFactory)) return connect.call(this);
    const refused = new KafkaJSConnectionError('the client has ended', { broker: this.broker });
    return Promise.reject(Object.assign(refused, { retriable: false }));
  };
  const protocol = requests.Fetch.protocol;
  requests.Fetch.protocol = ({ version }) => {
    if (version < FIRST_FETCH_VERSION) throw new Error('the broker is older than Kafka 0.11');
    const fetch = protocol({ version });
    return (fields) => {
      const made = fetch(fields);
      return { ...made, response: { ...made.response, decode: (bytes: Buffer) => readFetch(version, bytes) } };
    };
  };
}
