import { createHash } from 'node:crypto';
import type { Instant } from '#libs/calendar';

/**
 * One text per JSON value (RFC 8785): members sorted by UTF-16 code units, no white space, numbers as ECMAScript prints them.
 * Members whose value is undefined are left out. Throws TypeError for what is no JSON value (NaN, bigint, function).
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError(`${value} is not a JSON number`);
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object') throw new TypeError(`a ${typeof value} is not a JSON value`);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  members.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join(',')}}`;
}

export interface EventContent {
  readonly type: string;
  readonly subject: string | undefined;
  readonly time: Instant;
  readonly data: object;
}

/**
 * SHA-256 (hex) of what makes two events with the same id the same fact: type, subject, the instant of `time` and `data` as a
 * JSON value. How `time` or `data` were written does not matter.
 */
export function contentHash(content: EventContent): string {
  const text = canonicalJson([content.type, content.subject ?? null, content.time, content.data]);
  return createHash('sha256').update(text).digest('hex');
}
