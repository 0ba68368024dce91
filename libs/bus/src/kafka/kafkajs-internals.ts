import type { Batch, Kafka, KafkaMessage } from 'kafkajs';
import ConsumerGroup from 'kafkajs/src/consumer/consumerGroup';
import RequestQueue from 'kafkajs/src/network/requestQueue';
import { OffsetGoneError } from './offset-gone-error.js';

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
  findBroker(where: { readonly nodeId: number }): Promise<Broker>;
  readonly brokerPool: { findConnectedBroker(): Promise<Broker> };
}

export interface Broker {
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
      readonly partitions: readonly { readonly messages: readonly (KafkaMessage & { isControlRecord: boolean })[] }[];
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

/** The offset that was asked for when this batch was fetched. */
export function fetchedOffset(batch: Batch): number {
  return Number((batch as Batch & { readonly fetchedOffset: string }).fetchedOffset);
}

/**
 * Two habits of kafkajs are mended for the whole process. Its request queue sets a timer of a negative duration after
 * every response, which fires after a millisecond and sets the next one; and a consumer whose offset is out of range goes
 * on at the log's end or start as if nothing were missing.
 */
export function mendKafkajs(): void {
  const schedule = RequestQueue.prototype.scheduleCheckPendingRequests;
  if (schedule.name === 'scheduleOnlyWhenPending') return;
  RequestQueue.prototype.scheduleCheckPendingRequests = function scheduleOnlyWhenPending() {
    if (this.pending.length > 0 || this.throttledUntil > Date.now()) schedule.call(this);
  };
  ConsumerGroup.prototype.recoverFromOffsetOutOfRange = ({ topic, partition }) =>
    Promise.reject(new OffsetGoneError(topic, partition));
}
