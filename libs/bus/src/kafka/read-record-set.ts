import type { LogRecord } from '../port.js';
import { batchLayout, CHECKED_FROM, MAGIC, UNCOUNTED_BYTES } from './batch-layout.js';
import { crc32c } from './crc32c.js';
import { FetchedRecord, NO_TRANSACTION } from './fetched-record.js';
import { readMessageSet } from './read-message-set.js';
import { decompress } from './record-codecs.js';

const CODEC = 0x07;
const LOG_APPEND_TIME = 0x08;
const IN_TRANSACTION = 0x10;
const CONTROL = 0x20;

/**
 * The records of a partition as a fetch brings them: batches one after the other, the last perhaps cut off. What is wrong with
 * one, its checksum first, concerns that one only: its offsets are named, and what is behind it is read.
 *
 * @param end the offset that the log gives next
 */
export async function readRecordSet(
  topic: string,
  partition: number,
  bytes: Buffer,
  end: number,
): Promise<FetchedRecord[]> {
  const fetched: FetchedRecord[] = [];
  for (let at = 0; at + batchLayout.records <= bytes.length;) {
    if (bytes[at + batchLayout.magic] !== MAGIC)
      return [...fetched, ...(await readMessageSet(topic, partition, bytes.subarray(at)))];
    const next = at + UNCOUNTED_BYTES + bytes.readInt32BE(at + batchLayout.length);
    if (next < at + batchLayout.records || next > bytes.length) break;
    const batch = bytes.subarray(at, next);
    const before = fetched.length;
    try {
      if (batch.readUInt32BE(batchLayout.checksum) !== crc32c(batch, CHECKED_FROM)) {
        throw new Error('its checksum does not match: it was damaged');
      }
      const codec = batch.readInt16BE(batchLayout.attributes) & CODEC;
      const records = batch.subarray(batchLayout.records);
      // Not waited for where it is there: most batches are not compressed.
      readRecords(topic, partition, batch, codec === 0 ? records : await decompress(codec, records), fetched);
    } catch (error) {
      fetched.length = before;
      const from = long(batch, batchLayout.baseOffset);
      // What a damaged batch says of itself may be wrong, too; what lies behind it is not to be skipped with it.
      const until = next + batchLayout.records <= bytes.length ? long(bytes, next + batchLayout.baseOffset) : end;
      const to = Math.max(
        from,
        Math.min(from + Math.max(0, batch.readInt32BE(batchLayout.lastOffsetDelta)), until - 1),
      );
      const detail = `the batch cannot be decoded: ${(error as Error).message}`;
      fetched.push(new FetchedRecord(to, { from, to, detail }, NO_TRANSACTION, false));
    }
    at = next;
  }
  return fetched;
}

/** @param bytes the records of the batch, decompressed */
function readRecords(topic: string, partition: number, batch: Buffer, bytes: Buffer, into: FetchedRecord[]): void {
  const attributes = batch.readInt16BE(batchLayout.attributes);
  const count = batch.readInt32BE(batchLayout.count);
  const base = long(batch, batchLayout.baseOffset);
  const first = long(batch, batchLayout.firstTime);
  const appended = (attributes & LOG_APPEND_TIME) === 0 ? undefined : long(batch, batchLayout.lastTime);
  const inTransaction = (attributes & IN_TRANSACTION) !== 0;
  const context = inTransaction
    ? { producerId: String(batch.readBigInt64BE(batchLayout.producerId)), inTransaction }
    : NO_TRANSACTION;
  const isControl = (attributes & CONTROL) !== 0;
  const reader = new RecordReader(bytes);
  for (let index = 0; index < count; index++) {
    const record = reader.next(topic, partition, base, first, appended);
    into.push(new FetchedRecord(record.offset, record, context, isControl));
  }
}

function long(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4);
}

/** Reads records (record format 2) one after the other. */
class RecordReader {
  private at = 0;
  private end = 0;
  /** Names of the headers of the record before, and their bytes: the next one nearly always has the same in the same order. */
  private readonly names: { readonly text: string; readonly bytes: Buffer }[] = [];

  constructor(private readonly bytes: Buffer) {}

  next(topic: string, partition: number, base: number, first: number, appended: number | undefined): LogRecord {
    this.end = this.bytes.length;
    const length = this.number();
    this.end = this.behind(length);
    this.at += 1;
    const sentAfter = this.number();
    const offset = base + this.number();
    const key = this.part();
    const value = this.part();
    const headers = this.headers();
    this.at = this.end;
    if (appended !== undefined) return { topic, partition, offset, key, value, headers, appendedAt: appended };
    return { topic, partition, offset, key, value, headers, appendedAt: first + sentAfter, timeOfSender: true };
  }

  /** Of several of one name the last counts, as for Kafka's own clients; one without a value is none. */
  private headers(): Record<string, Buffer> {
    const headers: Record<string, Buffer> = {};
    const count = this.number();
    for (let index = 0; index < count; index++) {
      const name = this.name(index);
      const value = this.part();
      if (value === null) delete headers[name];
      else if (name === '__proto__')
        Object.defineProperty(headers, name, { value, enumerable: true, configurable: true, writable: true });
      else headers[name] = value;
    }
    return headers;
  }

  private name(index: number): string {
    const length = this.number();
    const from = this.at;
    const to = this.behind(length);
    this.at = to;
    const known = this.names[index];
    if (known !== undefined && this.same(known.bytes, from, length)) return known.text;
    const bytes = this.bytes.subarray(from, to);
    const text = bytes.toString();
    this.names[index] = { text, bytes };
    return text;
  }

  private same(known: Buffer, from: number, length: number): boolean {
    if (known.length !== length) return false;
    const { bytes } = this;
    for (let index = 0; index < length; index++) if (known[index] !== bytes[from + index]) return false;
    return true;
  }

  private part(): Buffer | null {
    const length = this.number();
    if (length === -1) return null;
    const from = this.at;
    this.at = this.behind(length);
    return this.bytes.subarray(from, this.at);
  }

  /** Where so many bytes from here end. */
  private behind(length: number): number {
    const to = this.at + length;
    if (!(length >= 0) || to > this.end) throw new Error('a record in it is longer than the batch');
    return to;
  }

  /** Zig-zag and base 128. */
  private number(): number {
    let byte = this.bytes[this.at++]!;
    if (byte <= 0x7f) return (byte >>> 1) ^ -(byte & 1);
    let value = byte & 0x7f;
    for (let factor = 128; byte > 0x7f; factor *= 128) {
      byte = this.bytes[this.at++]!;
      value += (byte & 0x7f) * factor;
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}
