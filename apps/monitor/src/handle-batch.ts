import type { LogBatch, LogRecord } from '#libs/bus';
import type { Refusal } from '#libs/contract';
import {
  unpackState,
  type IdEntry,
  type JudgeItem,
  type LoadedRows,
  type LoadPlan,
  type PublishedVersion,
} from '#libs/evaluation';
import { recordHash } from '#libs/events';
import type { Loaded, OutboxRow, PartitionSave, Store } from '#libs/store';
import type { ContractLibrary } from './contract-library.js';
import { parseRecord, type Parsed, type Publication, type Stray } from './parse-record.js';
import type { PartitionSession } from './partition-session.js';
import type { SavedBatch } from './announce.js';
import { strayRecord } from './stray-record.js';
import { toSave } from './to-save.js';

/** What the way of a batch needs of the database. */
type EngineStore = Pick<Store, 'load' | 'save' | 'nameRecord' | 'statesOfKinds'>;

export interface BatchContext {
  readonly store: EngineStore;
  readonly library: ContractLibrary;
  readonly stampKey: Buffer;
  readonly partitions: number;
  readonly now: () => number;
  readonly announce: (session: PartitionSession, saved: SavedBatch) => void;
  /** True once no further save is to be begun. Absent: never. */
  readonly stopping?: () => boolean;
}

/** Thrown where the process is about to end: what is not judged yet is left to the next owner. */
export class StoppingError extends Error {
  override readonly name = 'StoppingError';
  readonly retriable = true;
}

/** A batch that was judged to its end and handed over to be saved. */
export interface HandledBatch {
  /** Resolves when all of it is saved and announced. Rejects where a save failed: then the session is void. */
  readonly settled: Promise<void>;
}

/**
 * The way of one batch: parse, load, evaluate, save, announce; no step back. While one save is under way the next records
 * are parsed, loaded and evaluated over what it will have written; one save of a partition at a time. A batch is cut where a
 * contract version is published (what follows is read by it) and where more falls due than one save should fire.
 *
 * An error, thrown or through `settled`, leaves the store as the last save left it and what was judged behind it worthless:
 * the caller drops the session, takes the partition again and reads on from the stored offset.
 */
export async function handleBatch(
  session: PartitionSession,
  batch: LogBatch,
  context: BatchContext,
): Promise<HandledBatch> {
  let records = [
    ...batch.records.filter((record) => record.offset >= session.nextOffset),
    ...unreadable(batch, session),
  ];
  records.sort((a, b) => a.offset - b.offset);
  while (records.length > 0) {
    const singly = session.trial !== null && records[0]!.offset < session.trial.through;
    if (singly) await name(session, records[0]!, context);
    const parsed = await parse(session, singly ? records.slice(0, 1) : records, context);
    for (let left: readonly Parsed[] = parsed; left.length > 0;) {
      const taken = await judgeSome(session, left, records, context);
      left = left.slice(taken);
    }
    if (singly) await session.saving;
    records = records.slice(parsed.length);
  }
  await sweepOn(session, context);
  return { settled: session.saving };
}

/** One slice of what is still to be told of changed circumstances; records wait for no more than that. */
async function sweepOn(session: PartitionSession, context: BatchContext): Promise<void> {
  const { judge } = session;
  const slice = judge.nextSweep();
  if (slice === undefined || context.stopping?.() === true) return;
  const { contract, kinds, after, limit } = slice;
  let { keys } = slice;
  if (kinds === undefined) {
    await load(session, { ids: [], keys: keys!.map((key) => ({ contract: contract.id, key })) }, context.store);
  } else {
    // The range is read as all saves before have left it.
    await session.saving;
    const asked = kinds.map((kind) => ({ contract: contract.id, kind }));
    const rows = await context.store.statesOfKinds(asked, { after, limit });
    keys = rows.map(({ key }) => key);
    const states = rows.map(({ key, packed }) => ({ contract: contract.id, key, state: unpackState(key, packed) }));
    judge.accept({ ids: [], waiting: [], states }, { keys: [] });
  }
  judge.sweep(slice, keys!);
  await save(session, { records: [], strays: [], firings: true }, context);
}

/** A record whose codec cannot be decoded has an offset and nothing else. */
type ReadRecord = LogRecord & { readonly undecodable?: string };

