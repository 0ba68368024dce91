import type { PartitionSave } from './api.js';
import { BinaryRows, JSONB, JSON_TEXT } from './binary-rows.js';

/** The composite types of `save_batch`, in the order of its parameters, whose ids the server gives on connecting. */
export const COMPOSITES = [
  'save_fact',
  'save_id',
  'save_waiting',
  'save_waited',
  'save_state',
  'save_verdict',
  'save_decision',
  'save_quarantine',
  'save_outbox',
  'save_contract',
  'save_published',
  'save_count',
  'save_period',
] as const;

export type CompositeIds = Readonly<Record<(typeof COMPOSITES)[number], number>>;

/** As `CALL save_batch` in the writer's prepared statement. */
export const SAVE_STATEMENT = `SELECT extract(epoch FROM save_batch($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::timestamptz, $11,
  $12::timestamptz, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25)) * 1000 AS recorded_at`;

/** The parameters of `save_batch` for one save. The columns stand in the order of migrations 0002, 0005 and 0008. */
export function encodeSave(
  save: PartitionSave,
  type: CompositeIds,
  sizeHint: number,
): { values: unknown[]; size: number } {
  const w = new BinaryRows(sizeHint);
  const arrays = [
    w.array(type.save_fact, 11, save.facts, (r) => {
      w.text(r.contract);
      w.text(r.source);
      w.text(r.id);
      w.text(r.type);
      w.text(r.subject);
      w.instant(r.occurredAt);
      w.instant(r.appendedAt);
      w.text(r.sequence);
      w.text(r.contentHash);
      w.text(r.data, JSON_TEXT);
      w.int8(r.offset);
    }),
    w.array(type.save_id, 8, save.ids, (r) => {
      w.text(r.contract);
      w.text(r.source);
      w.text(r.id);
      w.text(r.contentHash);
      w.text(r.type);
      w.instant(r.appendedAt);
      w.texts(r.keys);
      w.text(r.note);
    }),
    w.array(type.save_waiting, 6, save.waitingAdded, (r) => {
      w.text(r.contract);
      w.text(r.source);
      w.text(r.id);
      w.text(r.targetSource);
      w.text(r.targetId);
      w.text(r.correction);
    }),
    w.array(type.save_waited, 3, save.waitingRemoved, (r) => {
      w.text(r.contract);
      w.text(r.source);
      w.text(r.id);
    }),
    w.array(type.save_state, 4, save.states, (r) => {
      w.text(r.contract);
      w.text(r.key);
      w.text(r.packed);
      w.instant(r.nextInstant);
    }),
    w.array(type.save_verdict, 15, save.verdicts, (r) => {
      w.text(r.contract);
      w.text(r.obligation);
      w.text(r.subject);
      w.int4(r.instance);
      w.text(r.clause);
      w.text(r.party);
      w.text(r.state);
      w.instant(r.startedAt);
      w.instant(r.dueAt);
      w.instant(r.stoppedAt);
      w.text(r.stateKey);
      w.int4(r.revision);
      w.int8(r.number);
      w.instant(r.effectiveAt);
      w.text(storable(r.dimensions), JSONB);
    }),
    w.array(type.save_decision, 14, save.decisions, (r) => {
      w.text(r.contract);
      w.int8(r.number);
      w.int4(r.generation);
      w.text(r.type);
      w.text(r.obligation);
      w.text(r.clause);
      w.text(r.party);
      w.text(r.subject);
      w.int4(r.instance);
      w.text(r.state);
      w.int4(r.revision);
      w.int8(r.supersedes);
      w.instant(r.effectiveAt);
      w.text(r.record, JSON_TEXT);
    }),
    w.array(type.save_quarantine, 10, save.quarantine, (r) => {
      w.text(printable(r.contract));
      w.text(printable(r.source));
      w.text(printable(r.id));
      w.text(r.reason);
      w.text(printable(r.detail));
      w.int8(r.offset);
      w.instant(r.appendedAt);
      w.text(r.headers, JSON_TEXT);
      w.bytes(r.key);
      w.bytes(r.value);
    }),
    w.array(type.save_outbox, 6, save.outbox, (r) => {
      const kept = r.decisionNumber === undefined;
      w.text(r.topic);
      w.int4(r.partition);
      w.text(r.key);
      w.text(kept ? JSON.stringify(r.headers) : null, JSON_TEXT);
      w.text(kept ? r.value : null);
      w.int8(r.decisionNumber ?? null);
    }),
    w.array(type.save_contract, 4, save.contracts, (r) => {
      w.text(r.contract);
      w.instant(r.clock);
      w.int8(r.lastNumber);
      w.text(r.state, JSON_TEXT);
    }),
    w.array(type.save_published, 5, save.published ?? [], (r) => {
      w.text(r.contract);
      w.int4(r.version);
      w.text(r.hash);
      w.text(JSON.stringify(r.calendars), JSONB);
      w.instant(r.fromInstant);
    }),
    w.array(type.save_count, 9, save.counts ?? [], (r) => {
      w.text(r.contract);
      w.int4(r.version);
      w.text(r.standard);
      w.instant(r.minute);
      w.text(r.value ?? '');
      w.int8(r.good);
      w.int8(r.items);
      w.int8(r.undecided);
      w.text(r.sum);
    }),
    w.array(type.save_period, 11, save.periods ?? [], (r) => {
      w.text(r.contract);
      w.text(r.standard);
      w.text(r.period);
      w.text(r.state);
      w.text(r.numerator);
      w.text(r.denominator);
      w.text(r.value);
      w.text(r.target);
      w.int8(r.sample);
      w.int4(r.revision);
      w.int8(r.number);
    }),
  ];
  const values = [
    save.topic,
    save.partition,
    save.epoch,
    save.fromOffset,
    save.fromSlice,
    save.toOffset,
    save.toSlice,
    save.outboxNumber,
    save.last?.offset ?? null,
    save.last === null ? null : new Date(save.last.appendedAt).toISOString(),
    save.last?.hash ?? null,
    new Date(save.recordedAt).toISOString(),
    ...arrays.map((bytes) => bytes()),
  ];
  return { values, size: w.size };
}

/** What is quarantined may be anything; a text column takes no NUL. */
function printable(value: string | null): string | null {
  return value === null ? null : value.replaceAll('\0', '\uFFFD');
}

/** jsonb takes neither NUL nor half a surrogate pair, JSON text may have both, always escaped. */
function storable(json: string): string {
  if (!json.includes('\\u')) return json;
  const clean = (text: string): string => text.replaceAll('\0', '\uFFFD').replace(LONE_SURROGATE, '\uFFFD');
  const strings = JSON.parse(json) as Record<string, string>;
  return JSON.stringify(
    Object.fromEntries(Object.entries(strings).map(([name, value]) => [clean(name), clean(value)])),
  );
}

const LONE_SURROGATE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;
