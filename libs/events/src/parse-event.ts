import { parseInstant } from '#libs/calendar';
import type { JsonObject, JsonValue, Refusal, RefusalReason } from '#libs/contract';
import { eventLimits, type EventEnvelope } from './envelope.js';

export type ParsedEvent =
  { readonly ok: true; readonly event: EventEnvelope } | { readonly ok: false; readonly refusal: Refusal };

/** Attributes by their CloudEvents names; `undefined` where absent. A JSON object as it was read, or headers put together. */
type Attributes = Readonly<Record<string, unknown>>;

/** Thrown and caught in this file only: a refusal from deep inside becomes a value at the door. */
class Refused extends Error {
  constructor(
    readonly reason: RefusalReason,
    message: string,
  ) {
    super(message);
  }
}

/**
 * Reads a CloudEvents 1.0 event out of a Kafka record (CloudEvents Kafka protocol binding 1.0.2): binary mode (`ce_*` headers)
 * or structured mode (`application/cloudevents+json`; also a JSON object without any `ce_` header).
 * Never throws on what the record holds: what is wrong comes back as a refusal that names field, value and what is allowed.
 */
export function parseEvent(input: {
  readonly headers: Readonly<Record<string, string | Buffer>>;
  readonly value: Buffer | null;
}): ParsedEvent {
  let attributes: Attributes | undefined;
  try {
    const headers = readHeaders(input.headers);
    if (headers.binary) {
      attributes = headers.attributes;
      return { ok: true, event: checkEvent(attributes, binaryData(headers.contentType, input.value), 'binary') };
    }
    refuseOtherMedia(headers.contentType);
    if (input.value === null) throw new Refused('SCHEMA', 'the record has neither ce_ headers nor a value');
    const text = decode(input.value);
    attributes = structuredAttributes(text);
    return { ok: true, event: checkEvent(attributes, structuredData(attributes, text), 'structured') };
  } catch (error) {
    return refusal(error, attributes);
  }
}

/** Reads one event in the CloudEvents JSON format 1.0.2, e.g. a line of NDJSON. */
export function parseJsonEvent(text: string): ParsedEvent {
  let attributes: Attributes | undefined;
  try {
    if (isLonger(text, eventLimits.messageBytes)) {
      throw new Refused('TOO_LARGE', `the event is larger than the ${eventLimits.messageBytes} bytes allowed`);
    }
    attributes = structuredAttributes(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
    return { ok: true, event: checkEvent(attributes, structuredData(attributes, text), 'structured') };
  } catch (error) {
    return refusal(error, attributes);
  }
}

/** A code unit of UTF-16 takes three bytes of UTF-8 at most, so bytes are only counted where they could be too many. */
function isLonger(text: string, bytes: number): boolean {
  return text.length > bytes || (text.length * 3 > bytes && Buffer.byteLength(text) > bytes);
}

function refusal(error: unknown, attributes: Attributes | undefined): ParsedEvent {
  if (!(error instanceof Refused)) throw error;
  const readable = (name: 'id' | 'source' | 'contractid'): string | null => {
    const value = attributes?.[name];
    return typeof value === 'string' && value !== '' && value.length <= eventLimits[name] && !unprintable.test(value)
      ? value
      : null;
  };
  return {
    ok: false,
    refusal: {
      reason: error.reason,
      detail: error.message,
      id: readable('id'),
      source: readable('source'),
      contract: readable('contractid'),
    },
  };
}

function readHeaders(headers: Readonly<Record<string, string | Buffer>>) {
  const names = Object.keys(headers);
  const typeName = names.findLast((name) => name.toLowerCase() === 'content-type');
  const contentType = typeName === undefined ? undefined : textOf(headers[typeName]!);
  if (contentType !== undefined && mediaType(contentType).startsWith('application/cloudevents'))
    return { attributes: {}, contentType, binary: false };
  const named = names.filter((name) => name.startsWith('ce_'));
  // No prototype: any name is just a name.
  const attributes = Object.create(null) as Record<string, unknown>;
  for (const name of named) attributes[name.slice(3)] = textOf(headers[name]!);
  return { attributes, contentType, binary: named.length > 0 };
}

function textOf(raw: string | Buffer): string {
  // The client library hands a repeated header over as an array; the first one holds.
  const value: string | Buffer = Array.isArray(raw) ? (raw[0] as Buffer) : raw;
  return typeof value === 'string' ? value : (decodeUtf8(value) ?? value.toString('latin1'));
}

/** The last one read: a stream mostly has one. */
let known = { contentType: '', media: '' };

function mediaType(contentType: string): string {
  if (known.contentType !== contentType) {
    const media = (contentType.split(';', 1)[0] ?? '').trim().toLowerCase();
    if (contentType.length > LONGEST_KNOWN) return media;
    known = { contentType, media };
  }
  return known.media;
}

const LONGEST_KNOWN = 256;

function isJson(media: string): boolean {
  return media === 'application/json' || media === 'text/json' || media.endsWith('+json');
}

function refuseOtherMedia(contentType: string | undefined): void {
  if (contentType === undefined) return;
  const media = mediaType(contentType);
  if (media === 'application/cloudevents+json' || media === 'application/json') return;
  throw new Refused(
    'SCHEMA',
    `content-type is not allowed: ${shown(contentType)} (allowed: application/cloudevents+json, or ce_ headers beside application/json)`,
  );
}

function decode(value: Buffer): string {
  if (value.length > eventLimits.messageBytes) {
    throw new Refused('TOO_LARGE', `the value has ${value.length} bytes (allowed: ${eventLimits.messageBytes})`);
  }
  const text = decodeUtf8(value);
  if (text === undefined) throw new Refused('SCHEMA', 'the value is not UTF-8');
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeUtf8(bytes: Buffer): string | undefined {
  const text = bytes.toString('utf8');
  if (!text.includes('\ufffd')) return text;
  // Either the character itself was sent, or something undecodable was replaced by it.
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return undefined;
  }
}

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Refused('SCHEMA', `${what} is not JSON: ${cut((error as Error).message)}`);
  }
}

