import { TOPICS, type NewRecord } from '#libs/bus';
import {
  contentHash,
  isOwnSource,
  reservedExtensions,
  signOwn,
  toRecordBinary,
  type EventEnvelope,
} from '#libs/events';

/** Extension attributes that only the deployment itself may set: whoever sends them is not believed. */
const RESERVED: ReadonlySet<string> = new Set([...Object.values(reservedExtensions), 'importid', 'rekeyed']);

/** The record of an event for the stream: CloudEvents binary mode under its contract's key, signed where it is our own. */
export function toStreamRecord(event: EventEnvelope, contract: string, stampKey: Buffer): NewRecord {
  const kept = Object.entries(event.extensions).filter(([name]) => !RESERVED.has(name));
  if (isOwnSource(event.source)) {
    const { type, subject, time, data, source, id } = event;
    const hash = contentHash({ type, subject, time, data });
    const ownsig = signOwn(stampKey, { contract, source, id, type, contentHash: hash });
    kept.push([reservedExtensions.ownSignature, ownsig]);
  }
  const extensions = Object.fromEntries(kept);
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
