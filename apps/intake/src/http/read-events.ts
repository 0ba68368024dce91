import type { Refusal } from '#libs/contract';
import { parseEvent, parseJsonEvent, type EventEnvelope, type ParsedEvent } from '#libs/events';
import { fieldOf, type RefusedEvent } from '../refused-event.js';
import { decodeAttribute } from './decode-attribute.js';

/** The content modes of the CloudEvents HTTP protocol binding 1.0.2. */
export type ContentMode = 'binary' | 'structured' | 'batch';

export type ReadEvents =
  | { readonly ok: true; readonly mode: ContentMode; readonly events: readonly EventEnvelope[] }
  | { readonly ok: false; readonly refused: readonly RefusedEvent[]; readonly mode: ContentMode; readonly of: number }
  /** The request as a whole cannot be read. */
  | {
      readonly ok: false;
      readonly kind: 'malformed' | 'unsupported-media-type' | 'too-large';
      readonly field: string;
      readonly detail: string;
    };

export interface EventsRequest {
  /** Each header's values, by lower-case name. */
  readonly headers: NodeJS.Dict<string[]>;
  readonly body: Buffer;
}

export const MAX_BATCH_EVENTS = 10_000;

const STRUCTURED = 'application/cloudevents+json';
const BATCH = 'application/cloudevents-batch+json';
const ALLOWED_TYPES = `${STRUCTURED}, ${BATCH}, or ce- headers beside application/json`;
/** Levels of a batch's element; the exact limit is that of its data. */
const MAX_DEPTH = 128;

/** Reads the events out of a request: one in binary or structured mode, or a batch. Never throws on what it holds. */
export function readEvents(request: EventsRequest): ReadEvents {
  const contentType = request.headers['content-type']?.[0] ?? '';
  const media = (contentType.split(';', 1)[0] ?? '').trim().toLowerCase();
  const attributes = Object.keys(request.headers).filter((name) => name.startsWith('ce-'));
  const unsupported = refuseMedia(contentType, media, {
    binary: attributes.length > 0,
    empty: request.body.length === 0,
  });
  if (unsupported !== undefined) return whole('unsupported-media-type', 'content-type', unsupported);
  if (media === BATCH) return readBatch(request.body);
  if (media === STRUCTURED) {
    return single('structured', parseEvent({ headers: { 'content-type': STRUCTURED }, value: request.body }));
  }
  if (attributes.length === 0) {
    const detail = `ce-specversion is missing: an event comes with ce- headers, or as a whole with content-type ${STRUCTURED}`;
    return whole('malformed', 'ce-specversion', detail);
  }
  return readBinary(request, attributes);
}

function refuseMedia(
  contentType: string,
  media: string,
  { binary, empty }: { readonly binary: boolean; readonly empty: boolean },
): string | undefined {
  const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(contentType)?.[1]?.toLowerCase();
  if (charset !== undefined && !['utf-8', 'utf8', 'us-ascii'].includes(charset)) {
    return `content-type is not allowed: charset '${charset.slice(0, 40)}' (allowed: utf-8)`;
  }
  const json = media === '' || media === 'application/json' || media === 'text/json' || media.endsWith('+json');
  const cloudEvents = media.startsWith('application/cloudevents');
  const fine = cloudEvents ? media === STRUCTURED || media === BATCH : json || (binary && empty);
  return fine ? undefined : `content-type is not allowed: '${media.slice(0, 80)}' (allowed: ${ALLOWED_TYPES})`;
}

function readBinary({ headers, body }: EventsRequest, names: readonly string[]): ReadEvents {
  const decoded: Record<string, Buffer> = {};
  for (const name of names) {
    const values = headers[name] ?? [];
    if (values.length > 1) return whole('malformed', name, `${name} comes ${values.length} times (allowed: once)`);
    const bytes = decodeAttribute(values[0] ?? '');
    if (decodeUtf8(bytes) === undefined) return whole('malformed', name, `${name} is not UTF-8`);
    decoded[`ce_${name.slice('ce-'.length)}`] = bytes;
  }
  return single('binary', parseEvent({ headers: { ...decoded, 'content-type': 'application/json' }, value: body }));
}

function readBatch(body: Buffer): ReadEvents {
  const text = decodeUtf8(body);
  if (text === undefined) return whole('malformed', 'body', 'the body is not UTF-8');
  let elements: unknown;
  try {
    elements = JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  } catch (error) {
    return whole('malformed', 'body', `the body is not JSON: ${(error as Error).message.slice(0, 80)}`);
  }
  if (!Array.isArray(elements)) return whole('malformed', 'body', 'the body is not a JSON array of events');
  if (elements.length > MAX_BATCH_EVENTS) {
    return whole('too-large', 'body', `the batch has ${elements.length} events (allowed: ${MAX_BATCH_EVENTS})`);
  }
  const events: EventEnvelope[] = [];
  const refused: RefusedEvent[] = [];
  elements.forEach((element: unknown, index) => {
    if (isDeeperThan(element, MAX_DEPTH)) {
      const detail = `the event is nested deeper than ${MAX_DEPTH} levels`;
      refused.push({ index, kind: 'malformed', reason: 'SCHEMA', field: 'event', detail });
      return;
    }
    const parsed = parseJsonEvent(JSON.stringify(element));
    if (parsed.ok) events.push(parsed.event);
    else refused.push(toRefused(parsed.refusal, index));
  });
  return refused.length === 0
    ? { ok: true, mode: 'batch', events }
    : { ok: false, mode: 'batch', refused, of: elements.length };
}

function single(mode: ContentMode, parsed: ParsedEvent): ReadEvents {
  return parsed.ok
    ? { ok: true, mode, events: [parsed.event] }
    : { ok: false, mode, refused: [toRefused(parsed.refusal, 0)], of: 1 };
}

function toRefused({ reason, detail }: Refusal, index: number): RefusedEvent {
  return { index, kind: reason === 'TOO_LARGE' ? 'too-large' : 'malformed', reason, field: fieldOf(detail), detail };
}

function whole(kind: 'malformed' | 'unsupported-media-type' | 'too-large', field: string, detail: string): ReadEvents {
  return { ok: false, kind, field, detail };
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeUtf8(bytes: Buffer): string | undefined {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return undefined;
  }
}

function isDeeperThan(value: unknown, levels: number): boolean {
  if (value === null || typeof value !== 'object') return false;
  return levels === 0 || Object.values(value).some((member) => isDeeperThan(member, levels - 1));
}
