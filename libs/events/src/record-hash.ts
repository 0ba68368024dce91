import { createHash } from 'node:crypto';

/** SHA-256 (hex) over key and value of a record of the log: what it is known again by, beside its offset and append time. */
export function recordHash(record: { readonly key: Buffer | null; readonly value: Buffer | null }): string {
  const hash = createHash('sha256');
  hash.update(record.key ?? '').update('\0');
  if (record.value !== null) hash.update(record.value);
  return hash.digest('hex');
}
