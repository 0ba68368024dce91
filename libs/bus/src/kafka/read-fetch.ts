import type { FetchedRecord } from './fetched-record.js';
import { readRecordSet } from './read-record-set.js';

/** What a broker answers to a fetch, as kafkajs wants it. */
export interface FetchAnswer {
  readonly throttleTime: number;
  /** Milliseconds this client is asked to be patient for. */
  readonly clientSideThrottleTime: number;
  readonly responses: readonly { readonly topicName: string; readonly partitions: readonly FetchedPartition[] }[];
}

interface FetchedPartition {
  readonly partition: number;
  readonly errorCode: number;
  readonly highWatermark: string;
  readonly abortedTransactions: readonly { readonly producerId: string; readonly firstOffset: string }[];
  readonly preferredReadReplica: number;
  readonly messages: readonly FetchedRecord[];
}

/** Versions of the answer from which on something is in it (Apache Kafka, `FetchResponse.json`). */
const LOG_START = 5;
const SESSION = 7;
const CLIENT_THROTTLES = 8;
const READ_REPLICA = 11;

/**
 * Reads the answer to a fetch, versions 4 to 11. kafkajs makes some thirty objects of each record; here it is read once, as
 * it is handed over.
 */
export async function readFetch(version: number, bytes: Buffer): Promise<FetchAnswer> {
  const reader = new AnswerReader(bytes);
  const throttle = reader.int32();
  // Error and session: there is none that it was asked for.
  if (version >= SESSION) reader.skip(2 + 4);
  const responses: { topicName: string; partitions: FetchedPartition[] }[] = [];
  for (let topics = reader.int32(); topics > 0; topics--) {
    const topicName = reader.text();
    const partitions: FetchedPartition[] = [];
    for (let left = reader.int32(); left > 0; left--) partitions.push(await readPartition(reader, topicName, version));
    responses.push({ topicName, partitions });
  }
  const clientThrottles = version >= CLIENT_THROTTLES;
  return {
    throttleTime: clientThrottles ? 0 : throttle,
    clientSideThrottleTime: clientThrottles ? throttle : 0,
    responses,
  };
}

async function readPartition(reader: AnswerReader, topic: string, version: number): Promise<FetchedPartition> {
  const partition = reader.int32();
  const errorCode = reader.int16();
  const highWatermark = reader.int64();
  // The last stable offset, and the first offset of the log.
  reader.skip(version >= LOG_START ? 16 : 8);
  const abortedTransactions: { producerId: string; firstOffset: string }[] = [];
  for (let left = reader.int32(); left > 0; left--) {
    abortedTransactions.push({ producerId: reader.int64(), firstOffset: reader.int64() });
  }
  const preferredReadReplica = version >= READ_REPLICA ? reader.int32() : -1;
  const records = reader.part();
  const messages = records.length === 0 ? [] : await readRecordSet(topic, partition, records, Number(highWatermark));
  return { partition, errorCode, highWatermark, abortedTransactions, preferredReadReplica, messages };
}

class AnswerReader {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  int16(): number {
    this.at += 2;
    return this.bytes.readInt16BE(this.at - 2);
  }

  int32(): number {
    this.at += 4;
    return this.bytes.readInt32BE(this.at - 4);
  }

  int64(): string {
    this.at += 8;
    return String(this.bytes.readBigInt64BE(this.at - 8));
  }

  text(): string {
    const length = this.int16();
    this.at += length;
    return this.bytes.toString('utf8', this.at - length, this.at);
  }

  /** Bytes with their length before them. */
  part(): Buffer {
    const length = Math.max(0, this.int32());
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  skip(bytes: number): void {
    this.at += bytes;
  }
}
