/** The polynomial of Castagnoli (RFC 3720, 12.1), its bits reversed. */
const POLYNOMIAL = 0x82f63b78;
const SLICES = 8;

/** `tables[n][byte]`: what a byte does to the remainder when `n` more bytes follow it. */
const tables: readonly Int32Array[] = makeTables();

function makeTables(): Int32Array[] {
  const made = Array.from({ length: SLICES }, () => new Int32Array(256));
  for (let byte = 0; byte < 256; byte++) {
    let rest = byte;
    for (let bit = 0; bit < 8; bit++) rest = (rest & 1) === 1 ? (rest >>> 1) ^ POLYNOMIAL : rest >>> 1;
    made[0]![byte] = rest;
  }
  for (let slice = 1; slice < SLICES; slice++) {
    for (let byte = 0; byte < 256; byte++) {
      const before = made[slice - 1]![byte]!;
      made[slice]![byte] = (before >>> 8) ^ made[0]![before & 0xff]!;
    }
  }
  return made;
}

const [t0, t1, t2, t3, t4, t5, t6, t7] = tables as [
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
];

/** CRC-32C of the bytes from `from` to `to`, as an unsigned number; eight bytes at a step. */
export function crc32c(bytes: Uint8Array, from = 0, to = bytes.length): number {
  let rest = -1;
  let at = from;
  for (const last = to - SLICES; at <= last; at += SLICES) {
    rest =
      t7[(rest ^ bytes[at]!) & 0xff]! ^
      t6[((rest >>> 8) ^ bytes[at + 1]!) & 0xff]! ^
      t5[((rest >>> 16) ^ bytes[at + 2]!) & 0xff]! ^
      t4[(rest >>> 24) ^ bytes[at + 3]!]! ^
      t3[bytes[at + 4]!]! ^
      t2[bytes[at + 5]!]! ^
      t1[bytes[at + 6]!]! ^
      t0[bytes[at + 7]!]!;
  }
  for (; at < to; at++) rest = t0[(rest ^ bytes[at]!) & 0xff]! ^ (rest >>> 8);
  return ~rest >>> 0;
}
