import type { JsonObject, JsonValue } from './fact.js';
import type { FeedKey } from './rule-reads.js';

/** UTF-8; with the id of the contract it still fits into an entry of a database's index. */
const KEY_BYTES = 2_000;
/** UTF-16 code units: a decision carries all dimensions of its subject, whichever facts they came from. */
const DIMENSION_LENGTH = 1_000;

/**
 * The check of what data name beside their subject: `undefined` where it is short enough to be a key or a dimension, else one
 * sentence that names field, size and what is allowed.
 */
export function refuseLongNames(
  keys: readonly FeedKey[],
  dimensions: readonly string[],
): (data: JsonObject) => string | undefined {
  const fields = keys.flatMap((key) => (typeof key !== 'string' && 'field' in key ? [key.field] : []));
  const facts = keys.flatMap((key) => (typeof key !== 'string' && 'factIn' in key ? [key.factIn] : []));
  if (fields.length + facts.length + dimensions.length === 0) return () => undefined;
  return (data) => {
    for (const field of fields) {
      const bytes = bytesOf(data[field]);
      if (bytes > KEY_BYTES) return tooLong(field, `${bytes} bytes`, `${KEY_BYTES}, since it names a case`);
    }
    for (const field of facts) {
      const named = data[field];
      if (named === null || typeof named !== 'object' || Array.isArray(named)) continue;
      const bytes = bytesOf(named['source']) + bytesOf(named['id']);
      if (bytes > KEY_BYTES) return tooLong(field, `${bytes} bytes`, `${KEY_BYTES}, since it names a fact`);
    }
    for (const field of dimensions) {
      const value = data[field];
      if (typeof value === 'string' && value.length > DIMENSION_LENGTH)
        return tooLong(field, `${value.length} characters`, `${DIMENSION_LENGTH}, since it is a dimension`);
    }
    return undefined;
  };
}

function tooLong(field: string, size: string, allowed: string): string {
  return `data.${field} is too long: ${size} (allowed: ${allowed})`;
}

function bytesOf(value: JsonValue | undefined): number {
  return typeof value === 'string' ? Buffer.byteLength(value) : 0;
}
