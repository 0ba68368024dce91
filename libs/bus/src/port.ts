/**
 * The port behind which every log lives: Apache Kafka, or the append-only log in Postgres.
 * Offsets are numbers: they fit 2^53 for any log this product will see.
 */
export interface LogRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer>>;
  /** Epoch milliseconds at which the log appended it (LogAppendTime). */
  readonly appendedAt: number;
  /** Where the log keeps its senders' times (CreateTime): `appendedAt` is what the sender says, be it years from now. */
  readonly timeOfSender?: true;
}

export interface NewRecord {
  readonly topic: string;
  readonly key: string | null;
  readonly value: Buffer | string | null;
  readonly headers?: Readonly<Record<string, string | Buffer>>;
  /** Absent: chosen by murmur2 of the key, as Kafka's own clients do. */
  readonly partition?: number;
}

export interface Appended {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly appendedAt: number;
}

export interface TopicSpec {
  readonly topic: string;
  readonly partitions: number;
  /** Bytes; default 16 MiB. */
  readonly maxMessageBytes?: number;
}

/** A run of records of one partition, in order, at most `maxRecords` long. */
export interface LogBatch {
  readonly topic: string;
  readonly partition: number;
  /** May be empty where only control records or undecodable ones were passed: then only `nextOffset` says something. */
  readonly records: readonly LogRecord[];
  /** The offset to go on from: last record + 1, or past what was skipped. */
  readonly nextOffset: number;
  /** Offset the log will give next, as far as known (lag = highWatermark - nextOffset). */
  readonly highWatermark: number;
  /** Offsets whose codec could not be decoded: quarantined by their range and passed. */
  readonly undecodable: readonly { readonly from: number; readonly to: number; readonly detail: string }[];
}

/** A batch that was taken before its effects are durable: the next may come meanwhile. */
export interface TakenBatch {
  /** Resolves when they are, never before those of the batches ahead; until then the position told to others stays behind. */
  readonly settled: Promise<void>;
}

export interface Subscriber {
  readonly group: string;
  readonly topics: readonly string[];
  /** Default 1,000. */
  readonly maxRecords?: number;
  /**
   * Called before the first batch of a newly assigned partition, also when it is silent: returns the offset to start at
   * (the stored one; the log's own idea of progress is only a hint). Batches wait for it.
   */
  readonly onAssigned: (topic: string, partition: number) => Promise<number>;
  /** Called when the partition goes elsewhere; nothing is delivered after it until it is assigned again. */
  readonly onRevoked: (topic: string, partition: number) => Promise<void>;
  /**
   * One call at a time per partition. An error, thrown or through `settled`, ends the subscription with `onFatal`, unless it
   * says `retriable: true`: then the partition is given up and assigned anew, and `onAssigned` says where to go back to.
   */
  readonly onBatch: (batch: LogBatch) => Promise<TakenBatch | void>;
  /** The subscription cannot go on (lost data, non-retriable crash, stalled): the process should end. */
  readonly onFatal: (error: Error) => void;
}

export interface Subscription {
  close(): Promise<void>;
  /** Partitions held now. */
  assigned(): readonly { readonly topic: string; readonly partition: number }[];
}

export interface Log {
  /** Creates what is missing; refuses (ShapeError) another partition count of an existing topic. */
  ensureTopics(topics: readonly TopicSpec[]): Promise<void>;
  partitionCount(topic: string): Promise<number>;
  /** Resolves once durably appended (Kafka: acks=all), in the order given per partition. One result per record, same order. */
  append(records: readonly NewRecord[]): Promise<readonly Appended[]>;
  subscribe(subscriber: Subscriber): Promise<Subscription>;
  /** The record at an offset, or undefined where it is gone (below the log's start) or not there yet. */
  readOne(topic: string, partition: number, offset: number): Promise<LogRecord | undefined>;
  /** Earliest and next offset per partition. */
  bounds(
    topic: string,
  ): Promise<readonly { readonly partition: number; readonly low: number; readonly high: number }[]>;
  /** Resolves when the log answers, rejects otherwise: for readiness. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