function structuredAttributes(text: string): Attributes {
  const value = parseJson(text, 'the event');
  if (!isObject(value)) throw new Refused('SCHEMA', `the event is not a JSON object: ${shown(value)}`);
  return value;
}

function structuredData(attributes: Attributes, text: string): JsonObject {
  if (Object.hasOwn(attributes, 'data_base64')) {
    throw new Refused('SCHEMA', 'data_base64 is not allowed: data must be a JSON object');
  }
  if (!Object.hasOwn(attributes, 'data')) return {};
  // Escapes are the only way in for characters that a database or a UTF-8 text cannot hold.
  return checkData(attributes['data'], text.includes('\\u'));
}

function binaryData(contentType: string | undefined, value: Buffer | null): JsonObject {
  if (value === null || value.length === 0) return {};
  if (contentType !== undefined && !isJson(mediaType(contentType))) {
    throw new Refused('SCHEMA', `content-type is not allowed: ${shown(contentType)} (allowed: application/json)`);
  }
  const text = decode(value);
  return checkData(parseJson(text, 'data'), text.includes('\\u'));
}

function checkData(data: unknown, escapes: boolean): JsonObject {
  if (!isObject(data)) throw new Refused('SCHEMA', `data is not an object: ${shown(data)}`);
  if (isDeeperThan(data, eventLimits.jsonDepth)) {
    throw new Refused('SCHEMA', `data is nested deeper than the ${eventLimits.jsonDepth} levels allowed`);
  }
  if (escapes) refuseUnstorable(data, 'data');
  return data as JsonObject;
}

function isDeeperThan(value: unknown, levels: number): boolean {
  if (value === null || typeof value !== 'object') return false;
  if (levels === 0) return true;
  if (Array.isArray(value)) return value.some((member) => isDeeperThan(member, levels - 1));
  for (const name in value) {
    const member = (value as Record<string, unknown>)[name];
    if (member !== null && typeof member === 'object' && isDeeperThan(member, levels - 1)) return true;
  }
  return false;
}

const unstorable = /[\0\p{Cs}]/u;

function refuseUnstorable(value: JsonValue | unknown, path: string): void {
  if (typeof value === 'string') {
    if (unstorable.test(value)) {
      throw new Refused(
        'SCHEMA',
        `${path} holds a character that is not allowed (U+0000 or half of a surrogate pair): ${shown(value)}`,
      );
    }
  } else if (Array.isArray(value)) {
    value.forEach((member, index) => refuseUnstorable(member, `${path}[${index}]`));
  } else if (value !== null && typeof value === 'object') {
    for (const [name, member] of Object.entries(value)) {
      refuseUnstorable(name, `a name in ${path}`);
      refuseUnstorable(member, `${path}.${name}`);
    }
  }
}

