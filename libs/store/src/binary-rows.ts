/** Type ids that PostgreSQL has fixed for ever. */
const TEXT = 25;
const INT4 = 23;
const INT8 = 20;
const TIMESTAMPTZ = 1184;
export const JSON_TEXT = 114;
export const JSONB = 3802;
const BYTEA = 17;
const TEXT_ARRAY = 1009;

const EPOCH_2000 = 946_684_800_000;
const TWO_32 = 4_294_967_296;
const SHORT = 48;
const NULL_LENGTH = -1;
const JSONB_VERSION = 1;

/** 4714 BC, the first instant a timestamptz can hold, in epoch milliseconds; what lies before is `-infinity`. */
const EARLIEST = -210_866_803_200_000;

/**
 * Writes arrays of composite values in PostgreSQL's binary format (`array_recv`, `record_recv`) into one growing buffer.
 * Every column is preceded by its type id, as `record_recv` wants it.
 */
export class BinaryRows {
  private buffer: Buffer;
  private at = 0;

  constructor(sizeHint: number) {
    this.buffer = Buffer.allocUnsafe(Math.max(sizeHint, 4096));
  }

  /** Bytes written so far: a hint for the next one. */
  get size(): number {
    return this.at;
  }

  /**
   * One array; `write` writes the columns of one row, exactly `columns` of them.
   *
   * @returns a function that gives the array's bytes once everything is written (the buffer may move until then)
   */
  array<Row>(elementType: number, columns: number, rows: readonly Row[], write: (row: Row) => void): () => Buffer {
    const from = this.at;
    this.int32(rows.length > 0 ? 1 : 0);
    this.int32(0);
    this.int32(elementType);
    if (rows.length > 0) {
      this.int32(rows.length);
      this.int32(1);
    }
    for (const row of rows) {
      const start = this.at;
      this.int32(0);
      this.int32(columns);
      write(row);
      this.put32(this.at - start - 4, start);
    }
    const to = this.at;
    return () => this.buffer.subarray(from, to);
  }

  text(value: string | null, type: number = TEXT): void {
    if (value === null) return this.nothing(type);
    this.room(12 + value.length * 3);
    this.put32(type, this.at);
    let start = this.at + 8;
    if (type === JSONB) this.buffer[start++] = JSONB_VERSION;
    const length = this.string(value, start);
    this.put32(start - this.at - 8 + length, this.at + 4);
    this.at = start + length;
  }

  int4(value: number | null): void {
    if (value === null) return this.nothing(INT4);
    if (value !== (value | 0)) throw new RangeError(`${value} is not an integer of 32 bits`);
    this.int32(INT4);
    this.int32(4);
    this.int32(value);
  }

  int8(value: number | null, type: number = INT8): void {
    if (value === null) return this.nothing(type);
    this.room(16);
    this.put32(type, this.at);
    this.put32(8, this.at + 4);
    const high = Math.floor(value / TWO_32);
    this.put32(high, this.at + 8);
    this.put32(value - high * TWO_32, this.at + 12);
    this.at += 16;
  }

  /** @param value epoch milliseconds */
  instant(value: number | null): void {
    if (value === null) return this.nothing(TIMESTAMPTZ);
    if (value >= EARLIEST) return this.int8((value - EPOCH_2000) * 1000, TIMESTAMPTZ);
    this.int32(TIMESTAMPTZ);
    this.int32(8);
    this.int32(-0x80000000);
    this.int32(0);
  }

  bytes(value: Buffer | null): void {
    if (value === null) return this.nothing(BYTEA);
    this.room(8 + value.length);
    this.put32(BYTEA, this.at);
    this.put32(value.length, this.at + 4);
    value.copy(this.buffer, this.at + 8);
    this.at += 8 + value.length;
  }

  texts(values: readonly string[]): void {
    this.int32(TEXT_ARRAY);
    const start = this.at;
    this.int32(0);
    this.int32(values.length > 0 ? 1 : 0);
    this.int32(0);
    this.int32(TEXT);
    if (values.length > 0) {
      this.int32(values.length);
      this.int32(1);
    }
    for (const value of values) {
      this.room(4 + value.length * 3);
      const length = this.string(value, this.at + 4);
      this.put32(length, this.at);
      this.at += 4 + length;
    }
    this.put32(this.at - start - 4, start);
  }

  private nothing(type: number): void {
    this.int32(type);
    this.int32(NULL_LENGTH);
  }

  private int32(value: number): void {
    this.room(4);
    this.put32(value, this.at);
    this.at += 4;
  }

  /** Signed or not; unlike the runtime's method it does not look whether the value fits. */
  private put32(value: number, at: number): void {
    const { buffer } = this;
    buffer[at] = value >>> 24;
    buffer[at + 1] = value >>> 16;
    buffer[at + 2] = value >>> 8;
    buffer[at + 3] = value;
  }

  /** Most strings are short and ASCII: a loop beats the call into the runtime's encoder. */
  private string(value: string, at: number): number {
    if (value.length > SHORT) return this.buffer.write(value, at);
    for (let index = 0; index < value.length; index++) {
      const code = value.charCodeAt(index);
      if (code > 0x7f) return this.buffer.write(value, at);
      this.buffer[at + index] = code;
    }
    return value.length;
  }

  private room(bytes: number): void {
    const needed = this.at + bytes;
    if (needed <= this.buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, needed));
    this.buffer.copy(larger, 0, 0, this.at);
    this.buffer = larger;
  }
}
