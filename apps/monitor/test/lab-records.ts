import { formatInstant } from '#libs/calendar';
import { TOPICS, type LogRecord, type NewRecord } from '#libs/bus';
import type { JsonObject } from '#libs/contract';
import { contentHash, signOwn, signStamp, toRecordBinary } from '#libs/events';
import { LAB } from './lab-contract.js';

export const STAMP_KEY = Buffer.from('a key of the deployment');

export interface GivenEvent {
  readonly id?: string;
  readonly source?: string;
  readonly type?: string;
  readonly subject?: string | undefined;
  readonly time: number;
  /** Null: the event names none. */
  readonly contract: string | null;
  readonly data?: JsonObject;
  /** An instant, vouched for by the deployment unless `stampsig` is among the extensions. */
  readonly stamp?: number;
  readonly extensions?: Readonly<Record<string, string>>;
}

/** A record of the stream about a sample that is to be answered soon; the test states the difference. */
export function anEvent(given: GivenEvent): NewRecord {
  const { id = 'e-1', source = LAB, type = 'sample.received', time, contract, stamp } = given;
  const data = given.data ?? (type === 'sample.received' ? { urgency: 'soon' } : {});
  const subject = 'subject' in given ? given.subject : 'S-1';
  const signed = { contract: contract ?? '', source, id, contentHash: contentHash({ type, subject, time, data }) };
  const extensions = {
    ...(stamp === undefined
      ? {}
      : { appendedtime: formatInstant(stamp), stampsig: signStamp(STAMP_KEY, { ...signed, appendedAt: stamp }) }),
    ...given.extensions,
  };
  const event = { id, source, type, subject, time, contractid: contract ?? undefined, data, extensions };
  return { topic: TOPICS.events, ...toRecordBinary(event) };
}

/** A record that the product writes itself, with its signature. */
export function ownRecord(
  given: Omit<GivenEvent, 'stamp'> & { readonly source: string; readonly type: string },
): NewRecord {
  const { id = 'own-1', source, type, contract, time, data = {} } = given;
  const hash = contentHash({ type, subject: given.subject, time, data });
  const ownsig = signOwn(STAMP_KEY, { contract: contract ?? '', source, id, type, contentHash: hash });
  return anEvent({ ...given, id, subject: given.subject, data, extensions: { ownsig, ...given.extensions } });
}

/** The record as the log hands it out. */
export function asRead(
  record: Pick<NewRecord, 'key' | 'value' | 'headers'>,
  place: { readonly partition?: number; readonly offset?: number; readonly appendedAt: number },
): LogRecord {
  const { partition = 0, offset = 0, appendedAt } = place;
  const headers = Object.entries(record.headers ?? {}).map(([name, value]) => [name, Buffer.from(value)]);
  return {
    topic: TOPICS.events,
    partition,
    offset,
    key: record.key === null ? null : Buffer.from(record.key),
    value: record.value === null ? null : Buffer.from(record.value),
    headers: Object.fromEntries(headers) as Record<string, Buffer>,
    appendedAt,
  };
}
