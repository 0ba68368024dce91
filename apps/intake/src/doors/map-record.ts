import type { LogRecord } from '#libs/bus';
import type { RefusalReason } from '#libs/contract';
import { eventLimits, isOwnSource, parseJsonEvent, type EventEnvelope, type Row } from '#libs/events';
import type { DoorTopic } from './door.js';

export interface Unmapped {
  readonly reason: RefusalReason;
  readonly detail: string;
  readonly id: string | null;
  readonly source: string | null;
}

type MappedRecord =
  | { readonly ok: true; readonly events: readonly EventEnvelope[] }
  | { readonly ok: false; readonly unmapped: Unmapped };

/** Levels of a record's value; the exact limit is that of an event's data. */
const MAX_DEPTH = 128;
const MAX_DETAIL = 500;

/** Where a record of a foreign topic stands; also the id of its event where it has none of its own. */
export function placeOf({ topic, partition, offset }: Pick<LogRecord, 'topic' | 'partition' | 'offset'>): string {
  return `${topic}/${partition}/${offset}`;
}

/** The events that the mapping makes of a record: all of them, or none and why. Never throws on what the record holds. */
export function mapRecord(record: LogRecord, { mapping }: Pick<DoorTopic, 'mapping'>): MappedRecord {
  const row = readRow(record.value);
  if ('reason' in row) return { ok: false, unmapped: { ...row, id: null, source: null } };
  const mapped = mapping.map(row.row, placeOf(record));
  if (!mapped.ok) {
    const detail = mapped.problems.map((problem) => `${problem.event}: ${problem.message}`).join('; ');
    return refuse('SCHEMA', detail.slice(0, MAX_DETAIL));
  }
  const events: EventEnvelope[] = [];
  for (const made of mapped.events) {
    const parsed = parseJsonEvent(JSON.stringify(made));
    if (!parsed.ok) {
      const { reason, detail, id, source } = parsed.refusal;
      return { ok: false, unmapped: { reason, detail: `${made.type}: ${detail}`, id, source } };
    }
    const { id, source } = parsed.event;
    if (isOwnSource(source)) {
      const detail = `source '${source}' is the product's own, and no door speaks for it`;
      return { ok: false, unmapped: { reason: 'FORGED', detail, id, source } };
    }
    events.push(parsed.event);
  }
  return { ok: true, events };
}

function refuse(reason: RefusalReason, detail: string): MappedRecord {
  return { ok: false, unmapped: { reason, detail, id: null, source: null } };
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

function readRow(value: Buffer | null): { readonly row: Row } | Pick<Unmapped, 'reason' | 'detail'> {
  if (value === null || value.length === 0) return { reason: 'SCHEMA', detail: 'the record has no value' };
  if (value.length > eventLimits.messageBytes) {
    return {
      reason: 'TOO_LARGE',
      detail: `the value has ${value.length} bytes (allowed: ${eventLimits.messageBytes})`,
    };
  }
  let read: unknown;
  try {
    read = JSON.parse(strictUtf8.decode(value));
  } catch (error) {
    const why = error instanceof SyntaxError ? `JSON: ${error.message.slice(0, 80)}` : 'UTF-8';
    return { reason: 'SCHEMA', detail: `the value is not ${why}` };
  }
  if (read === null || typeof read !== 'object' || Array.isArray(read))
    return { reason: 'SCHEMA', detail: 'the value is not a JSON object' };
  if (isDeeperThan(read, MAX_DEPTH))
    return { reason: 'SCHEMA', detail: `the value is nested deeper than the ${MAX_DEPTH} levels allowed` };
  return { row: read as Row };
}

function isDeeperThan(value: unknown, levels: number): boolean {
  if (value === null || typeof value !== 'object') return false;
  return levels === 0 || Object.values(value).some((member) => isDeeperThan(member, levels - 1));
}
