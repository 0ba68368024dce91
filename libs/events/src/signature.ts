import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Instant } from '#libs/calendar';

/** Extension attributes that only the deployment itself may set. */
export const reservedExtensions = {
  /** When a fact first reached us, RFC 3339. */
  appendedTime: 'appendedtime',
  stampSignature: 'stampsig',
  ownSignature: 'ownsig',
} as const;

/** What a stamp vouches for: this content of this event reached us at `appendedAt`. */
export interface Stamp {
  readonly contract: string;
  readonly source: string;
  readonly id: string;
  readonly contentHash: string;
  readonly appendedAt: Instant;
}

/** What the product vouches for when it writes a record of its own (source below `/pactwatch/`). */
export interface OwnRecord {
  readonly contract: string;
  readonly source: string;
  readonly id: string;
  readonly type: string;
  readonly contentHash: string;
}

/** HMAC-SHA256 (hex) for the extension `appendedtime`; travels in the extension `stampsig`. */
export function signStamp(key: Buffer, stamp: Stamp): string {
  return sign(key, ['stamp', stamp.contract, stamp.source, stamp.id, stamp.contentHash, stamp.appendedAt]);
}

export function verifyStamp(key: Buffer, stamp: Stamp, signature: string | undefined): boolean {
  return equal(signStamp(key, stamp), signature);
}

/** HMAC-SHA256 (hex) for the product's own records; travels in the extension `ownsig`. */
export function signOwn(key: Buffer, record: OwnRecord): string {
  return sign(key, ['own', record.contract, record.source, record.id, record.type, record.contentHash]);
}

export function verifyOwn(key: Buffer, record: OwnRecord, signature: string | undefined): boolean {
  return equal(signOwn(key, record), signature);
}

/** Records below this source are the product's own and count only when signed. */
export function isOwnSource(source: string): source is `/pactwatch/${string}` {
  return source.startsWith('/pactwatch/');
}

/** A JSON array keeps its fields apart whatever they contain; the first one keeps the two kinds of signature apart. */
function sign(key: Buffer, fields: readonly [kind: string, ...rest: (string | number)[]]): string {
  return createHmac('sha256', key).update(JSON.stringify(fields)).digest('hex');
}

function equal(expected: string, given: string | undefined): boolean {
  if (given === undefined) return false;
  const a = Buffer.from(expected);
  const b = Buffer.from(given);
  return a.length === b.length && timingSafeEqual(a, b);
}
