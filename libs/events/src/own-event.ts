import type { JsonObject } from '#libs/contract';
import { contentHash } from './canonical-json.js';
import { reservedExtensions, signOwn } from './signature.js';
import { toRecordBinary, type EventRecord, type OutgoingEvent } from './to-record.js';

/** An event with a source below `/pactwatch/`, of one contract. */
export interface OwnEvent extends OutgoingEvent {
  readonly source: `/pactwatch/${string}`;
  readonly contractid: string;
  readonly data: JsonObject;
}

/** The record of an event of the product's own, or of one that a person entered: it counts only with the signature beside it. */
export function toOwnRecord(stampKey: Buffer, event: OwnEvent): EventRecord {
  const { contractid: contract, source, id, type, subject, time, data } = event;
  const hash = contentHash({ type, subject, time, data });
  const ownsig = signOwn(stampKey, { contract, source, id, type, contentHash: hash });
  return toRecordBinary({ ...event, extensions: { ...event.extensions, [reservedExtensions.ownSignature]: ownsig } });
}
