import { isUtf8 } from 'node:buffer';

/** Text stays readable in the table; what a JSON string of PostgreSQL cannot hold is kept as base64. */
type StoredHeader = string | { readonly base64: string };

/** @throws TypeError where a name holds what no text of PostgreSQL can hold */
export function encodeHeaders(headers: Readonly<Record<string, string | Buffer>>): string {
  const stored: [string, StoredHeader][] = [];
  for (const [name, value] of Object.entries(headers)) {
    // Callers build headers from attributes that may be absent.
    if ((value as unknown) === undefined) continue;
    if (!isText(name))
      throw new TypeError(`the header name ${JSON.stringify(name)} is no text: no NUL is allowed in it`);
    stored.push([name, encode(value)]);
  }
  // Not by assignment: a header may be called __proto__.
  return JSON.stringify(Object.fromEntries(stored));
}

export function decodeHeaders(stored: Readonly<Record<string, StoredHeader>>): Record<string, Buffer> {
  return Object.fromEntries(
    Object.entries(stored).map(([name, value]) => [
      name,
      typeof value === 'string' ? Buffer.from(value) : Buffer.from(value.base64, 'base64'),
    ]),
  );
}

function encode(value: string | Buffer): StoredHeader {
  if (typeof value === 'string') return isText(value) ? value : encode(Buffer.from(value));
  const text = isUtf8(value) ? value.toString() : undefined;
  return text !== undefined && isText(text) ? text : { base64: value.toString('base64') };
}

/** Well-formed Unicode without NUL. */
function isText(value: string): boolean {
  return !value.includes('\0') && !LONE_SURROGATE.test(value);
}

const LONE_SURROGATE = /\p{Surrogate}/u;
