import { createHash } from 'node:crypto';

/** Short, and safe in headers: the same for the same parts in the same order. */
export function digestOf(...parts: readonly (string | number)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 40);
}
