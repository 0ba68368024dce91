import type { NewRecord } from '../port.js';
import { batchLayout, CHECKED_FROM, MAGIC, UNCOUNTED_BYTES } from './batch-layout.js';
import { crc32c } from './crc32c.js';

/** Who sends: what Kafka tells repetitions of a batch by. */
export interface ProducerIdentity {
  readonly id: bigint;
  readonly epoch: number;
}

const NO_LEADER_EPOCH = -1;
/** A varint of 32 bits has at most five bytes. */
const VARINT_BYTES = 5;
const NULL_BYTE = 1;
/** Up to this length a loop over the characters beats the call into the runtime's encoder. */
const SHORT = 64;
/** Beyond it the memory is given back after the batch. */
const KEPT_BYTES = 4 * 1024 * 1024;

/**
 * Writes record batches (format 2, uncompressed) in one pass into memory that it keeps: what it returns holds until the next
 * `reset`.
 */
export class RecordBatches {
  private buffer = Buffer.allocUnsafe(64 * 1024);
  private at = 0;

  /** Everything handed out before may be overwritten from here on. */
  reset(): void {
    this.at = 0;
    if (this.buffer.length > KEPT_BYTES) this.buffer = Buffer.allocUnsafe(64 * 1024);
  }

  /**
   * One batch of one partition.
   *
   * @param sentAt epoch milliseconds; kept only by topics without LogAppendTime
   * @returns a function that gives its bytes once all batches of the request are written (the memory may move until then)
   */
  write(
    records: readonly NewRecord[],
    producer: ProducerIdentity,
    firstSequence: number,
    sentAt: number,
  ): () => Buffer {
    const start = this.at;
    this.room(batchLayout.records);
    this.at += batchLayout.records;
    records.forEach((record, index) => this.record(record, index));
    const { buffer, at: end } = this;
    const time = BigInt(sentAt);
    buffer.writeBigInt64BE(0n, start + batchLayout.baseOffset);
    buffer.writeInt32BE(end - start - UNCOUNTED_BYTES, start + batchLayout.length);
    buffer.writeInt32BE(NO_LEADER_EPOCH, start + batchLayout.leaderEpoch);
    buffer.writeInt8(MAGIC, start + batchLayout.magic);
    buffer.writeInt16BE(0, start + batchLayout.attributes);
    buffer.writeInt32BE(records.length - 1, start + batchLayout.lastOffsetDelta);
    buffer.writeBigInt64BE(time, start + batchLayout.firstTime);
    buffer.writeBigInt64BE(time, start + batchLayout.lastTime);
    buffer.writeBigInt64BE(producer.id, start + batchLayout.producerId);
    buffer.writeInt16BE(producer.epoch, start + batchLayout.producerEpoch);
    buffer.writeInt32BE(firstSequence, start + batchLayout.firstSequence);
    buffer.writeInt32BE(records.length, start + batchLayout.count);
    buffer.writeUInt32BE(crc32c(buffer, start + CHECKED_FROM, end), start + batchLayout.checksum);
    return () => this.buffer.subarray(start, end);
  }

  private record({ key, value, headers }: NewRecord, offsetDelta: number): void {
    this.room(2 * VARINT_BYTES);
    const start = this.at;
    // The length is known at the end. Nearly always it takes two bytes, else the record is moved.
    const body = start + 2;
    this.at = body;
    this.buffer[this.at++] = 0;
    this.buffer[this.at++] = 0;
    this.varint(offsetDelta);
    this.bytes(key);
    this.bytes(value);
    this.headers(headers);
    const end = this.at;
    const needed = varintBytes(end - body);
    if (needed !== 2) {
      this.room(VARINT_BYTES);
      this.buffer.copyWithin(start + needed, body, end);
    }
    this.at = start;
    this.varint(end - body);
    this.at = start + needed + (end - body);
  }

  /** Callers in JavaScript's habit leave optional headers undefined: those are left out. */
  private headers(headers: NewRecord['headers']): void {
    const countAt = this.at;
    this.room(VARINT_BYTES);
    this.at += 1;
    let count = 0;
    for (const name in headers) {
      const value: string | Buffer | null | undefined = headers[name];
      if (value === undefined || value === null) continue;
      this.text(name);
      this.bytes(value);
      count += 1;
    }
    const needed = varintBytes(count);
    const end = this.at;
    if (needed > 1) {
      this.room(VARINT_BYTES);
      this.buffer.copyWithin(countAt + needed, countAt + 1, end);
    }
    this.at = countAt;
    this.varint(count);
    this.at = end + needed - 1;
  }

  private bytes(value: string | Buffer | null): void {
    if (value === null) {
      this.room(1);
      this.buffer[this.at++] = NULL_BYTE;
    } else if (typeof value === 'string') {
      this.text(value);
    } else {
      this.room(VARINT_BYTES + value.length);
      this.varint(value.length);
      value.copy(this.buffer, this.at);
      this.at += value.length;
    }
  }

  private text(value: string): void {
    const { length } = value;
    if (length <= SHORT && this.ascii(value)) return;
    this.room(2 * VARINT_BYTES + length * 3);
    // Counting the bytes first would take as long as writing them; nearly always two bytes hold their number.
    const from = this.at + 2;
    const bytes = this.buffer.write(value, from);
    const needed = varintBytes(bytes);
    if (needed !== 2) this.buffer.copyWithin(this.at + needed, from, from + bytes);
    this.varint(bytes);
    this.at += bytes;
  }

  /** Writes it if each character is one byte. */
  private ascii(value: string): boolean {
    const { length } = value;
    this.room(VARINT_BYTES + length);
    const { buffer } = this;
    const from = this.at + (length < 64 ? 1 : 2);
    for (let index = 0; index < length; index++) {
      const code = value.charCodeAt(index);
      if (code > 0x7f) return false;
      buffer[from + index] = code;
    }
    this.varint(length);
    this.at = from + length;
    return true;
  }

  /** Zig-zag and base 128; the room is there. */
  private varint(value: number): void {
    const { buffer } = this;
    let rest = ((value << 1) ^ (value >> 31)) >>> 0;
    while (rest > 0x7f) {
      buffer[this.at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    buffer[this.at++] = rest;
  }

  private room(bytes: number): void {
    const needed = this.at + bytes;
    if (needed <= this.buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, needed));
    this.buffer.copy(larger, 0, 0, this.at);
    this.buffer = larger;
  }
}

/** Of a value that is not negative. */
function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value * 2; rest > 0x7f; rest = Math.floor(rest / 128)) bytes += 1;
  return bytes;
}
