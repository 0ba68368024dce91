import type { IHeaders, KafkaMessage } from 'kafkajs';
import type { LogRecord } from '../port.js';
import type { Piece } from './lane.js';
import { undecodableDetail } from './record-codecs.js';

/** Fetched messages as runs of records and ranges that could not be decoded; the last ends at `nextOffset`. */
export function readPieces(
  topic: string,
  partition: number,
  messages: readonly KafkaMessage[],
  nextOffset: number,
): Piece[] {
  const pieces: Piece[] = [];
  let records: LogRecord[] = [];
  let damaged: { from: number; to: number; detail: string } | undefined;
  const flush = (): void => {
    const last = records[records.length - 1];
    if (last !== undefined) pieces.push({ records, nextOffset: last.offset + 1 });
    records = [];
    if (damaged !== undefined) pieces.push({ undecodable: damaged, nextOffset: damaged.to + 1 });
    damaged = undefined;
  };
  for (const message of messages) {
    const detail = undecodableDetail(message);
    const offset = Number(message.offset);
    if (detail === undefined) {
      if (damaged !== undefined) flush();
      records.push(toRecord(topic, partition, message));
    } else if (damaged !== undefined && damaged.detail === detail) {
      damaged.to = offset;
    } else {
      flush();
      damaged = { from: offset, to: offset, detail };
    }
  }
  flush();
  const last = pieces.pop();
  if (last === undefined) return [{ records: [], nextOffset }];
  return [...pieces, { ...last, nextOffset: Math.max(last.nextOffset, nextOffset) }];
}

export function toRecord(topic: string, partition: number, message: KafkaMessage): LogRecord {
  return {
    topic,
    partition,
    offset: Number(message.offset),
    key: message.key,
    value: message.value,
    headers: readHeaders(message.headers ?? {}),
    appendedAt: Number(message.timestamp),
  };
}

/** Of several headers of one name the last counts, as for Kafka's own clients. */
function readHeaders(headers: IHeaders): Record<string, Buffer> {
  const read: [string, Buffer][] = [];
  for (const [name, given] of Object.entries(headers)) {
    const value = Array.isArray(given) ? given[given.length - 1] : given;
    if (value !== undefined && value !== null) read.push([name, Buffer.isBuffer(value) ? value : Buffer.from(value)]);
  }
  return Object.fromEntries(read);
}
