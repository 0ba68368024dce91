import { parseInstant } from '#libs/calendar';
import type { Fact, Refusal } from '#libs/contract';
import { homePartition, type LogRecord } from '#libs/bus';
import { compareCodePoints, type JudgeItem, type PublishedVersion } from '#libs/evaluation';
import {
  contentHash,
  isOwnSource,
  parseEvent,
  readRefusedRecord,
  readWatermark,
  reservedExtensions,
  toFact,
  verifyOwn,
  verifyStamp,
  type EventEnvelope,
} from '#libs/events';
import type { ContractLibrary } from './contract-library.js';
import { IMPORT_EXTENSION, noticeTypes, ownTypes, ownWriters, REKEYED_EXTENSION } from './own-records.js';
import type { PartitionSession } from './partition-session.js';

export interface ParseContext {
  readonly session: PartitionSession;
  readonly library: ContractLibrary;
  readonly stampKey: Buffer;
  readonly partitions: number;
  readonly now: number;
}

/** A record of another contract's home: it goes there through the outbox, once. */
export interface Stray {
  readonly kind: 'stray';
  readonly event: EventEnvelope;
  readonly contract: string;
  readonly appendedAt: number;
  readonly at: number;
  readonly offset: number;
}

/** A version to take up: its bytes must be fetched before it can be judged. `from` null: as the file says. */
export interface Publication {
  readonly kind: 'publish';
  readonly contract: string;
  readonly version: Omit<PublishedVersion, 'from'> & { readonly from: number | null };
  readonly at: number;
  readonly offset: number;
}

export type Parsed = JudgeItem | Stray | Publication;

/**
 * Bytes in, one item out; what is wrong with a record becomes a refusal, never an exception. Only where a record names no contract
 * is there something to wait for.
 */
export function parseRecord(record: LogRecord, context: ParseContext): Parsed | Promise<Parsed> {
  const { session, library, stampKey } = context;
  const { offset } = record;
  const parsed = parseEvent(record);
  if (!parsed.ok) return refused(parsed.refusal, record, session);
  const { event } = parsed;
  const at = appendedAt(record, event);
  if (isOwnSource(event.source)) {
    const hash = contentHash(event);
    const own = {
      contract: event.contractid ?? '',
      source: event.source,
      id: event.id,
      type: event.type,
      contentHash: hash,
    };
    if (!verifyOwn(stampKey, own, event.extensions[reservedExtensions.ownSignature])) {
      const detail = `source '${event.source}' is the product's own, and the record lacks its valid signature (extension ownsig)`;
      return refusedEvent('FORGED', detail, event, record, session);
    }
    const writer = ownWriters[event.type];
    if (writer !== undefined && writer !== event.source) {
      const detail = `'${event.type}' is written by '${writer}' only, not by '${event.source}'`;
      return refusedEvent('FORGED', detail, event, record, session);
    }
    if (event.type === ownTypes.tick) return { kind: 'tick', at, offset };
    const told = toldByDoor(event, at, offset);
    if (told === 'malformed') return malformed(event, record, session);
    if (told !== undefined) return told;
  }
  if (event.contractid !== undefined) return parseOf(event.contractid, event, record, context);
  return library.defaultContract(event.source, context.now).then((contract) => {
    if (contract !== undefined) return parseOf(contract, event, record, context);
    const detail = `contractid is missing, and no published contract takes source '${event.source}' by default`;
    return refusedEvent('UNKNOWN_CONTRACT', detail, event, record, session);
  });
}

/** What an event of a contract is to this partition. */
function parseOf(contract: string, event: EventEnvelope, record: LogRecord, context: ParseContext): Parsed {
  const { session, stampKey, partitions } = context;
  const { offset } = record;
  const at = appendedAt(record, event);
  const stamp = stampOf(event, contract, at, stampKey);
  const home = homePartition(contract, partitions);
  if (home !== session.partition) {
    if (stamp !== undefined && event.extensions[REKEYED_EXTENSION] !== undefined) {
      const detail = `contract '${contract}' lives in partition ${home}; the record was sent there once already`;
      return refusedEvent('MISROUTED', detail, event, record, session);
    }
    return { kind: 'stray', event: { ...event, contractid: contract }, contract, appendedAt: stamp ?? at, at, offset };
  }
  const isOwn = isOwnSource(event.source);
  if (isOwn) {
    const item = ownItem(event, contract, at, offset);
    if (item === 'malformed') return malformed(event, record, session);
    if (item !== undefined) return item;
  }
  const versions = session.judge.contracts.get(contract)?.versions ?? null;
  if (versions === null) {
    const refusal: Refusal = {
      reason: 'UNKNOWN_CONTRACT',
      detail: `contract '${contract}' is not published`,
      id: event.id,
      source: event.source,
      contract: null,
    };
    return refused(refusal, record, session);
  }
  if (isOwn && noticeTypes.has(event.type))
    return { kind: 'fact', fact: noticeFact(event, contract, at), at, stamped: false, importId: null, offset };
  const importId = event.extensions[IMPORT_EXTENSION] ?? null;
  // How far ahead a fact may be dated depends on whether its import is open: the judge knows that.
  const read = toFact(event, versions[versions.length - 1]!, stamp ?? at, 'offline');
  if (!read.ok) return refused(read.refusal, record, session, importId === null);
  const fact = read.fact.contract === contract ? read.fact : { ...read.fact, contract };
  const item = { kind: 'fact', fact, at, stamped: stamp !== undefined, importId, offset } as const;
  return record.timeOfSender === true && !isOwn ? { ...item, timeOfSender: true } : item;
}

