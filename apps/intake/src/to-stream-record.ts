import { formatInstant, type Instant } from '#libs/calendar';
import { TOPICS, type NewRecord } from '#libs/bus';
import {
  contentHash,
  isOwnSource,
  reservedExtensions,
  signStamp,
  toOwnRecord,
  toRecordBinary,
  type EventEnvelope,
} from '#libs/events';

/** Extension attributes that only the deployment itself may set: whoever sends them is not believed. */
const RESERVED: ReadonlySet<string> = new Set([...Object.values(reservedExtensions), 'importid', 'rekeyed']);

/** The record of an event for the stream: CloudEvents binary mode under its contract's key, signed where it is our own. */
export function toStreamRecord(event: EventEnvelope, contract: string, stampKey: Buffer): NewRecord {
  const extensions = Object.fromEntries(Object.entries(event.extensions).filter(([name]) => !RESERVED.has(name)));
  const sent = { ...event, contractid: contract, extensions };
  const { source } = event;
  const record = isOwnSource(source) ? toOwnRecord(stampKey, { ...sent, source }) : toRecordBinary(sent);
  return { topic: TOPICS.events, ...record };
}

/** The same for a fact that came through a door: stamped with the instant at which it reached us. */
export function toStampedRecord(
  event: EventEnvelope,
  contract: string,
  appendedAt: Instant,
  stampKey: Buffer,
): NewRecord {
  const { type, subject, time, data, source, id } = event;
  const hash = contentHash({ type, subject, time, data });
  const stampsig = signStamp(stampKey, { contract, source, id, contentHash: hash, appendedAt });
  const stamp = {
    [reservedExtensions.appendedTime]: formatInstant(appendedAt),
    [reservedExtensions.stampSignature]: stampsig,
  };
  const kept = Object.fromEntries(Object.entries(event.extensions).filter(([name]) => !RESERVED.has(name)));
  const extensions = { ...kept, ...stamp };
  return { topic: TOPICS.events, ...toRecordBinary({ ...event, contractid: contract, extensions }) };
}

/** Per record and per header, what the log's own framing may take. */
const RECORD_FRAME_BYTES = 128;
const HEADER_FRAME_BYTES = 16;

/** Bytes that the record takes in the log, at most. */
export function recordBytes(record: NewRecord): number {
  const sizeOf = (part: string | Buffer | null): number => (part === null ? 0 : Buffer.byteLength(part));
  const headers = Object.entries(record.headers ?? {});
  return headers.reduce(
    (bytes, [name, value]) => bytes + HEADER_FRAME_BYTES + sizeOf(name) + sizeOf(value),
    RECORD_FRAME_BYTES + sizeOf(record.key) + sizeOf(record.value),
  );
}