const specified = new Set([
  'specversion',
  'id',
  'source',
  'type',
  'subject',
  'time',
  'datacontenttype',
  'dataschema',
  'data',
  'data_base64',
]);
const ownFields = new Set(['contractid', 'sequence']);
const attributeName = /^[a-z0-9]+$/;
/** CloudEvents 1.0.2, type String: no control characters, no halves of surrogate pairs. */
const unprintable = /[\p{Cc}\p{Cs}]/u;
/** RFC 3986, 4.1: the characters of a URI-reference. */
const uriReference = /^(?:[\w\-.~:/?#[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+$/;

function checkEvent(attributes: Attributes, data: JsonObject, mode: 'binary' | 'structured'): EventEnvelope {
  const specversion = attributes['specversion'];
  if (specversion !== '1.0') {
    throw new Refused(
      'SCHEMA',
      specversion === undefined
        ? 'specversion is missing (allowed: 1.0)'
        : `specversion is not 1.0: ${shown(specversion)}`,
    );
  }
  const id = required(attributes, 'id');
  const source = required(attributes, 'source');
  if (!uriReference.test(source)) throw new Refused('SCHEMA', `source is not a URI-reference: ${shown(source)}`);
  const type = required(attributes, 'type');
  const subject = optional(attributes, 'subject');
  const timeText = required(attributes, 'time', 64);
  const time = parseInstant(timeText);
  if (time === undefined) {
    throw new Refused(
      'SCHEMA',
      instantShape.test(timeText)
        ? `time: no such instant: ${shown(timeText)}`
        : `time is not an RFC 3339 instant with offset: ${shown(timeText)}`,
    );
  }
  const contractid = optional(attributes, 'contractid');
  const sequence = optional(attributes, 'sequence', mode === 'structured' ? 'or-number' : 'text');
  const event: { -readonly [Name in keyof EventEnvelope]: EventEnvelope[Name] } = {
    id,
    source,
    type,
    time,
    timeText,
    data,
    extensions: extensionsOf(attributes),
  };
  if (subject !== undefined) event.subject = subject;
  if (contractid !== undefined) event.contractid = contractid;
  if (sequence !== undefined) event.sequence = sequence;
  return event;
}

const instantShape = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/;

function required(
  attributes: Attributes,
  name: 'id' | 'source' | 'type' | 'time',
  limit: number = eventLimits[name as 'id'],
): string {
  const value = attributes[name];
  if (value === undefined || value === null || value === '') throw new Refused('SCHEMA', `${name} is missing or empty`);
  if (typeof value !== 'string') throw new Refused('SCHEMA', `${name} is not a string: ${shown(value)}`);
  return checkText(name, value, limit);
}

function optional(
  attributes: Attributes,
  name: 'subject' | 'contractid' | 'sequence',
  kind: 'text' | 'or-number' = 'text',
): string | undefined {
  const value = attributes[name];
  if (value === undefined || value === null || value === '') return undefined;
  if (kind === 'or-number' && typeof value === 'number') return String(value);
  if (typeof value !== 'string') throw new Refused('SCHEMA', `${name} is not a string: ${shown(value)}`);
  return checkText(name, value, eventLimits[name]);
}

function checkText(name: string, value: string, limit: number): string {
  if (value.length > limit)
    throw new Refused('SCHEMA', `${name} has ${value.length} characters (allowed: ${limit}): ${shown(value)}`);
  if (!isPlain(value) && unprintable.test(value))
    throw new Refused('SCHEMA', `${name} holds a control character or half of a surrogate pair: ${shown(value)}`);
  return value;
}

/** Printable ASCII throughout, as nearly all attributes are: told faster than by a pattern over all of Unicode. */
function isPlain(value: string): boolean {
  for (let index = 0; index < value.length; index++) {
    const code = value.charCodeAt(index);
    if (code < 0x20 || code > 0x7e) return false;
  }
  return true;
}

const noExtensions: Readonly<Record<string, string>> = Object.freeze(Object.create(null) as Record<string, string>);

function extensionsOf(attributes: Attributes): Readonly<Record<string, string>> {
  let extensions: Record<string, string> | undefined;
  let count = 0;
  for (const name of Object.keys(attributes)) {
    if (specified.has(name) || ownFields.has(name)) continue;
    const value = attributes[name];
    if (!attributeName.test(name) || name.length > eventLimits.extensionName) {
      throw new Refused(
        'SCHEMA',
        `${shown(name)} is not an attribute name (allowed: up to ${eventLimits.extensionName} of a-z and 0-9)`,
      );
    }
    if (value === null) continue;
    if (typeof value === 'object')
      throw new Refused('SCHEMA', `${name} is not a string, number or boolean: ${shown(value)}`);
    extensions ??= Object.create(null) as Record<string, string>;
    extensions[name] = checkText(name, String(value), eventLimits.extensionValue);
    if (++count > eventLimits.extensions) {
      throw new Refused('SCHEMA', `the event has more than the ${eventLimits.extensions} extension attributes allowed`);
    }
  }
  return extensions ?? noExtensions;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** A value as it goes into a message: text in single quotes, cut at 80 characters; objects and arrays by their name only. */
function shown(value: unknown): string {
  if (typeof value === 'string') return cut(`'${JSON.stringify(value.slice(0, 100)).slice(1, -1)}'`);
  if (Array.isArray(value)) return 'an array';
  return value !== null && typeof value === 'object' ? 'an object' : String(value);
}

function cut(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