function unreadable(batch: LogBatch, session: PartitionSession): ReadRecord[] {
  const found: ReadRecord[] = [];
  for (const { from, to, detail } of batch.undecodable) {
    if (to < session.nextOffset) continue;
    const through = from === to ? `record ${from}` : `records ${from} to ${to}`;
    found.push({
      topic: batch.topic,
      partition: batch.partition,
      offset: to,
      key: null,
      value: null,
      headers: {},
      appendedAt: session.last?.appendedAt ?? 0,
      undecodable: `${through}: ${detail}`,
    });
  }
  return found;
}

/** Whoever dies of the record leaves its name behind. */
async function name(session: PartitionSession, { offset }: ReadRecord, context: BatchContext): Promise<void> {
  await session.saving;
  if (offset === session.trial?.poison) return;
  await context.store.nameRecord(session.topic, session.partition, session.epoch, offset);
}

/** Parses up to the next publication, which is taken alone. */
async function parse(
  session: PartitionSession,
  records: readonly ReadRecord[],
  context: BatchContext,
): Promise<Parsed[]> {
  const { library, stampKey, partitions } = context;
  const parsing = { session, library, stampKey, partitions, now: context.now() };
  const items: Parsed[] = [];
  for (const record of records) {
    const refusal = unparsed(record, session);
    const read: Parsed | Promise<Parsed> =
      refusal === undefined
        ? parseRecord(record, parsing)
        : { kind: 'refused', refusal, at: record.appendedAt, live: false, offset: record.offset };
    // Hardly any is waited for: a turn of its own for each would cost more than reading it.
    const item = read instanceof Promise ? await read : read;
    if (item.kind === 'publish' && items.length > 0) break;
    items.push(item);
    if (item.kind === 'publish') break;
  }
  return items;
}

/** Why a record is not even parsed. */
function unparsed({ undecodable, offset }: ReadRecord, { trial }: PartitionSession): Refusal | undefined {
  const unknown = { id: null, source: null, contract: null };
  if (undecodable !== undefined) return { reason: 'UNREADABLE', detail: undecodable, ...unknown };
  if (offset !== trial?.poison) return undefined;
  return {
    reason: 'POISON',
    detail: 'the process ended three times while it judged this record by itself',
    ...unknown,
  };
}

/** One save: as many items as fit it, or a slice of firings that must go before them. Returns how many items were saved. */
async function judgeSome(
  session: PartitionSession,
  parsed: readonly Parsed[],
  records: readonly ReadRecord[],
  context: BatchContext,
): Promise<number> {
  if (context.stopping?.() === true) throw new StoppingError('The process is about to end.');
  const { judge } = session;
  const items = await withVersions(parsed, session, context);
  const judged = items.filter((item): item is JudgeItem => item.kind !== 'stray');
  let plan = judge.plan(judged);
  const first = judged[0];
  if (plan.items === 0 && first !== undefined) {
    const asked = judge.planAcceptance(first);
    if (asked !== undefined) await load(session, asked, context.store);
    if (asked !== undefined && !judge.accepts(first)) plan = asked;
  }
  if (plan.items === 0 && first !== undefined) {
    const slice = judge.planSlice(judged)!;
    await load(session, slice, context.store);
    judge.fireSlice(slice.contract, slice.to);
    await save(session, { records: [], strays: [], firings: true }, context);
    return 0;
  }
  await load(session, plan, context.store);
  judge.judge(judged.slice(0, plan.items));
  const next = judged[plan.items];
  const count = next === undefined ? items.length : items.indexOf(next);
  const strays = items.slice(0, count).filter((item): item is Stray => item.kind === 'stray');
  const from = items[0]!.offset;
  const to = items[count - 1]!.offset;
  await save(
    session,
    { records: records.filter((record) => record.offset >= from && record.offset <= to), strays, firings: false },
    context,
  );
  return count;
}

/** A publication stands alone; what it publishes is fetched. */
async function withVersions(
  parsed: readonly Parsed[],
  session: PartitionSession,
  context: BatchContext,
): Promise<readonly (JudgeItem | Stray)[]> {
  const [first] = parsed;
  if (first?.kind === 'publish') return [await published(first, session, context)];
  return parsed as readonly Exclude<Parsed, Publication>[];
}