/** Of what the product has signed, its own time bounds what the sender of a record says; of anything else nothing does. */
function appendedAt(record: LogRecord, event: EventEnvelope): number {
  const bounded = record.timeOfSender === true && isOwnSource(event.source);
  return bounded ? Math.min(record.appendedAt, event.time) : record.appendedAt;
}

/** Of a record that is refused nobody knows who wrote it: only the log's own time counts. */
function refused(refusal: Refusal, record: LogRecord, session: PartitionSession, isLive = true): JudgeItem {
  const { offset, appendedAt: at } = record;
  const live = isLive && record.timeOfSender !== true;
  return { kind: 'refused', refusal: withContract(refusal, record, session), at, live, offset };
}

function refusedEvent(
  reason: Refusal['reason'],
  detail: string,
  { id, source, contractid }: EventEnvelope,
  record: LogRecord,
  session: PartitionSession,
): JudgeItem {
  return refused({ reason, detail, id, source, contract: contractid ?? null }, record, session);
}

function malformed(event: EventEnvelope, record: LogRecord, session: PartitionSession): JudgeItem {
  return refusedEvent('SCHEMA', `data of '${event.type}' does not have the fields it needs`, event, record, session);
}

/** Which subjects are to be judged anew: so many by their keys, more by their kinds. */
function replayedItem(
  { id, data }: EventEnvelope,
  contract: string,
  at: number,
  offset: number,
): JudgeItem | 'malformed' {
  const { keys, kinds, reason } = data;
  if (typeof reason !== 'string') return 'malformed';
  const replayed = { kind: 'replayed' as const, contract, id, reason, at, offset };
  const inOrder = (names: readonly string[]): string[] => [...new Set(names)].sort(compareCodePoints);
  if (areTexts(keys)) return { ...replayed, scope: { by: 'keys', keys: inOrder(keys) } };
  return areTexts(kinds) ? { ...replayed, scope: { by: 'kinds', kinds: inOrder(kinds) } } : 'malformed';
}

function areTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'string');
}

/** What the product says about its own messages is no duty of anybody, so no term of the contract bounds its time. */
function noticeFact(event: EventEnvelope, contract: string, appendedAt: number): Fact {
  const { source, id, type, subject, time, sequence, data } = event;
  const hash = contentHash({ type, subject, time, data });
  return { contract, source, id, type, subject, occurredAt: time, appendedAt, sequence, data, contentHash: hash };
}

/** A stamp counts only with the deployment's signature, and not where it is later than the record itself. */
function stampOf(event: EventEnvelope, contract: string, at: number, key: Buffer): number | undefined {
  const text = event.extensions[reservedExtensions.appendedTime];
  if (text === undefined) return undefined;
  const appendedAt = parseInstant(text);
  if (appendedAt === undefined || appendedAt > at) return undefined;
  const hash = contentHash(event);
  const stamp = { contract, source: event.source, id: event.id, contentHash: hash, appendedAt };
  return verifyStamp(key, stamp, event.extensions[reservedExtensions.stampSignature]) ? appendedAt : undefined;
}

/** The key only places a record; where nothing else says whose it is, it still helps to find it again. */
function withContract(refusal: Refusal, record: LogRecord, session: PartitionSession): Refusal {
  if (refusal.contract !== null || refusal.reason === 'UNKNOWN_CONTRACT' || record.key === null) return refusal;
  const key = record.key.toString('utf8');
  return session.judge.contracts.has(key) ? { ...refusal, contract: key } : refusal;
}

/** What a door tells all contracts of the partition, or about a record that is no fact of any. */
function toldByDoor(event: EventEnvelope, at: number, offset: number): JudgeItem | 'malformed' | undefined {
  if (event.type === ownTypes.watermark) {
    const watermark = readWatermark(event.data);
    return watermark === undefined ? 'malformed' : { kind: 'watermark', ...watermark, at, offset };
  }
  if (event.type !== ownTypes.recordRefused) return undefined;
  const refused = readRefusedRecord(event.data);
  if (refused === undefined) return 'malformed';
  return { kind: 'refused', refusal: refused.refusal, raw: refused.raw, at, live: false, offset };
}

function ownItem(event: EventEnvelope, contract: string, at: number, offset: number): Parsed | 'malformed' | undefined {
  const { data } = event;
  if (event.type === ownTypes.importBegun || event.type === ownTypes.importCompleted) {
    const importId = data['import'];
    if (typeof importId !== 'string' || importId === '') return 'malformed';
    if (event.type === ownTypes.importCompleted) return { kind: 'import-completed', contract, importId, at, offset };
    const alerts = data['alerts'] === 'each' ? 'each' : 'summary';
    return { kind: 'import-begun', contract, importId, alerts, at, offset };
  }
  if (event.type === ownTypes.contractReplayed) return replayedItem(event, contract, at, offset);
  if (event.type !== ownTypes.contractPublished) return undefined;
  const { version, hash, from, calendars } = data;
  if (typeof version !== 'number' || typeof hash !== 'string') return 'malformed';
  const effective = typeof from === 'string' ? parseInstant(from) : null;
  if (effective === undefined || typeof calendars !== 'object' || calendars === null || Array.isArray(calendars))
    return 'malformed';
  return {
    kind: 'publish',
    contract,
    version: { version, hash, calendars: calendars as Record<string, string>, from: effective },
    at,
    offset,
  };
}
