import { hash } from 'node:crypto';
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
  // Without a comparison of its own, sorting is by UTF-16 code units, as comparing is.
  const names = Object.keys(value);
  if (names.some((name, index) => index > 0 && name < names[index - 1]!)) names.sort();
  let text = '{';
  for (const name of names) {
    const member = (value as Record<string, unknown>)[name];
    if (member === undefined) continue;
    if (text.length > 1) text += ',';
    text += `${JSON.stringify(name)}:${canonicalJson(member)}`;
  }
  return `${text}}`;
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
  return hash('sha256', text, 'hex');
}
