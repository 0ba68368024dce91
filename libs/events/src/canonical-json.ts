import { hash } from 'node:crypto';
import type { Instant } from '#libs/calendar';

/**
 * One text per JSON value (RFC 8785): members sorted by UTF-16 code units, no white space, numbers as ECMAScript prints them.
 * Members whose value is undefined are left out. Throws TypeError for what is no JSON value (NaN, bigint, function).
 */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError(`${value} is not a JSON number`);
    return String(value);
  }
  if (Array.isArray(value)) return canonicalList(value);
  if (typeof value !== 'object') throw new TypeError(`a ${typeof value} is not a JSON value`);
  const names = inOrder(Object.keys(value));
  let text = '{';
  for (const name of names) {
    const member = (value as Record<string, unknown>)[name];
    if (member === undefined) continue;
    if (text.length > 1) text += ',';
    text += `${quoted(name)}:${canonicalJson(member)}`;
  }
  return `${text}}`;
}

function canonicalList(list: readonly unknown[]): string {
  let text = '[';
  for (let index = 0; index < list.length; index++) {
    if (index > 0) text += ',';
    text += canonicalJson(list[index]);
  }
  return `${text}]`;
}

/** Printable ASCII without what JSON escapes, as nearly all text is: told faster than written by `JSON.stringify`. */
const plain = /^[ !#-[\]-~]*$/;

function quoted(text: string): string {
  return plain.test(text) ? `"${text}"` : JSON.stringify(text);
}

const FEW = 32;

/** By UTF-16 code units, as comparing texts is; a few are mostly in order, or nearly. */
function inOrder(names: string[]): string[] {
  if (names.length > FEW) return names.sort();
  for (let index = 1; index < names.length; index++) {
    const name = names[index]!;
    let place = index;
    for (; place > 0 && names[place - 1]! > name; place--) names[place] = names[place - 1]!;
    names[place] = name;
  }
  return names;
}

export interface EventContent {
  readonly type: string;
  readonly subject?: string | undefined;
  readonly time: Instant;
  readonly data: object;
}

/**
 * SHA-256 (hex) of what makes two events with the same id the same fact: type, subject, the instant of `time` and `data` as a
 * JSON value. How `time` or `data` were written does not matter, nor what else the event has.
 */
export function contentHash(content: EventContent): string {
  const text = canonicalJson([content.type, content.subject ?? null, content.time, content.data]);
  return hash('sha256', text, 'hex');
}
