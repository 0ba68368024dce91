import { formatInstant, parseInstant, type Instant } from '#libs/calendar';
import type { JsonObject, JsonValue, Refusal, RefusalReason } from '#libs/contract';
import { contentHash } from './canonical-json.js';
import { reservedExtensions, signOwn } from './signature.js';
import { toRecordBinary, type EventRecord } from './to-record.js';

/** Who writes them. */
export const DOOR_SOURCE = '/pactwatch/intake';

/** What the doors tell the owners of contracts in the stream, beside the facts that they forward. */
export const doorTypes = { watermark: 'watermark', recordRefused: 'record.refused' } as const;

/** Everything that reached the topics of a door before `through` has been read and forwarded. */
export interface Watermark {
  readonly door: string;
  readonly through: Instant;
}

/** A record of a foreign topic of which no fact could be made, and where it stands. */
export interface RefusedRecord {
  readonly door: string;
  readonly place: string;
  readonly refusal: Refusal;
  readonly raw: RawBytes;
}

interface RawBytes {
  /** Base64; null where there is none, or where it is too large to be kept beside the rest. */
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** @param partition of the stream that it is for */
export function watermarkRecord({ door, through }: Watermark, partition: number, stampKey: Buffer): EventRecord {
  const id = `watermark/${door}/${partition}/${through}`;
  return signed(doorTypes.watermark, id, through, { door, through: formatInstant(through) }, stampKey);
}

/** Undefined where the data do not have the fields they need. */
export function readWatermark({ door, through }: JsonObject): Watermark | undefined {
  const at = typeof through === 'string' ? parseInstant(through) : undefined;
  return typeof door === 'string' && door !== '' && at !== undefined ? { door, through: at } : undefined;
}

/** What a door can say of a record; whether an id was used before is the owner's to see. */
const REASONS: ReadonlySet<string> = new Set<RefusalReason>([
  'SCHEMA',
  'TIME_IMPLAUSIBLE',
  'UNKNOWN_CONTRACT',
  'FORGED',
  'UNREADABLE',
  'TOO_LARGE',
]);

export function refusedRecord(refused: RefusedRecord, at: Instant, stampKey: Buffer): EventRecord {
  const { door, place, refusal, raw } = refused;
  const id = `refused/${door}/${place}`;
  const { reason, detail, source, contract } = refusal;
  const data: JsonObject = {
    ...{ door, place, reason, detail, id: refusal.id, source, contract, key: raw.key, value: raw.value },
    headers: { ...raw.headers },
  };
  return signed(doorTypes.recordRefused, id, at, data, stampKey);
}

/** Undefined where the data do not have the fields they need. */
export function readRefusedRecord(data: JsonObject): RefusedRecord | undefined {
  const { door, place, reason, detail, headers } = data;
  const given = [door, place, reason, detail].every((one) => typeof one === 'string' && one !== '');
  const optional = (['id', 'source', 'contract', 'key', 'value'] as const).every((name) => isTextOrNull(data[name]));
  if (!given || !optional || !REASONS.has(reason as string) || !isTexts(headers)) return undefined;
  const { id, source, contract, key, value } = data as Record<string, string | null>;
  return {
    door: door as string,
    place: place as string,
    refusal: {
      reason: reason as RefusalReason,
      detail: `door '${door as string}', ${place as string}: ${detail as string}`,
      id: id ?? null,
      source: source ?? null,
      contract: contract ?? null,
    },
    raw: { key: key ?? null, value: value ?? null, headers },
  };
}

function isTextOrNull(value: JsonValue | undefined): boolean {
  return value === undefined || value === null || typeof value === 'string';
}

function isTexts(value: JsonValue | undefined): value is Record<string, string> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((one) => typeof one === 'string')
  );
}

function signed(type: string, id: string, time: Instant, data: JsonObject, stampKey: Buffer): EventRecord {
  const hash = contentHash({ type, subject: undefined, time, data });
  const ownsig = signOwn(stampKey, { contract: '', source: DOOR_SOURCE, id, type, contentHash: hash });
  return toRecordBinary({
    id,
    source: DOOR_SOURCE,
    type,
    time,
    data,
    extensions: { [reservedExtensions.ownSignature]: ownsig },
  });
}
