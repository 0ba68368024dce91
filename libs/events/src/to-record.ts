import { formatInstant, type Instant } from '#libs/calendar';

/** An event on its way out. Every EventEnvelope is one. */
export interface OutgoingEvent {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject?: string | undefined;
  readonly time: Instant;
  /** `time` as it was first written, kept where an event is passed on. */
  readonly timeText?: string | undefined;
  readonly contractid?: string | undefined;
  readonly sequence?: string | undefined;
  readonly data: object;
  /** Further extension attributes; undefined ones are left out. */
  readonly extensions?: Readonly<Record<string, string | undefined>>;
}

export interface EventRecord {
  readonly key: string | null;
  readonly value: string;
  readonly headers: Record<string, string>;
}

/**
 * A Kafka record in CloudEvents binary mode (Kafka protocol binding 1.0.2, 3.2): attributes as `ce_` headers, data as JSON value.
 * The key is the contract's id unless another is given.
 */
export function toRecordBinary(event: OutgoingEvent, key: string | null = event.contractid ?? null): EventRecord {
  return { key, value: JSON.stringify(event.data), headers: binaryHeaders(event) };
}

/** The headers of a record in binary mode, for whoever has the data as text already. */
export function binaryHeaders(event: Omit<OutgoingEvent, 'data'>): Record<string, string> {
  const { subject, contractid, sequence, extensions } = event;
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    ce_specversion: '1.0',
    ce_id: event.id,
    ce_source: event.source,
    ce_type: event.type,
    ce_time: event.timeText ?? formatInstant(event.time),
  };
  if (subject !== undefined) headers['ce_subject'] = subject;
  if (contractid !== undefined) headers['ce_contractid'] = contractid;
  if (sequence !== undefined) headers['ce_sequence'] = sequence;
  for (const name in extensions) {
    const value = extensions[name];
    if (value !== undefined) headers[`ce_${name}`] = value;
  }
  return headers;
}

/** A Kafka record in CloudEvents structured mode (Kafka protocol binding 1.0.2, 3.3): the JSON event is the value. */
export function toRecordStructured(event: OutgoingEvent, key: string | null = event.contractid ?? null): EventRecord {
  return { key, value: toJsonEvent(event), headers: { 'content-type': 'application/cloudevents+json; charset=utf-8' } };
}

/** The event in the CloudEvents JSON format 1.0.2, on one line. */
export function toJsonEvent(event: OutgoingEvent): string {
  return JSON.stringify({
    ...Object.fromEntries(attributesOf(event)),
    datacontenttype: 'application/json',
    data: event.data,
  });
}

function attributesOf(event: OutgoingEvent): [string, string][] {
  const all: [string, string | undefined][] = [
    ['specversion', '1.0'],
    ['id', event.id],
    ['source', event.source],
    ['type', event.type],
    ['subject', event.subject],
    ['time', event.timeText ?? formatInstant(event.time)],
    ['contractid', event.contractid],
    ['sequence', event.sequence],
    ...Object.entries(event.extensions ?? {}),
  ];
  return all.filter((entry): entry is [string, string] => entry[1] !== undefined);
}