async function published(item: Publication, session: PartitionSession, { library }: BatchContext): Promise<JudgeItem> {
  const { contract: id, at, offset } = item;
  const known = session.judge.contracts.get(id)?.published ?? [];
  const same = known.find((one) => one.version === item.version.version);
  if (same !== undefined && same.hash !== item.version.hash) {
    const detail = `version ${same.version} of contract '${id}' is already published with other content (hash ${same.hash})`;
    return {
      kind: 'refused',
      refusal: { reason: 'ID_REUSE', detail, id: null, source: null, contract: id },
      at,
      live: true,
      offset,
    };
  }
  const contract = await library.version(id, item.version);
  const version: PublishedVersion = { ...item.version, from: item.version.from ?? contract.inForceFrom };
  const versions = await library.versions(id, [...known.filter((one) => one.version !== version.version), version]);
  return { kind: 'published', contract: id, version, versions, at, offset };
}

/** A correction leads to what it corrects, and that to evidence it decides on: further than that nothing goes. */
const MOST_ROUNDS = 3;

async function load(
  session: PartitionSession,
  plan: Pick<LoadPlan, 'ids' | 'keys'>,
  store: EngineStore,
): Promise<void> {
  const { judge } = session;
  judge.accept(await ask(session, plan, store), plan);
  let further = judge.follow(plan);
  for (let round = 0; round < MOST_ROUNDS && further.ids.length + further.keys.length > 0; round++) {
    judge.acceptMore(await ask(session, further, store), further);
    further = judge.follow(further);
  }
}

async function ask(
  { topic, partition }: PartitionSession,
  { ids, keys }: Pick<LoadPlan, 'ids' | 'keys'>,
  store: EngineStore,
): Promise<LoadedRows> {
  if (ids.length === 0 && keys.length === 0) return { ids: [], waiting: [], states: [] };
  return toRows(await store.load({ topic, partition, ids, keys }));
}

function toRows(loaded: Loaded): LoadedRows {
  return {
    ids: loaded.ids.map(({ contract, source, id, contentHash, type, appendedAt, keys, note }) => ({
      contract,
      source,
      id,
      entry: {
        contentHash,
        type,
        appendedAt,
        keys,
        note: note === null ? null : (JSON.parse(note) as IdEntry['note']),
      },
    })),
    waiting: loaded.waiting.map((row) => ({
      contract: row.contract,
      waiting: {
        targetSource: row.targetSource,
        targetId: row.targetId,
        ...(JSON.parse(row.correction) as Omit<LoadedRows['waiting'][number]['waiting'], 'targetSource' | 'targetId'>),
      },
    })),
    states: loaded.states.map(({ contract, key, packed }) => ({ contract, key, state: unpackState(key, packed) })),
  };
}

/** Hands over what was judged to be saved behind what is under way; returns as soon as that has ended well. */
async function save(
  session: PartitionSession,
  from: { readonly records: readonly ReadRecord[]; readonly strays: readonly Stray[]; readonly firings: boolean },
  context: BatchContext,
): Promise<void> {
  const outcome = session.judge.take();
  // A wall clock that goes back does not take what is recorded with it.
  const recordedAt = Math.max(context.now(), session.recordedAt + 1);
  const last = from.records[from.records.length - 1];
  const strays: OutboxRow[] = from.strays.map((stray) => strayRecord(stray, session.topic, context.stampKey));
  const row: PartitionSave = toSave(session, outcome, {
    // Looked up by those that are refused.
    records: new Map(outcome.refused.length === 0 ? [] : from.records.map((record) => [record.offset, record])),
    strays,
    recordedAt,
    toOffset: last === undefined ? session.nextOffset : last.offset + 1,
    toSlice: from.firings ? session.slice + 1 : session.slice,
    last:
      last === undefined ? session.last : { offset: last.offset, appendedAt: last.appendedAt, hash: recordHash(last) },
  });
  const firstOutbox = session.outboxNumber + 1;
  session.nextOffset = row.toOffset;
  session.slice = row.toSlice;
  session.last = row.last;
  session.outboxNumber += row.outbox.length;
  session.recordedAt = recordedAt;
  await session.saving;
  const { records } = from;
  session.saving = commit(session, { outcome, row, records, recordedAt, firstOutbox, strays: strays.length }, context);
  // Whoever awaits it next hears of it; until then nobody may.
  session.saving.catch(() => undefined);
  // What follows may belong to the contract just published, and is looked up in the database.
  if (outcome.published.length > 0) await session.saving;
}

async function commit(session: PartitionSession, saved: SavedBatch, context: BatchContext): Promise<void> {
  await context.store.save(saved.row);
  session.judge.saved(saved.outcome);
  if (saved.outcome.published.length > 0) context.library.forgetDefaults();
  session.lastProgressAt = context.now();
  context.announce(session, saved);
}
