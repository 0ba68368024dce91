/** Type ids that PostgreSQL has fixed for ever. */
const INT4 = 23;
export const TEXT = 25;
export const BYTEA = 17;

/**
 * A one-dimensional array in PostgreSQL's binary format (`array_recv`): several times quicker to write and to read than an
 * array of texts, and bytes stay bytes.
 */
export function binaryArray(elementType: number, items: readonly (Buffer | null)[]): Buffer {
  const dimensions = items.length > 0 ? 1 : 0;
  const head = dimensions === 1 ? [1, items.includes(null) ? 1 : 0, elementType, items.length, 1] : [0, 0, elementType];
  let size = 4 * head.length;
  for (const item of items) size += 4 + (item?.length ?? 0);
  const array = Buffer.allocUnsafe(size);
  let at = 0;
  for (const word of head) at = array.writeInt32BE(word, at);
  for (const item of items) {
    at = array.writeInt32BE(item?.length ?? -1, at);
    if (item !== null) at += item.copy(array, at);
  }
  return array;
}

export function int4Array(values: readonly number[]): Buffer {
  const items = values.map((value) => {
    const item = Buffer.allocUnsafe(4);
    item.writeInt32BE(value);
    return item;
  });
  return binaryArray(INT4, items);
}
