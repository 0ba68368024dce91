import type { Instant } from '#libs/calendar';
import type { Contract, Fact, JsonObject, Refusal } from '#libs/contract';
import { compareFacts } from './order-facts.js';
import { isLate, keepFact, keepFields, stateKey, type KeptCorrection, type KeptFact } from './subject-state.js';

/** What is remembered of a processed id. */
export interface IdEntry {
  readonly contentHash: string;
  readonly type: string;
  /** When the fact first reached us. */
  readonly appendedAt: Instant;
  /** State keys it feeds; of a correction: those of the fact it finally corrects. */
  readonly keys: readonly string[];
  readonly note: IdNote | null;
}

interface IdNote {
  /** Of a correction: the fact it finally corrects, or the unknown id it waits for. */
  readonly root?: readonly [source: string, id: string];
  readonly waits?: true;
  /** The correction turned out to break the schema of what it corrects, when that came: it is quarantined, its id free. */
  readonly refused?: true;
  /** A fact that feeds no state yet but could after a replacement of its data. */
  readonly fact?: KeptFact;
}

export interface WaitingCorrection {
  readonly targetSource: string;
  readonly targetId: string;
  readonly correction: KeptCorrection;
  readonly contentHash: string;
  readonly appendedAt: Instant;
}

type Arrived = Pick<WaitingCorrection, 'correction' | 'contentHash' | 'appendedAt'>;

/** What registering needs to see; the shell loads it ahead, offline it is in memory. */
export interface FactIndex {
  entry(source: string, id: string): IdEntry | undefined;
  waiting(source: string, id: string): readonly WaitingCorrection[];
  kept(
    key: string,
  ): { readonly facts: readonly KeptFact[]; readonly corrections: readonly KeptCorrection[] } | undefined;
}

interface Feeding {
  readonly key: string;
  readonly facts: readonly KeptFact[];
  readonly corrections: readonly KeptCorrection[];
}

export type Registration =
  | {
      readonly outcome: 'duplicate';
      /** Set where this copy reached us before the one that is known: its append time holds from now on. */
      readonly earlier?: { readonly entry: IdEntry; readonly waiting: WaitingCorrection | null };
    }
  | { readonly outcome: 'refused'; readonly refusal: Refusal }
  | {
      readonly outcome: 'accepted';
      /** What goes into which state, in the order to judge them. */
      readonly feeds: readonly Feeding[];
      readonly entries: readonly { readonly source: string; readonly id: string; readonly entry: IdEntry }[];
      readonly waitingAdded: readonly WaitingCorrection[];
      readonly waitingRemoved: readonly KeptCorrection[];
      /** Waiting corrections that now prove to break the schema of the fact that came. */
      readonly refusals: readonly Refusal[];
    };

/** State keys that a fact with these data feeds. */
export function keysOf(contract: Contract, fact: Pick<Fact, 'type' | 'source' | 'id' | 'subject' | 'data'>): string[] {
  const keys: string[] = [];
  for (const feed of contract.eventTypes.get(fact.type)?.feeds ?? NONE) {
    const subjectKey = feed.keyOf(fact);
    if (subjectKey !== undefined) keys.push(stateKey(feed.kind, subjectKey));
  }
  return keys.length < 2 ? keys : [...new Set(keys)];
}

/**
 * Takes a fact into the set: a duplicate changes nothing, another content under a known id is refused (the content that
 * arrived first stands), a correction finds the states of what it corrects or waits for it.
 */
export function registerFact(contract: Contract, fact: Fact, index: FactIndex): Registration {
  const known = index.entry(fact.source, fact.id);
  if (known !== undefined && known.note?.refused !== true) {
    if (known.contentHash === fact.contentHash) return { outcome: 'duplicate', ...earlierCopy(known, fact) };
    return refused(
      fact,
      'ID_REUSE',
      `id '${fact.id}' of source '${fact.source}' already stands for other content (an id is unique per source)`,
    );
  }
  return fact.type === contract.vocabulary.correction
    ? registerCorrection(contract, fact, index)
    : registerOrdinary(contract, fact, index);
}

/** Of equal copies the earliest append time holds. A correction that waits is remembered a second time where it waits. */
function earlierCopy(known: IdEntry, fact: Fact): Pick<Extract<Registration, { outcome: 'duplicate' }>, 'earlier'> {
  const { appendedAt, contentHash } = fact;
  if (appendedAt >= known.appendedAt) return {};
  const { note } = known;
  const waitsFor = note?.waits === true ? note.root : undefined;
  const waiting =
    waitsFor === undefined
      ? null
      : {
          targetSource: waitsFor[0],
          targetId: waitsFor[1],
          correction: readCorrection(fact),
          contentHash,
          appendedAt,
        };
  return { earlier: { entry: { ...known, appendedAt }, waiting } };
}

function refused(
  fact: Pick<Fact, 'id' | 'source' | 'contract'>,
  reason: Refusal['reason'],
  detail: string,
): { outcome: 'refused'; refusal: Refusal } {
  return { outcome: 'refused', refusal: { reason, detail, id: fact.id, source: fact.source, contract: fact.contract } };
}

function registerOrdinary(contract: Contract, fact: Fact, index: FactIndex): Registration {
  const kept = keepFact(contract, fact);
  const found = index.waiting(fact.source, fact.id);
  if (found.length === 0) return registerAlone(contract, fact, kept);
  const waiting = [...found].sort((a, b) => compareFacts(ordered(a.correction), ordered(b.correction)));
  const accepted: Arrived[] = [];
  const refusals: Refusal[] = [];
  const entries: { source: string; id: string; entry: IdEntry }[] = [];
  const keys = keysOf(contract, fact);
  for (const one of waiting) {
    const { correction } = one;
    const problem = problemOf(contract, fact.type, correction);
    if (problem !== undefined) {
      refusals.push({
        reason: 'SCHEMA',
        detail: problem,
        id: correction.id,
        source: correction.source,
        contract: fact.contract,
      });
      entries.push(entryOf(contract, one, [], { refused: true }));
      continue;
    }
    accepted.push(one);
    for (const key of replacementKeys(contract, fact, correction)) if (!keys.includes(key)) keys.push(key);
  }
  for (const one of accepted) entries.push(entryOf(contract, one, keys, { root: [fact.source, fact.id] }));
  const corrections = accepted.map((one) => one.correction);
  entries.push(entryOfFact(contract, fact, kept, keys));
  return {
    outcome: 'accepted',
    feeds: keys.map((key) => ({ key, facts: [kept], corrections })),
    entries,
    waitingAdded: [],
    waitingRemoved: waiting.map(({ correction }) => correction),
    refusals,
  };
}

const NONE: readonly never[] = [];

/** Nothing waits for it, as for nearly every fact. */
function registerAlone(contract: Contract, fact: Fact, kept: KeptFact): Registration {
  const keys = keysOf(contract, fact);
  const facts = [kept];
  return {
    outcome: 'accepted',
    feeds: keys.map((key) => ({ key, facts, corrections: NONE })),
    entries: [entryOfFact(contract, fact, kept, keys)],
    waitingAdded: NONE,
    waitingRemoved: NONE,
    refusals: NONE,
  };
}

function entryOfFact(
  contract: Contract,
  { source, id, type, contentHash, appendedAt }: Fact,
  kept: KeptFact,
  keys: readonly string[],
): { source: string; id: string; entry: IdEntry } {
  const couldFeed = keys.length === 0 && (contract.eventTypes.get(type)?.feeds.length ?? 0) > 0;
  return { source, id, entry: { contentHash, type, appendedAt, keys, note: couldFeed ? { fact: kept } : null } };
}

function registerCorrection(contract: Contract, fact: Fact, index: FactIndex): Registration {
  const read = readCorrection(fact);
  const correction: KeptCorrection = isLate(contract, fact) ? { ...read, late: true } : read;
  const own: Arrived = { correction, contentHash: fact.contentHash, appendedAt: fact.appendedAt };
  const dependents = index.waiting(fact.source, fact.id);
  const waitingRemoved = dependents.map((one) => one.correction);
  const waitFor = (targetSource: string, targetId: string): Registration => ({
    outcome: 'accepted',
    feeds: [],
    entries: [own, ...dependents].map((one) =>
      entryOf(contract, one, [], { root: [targetSource, targetId], waits: true }),
    ),
    waitingAdded: [own, ...dependents].map((one) => ({ ...one, targetSource, targetId })),
    waitingRemoved,
    refusals: [],
  });
  const target = index.entry(correction.targetSource, correction.targetId);
  if (target === undefined || target.note?.refused === true)
    return waitFor(correction.targetSource, correction.targetId);
  const ofCorrection = target.type === contract.vocabulary.correction;
  if (ofCorrection && correction.action === 'replace') {
    const problem = shapeOfReplacement(correction);
    if (problem !== undefined) return refused(fact, 'SCHEMA', problem);
  }
  if (target.note?.waits === true) return waitFor(...target.note.root!);
  const root = ofCorrection ? target.note!.root! : ([correction.targetSource, correction.targetId] as const);
  const rootEntry = ofCorrection ? index.entry(...root) : target;
  if (rootEntry === undefined)
    throw new Error(`fact ${root[1]} of ${root[0]}, which ${correction.targetId} corrects, was not loaded`);
  const problem = problemOf(contract, rootEntry.type, correction);
  if (problem !== undefined) return refused(fact, 'SCHEMA', problem);
  return correctRoot(contract, root, rootEntry, [own, ...dependents], index, waitingRemoved);
}

/** Feeds corrections to every state of the fact they finally correct, and the fact itself to states it feeds only now. */
function correctRoot(
  contract: Contract,
  root: readonly [source: string, id: string],
  rootEntry: IdEntry,
  candidates: readonly Arrived[],
  index: FactIndex,
  waitingRemoved: readonly KeptCorrection[],
): Registration {
  const refusals: Refusal[] = [];
  const entries: { source: string; id: string; entry: IdEntry }[] = [];
  const fitting = candidates.filter((one) => {
    const detail = problemOf(contract, rootEntry.type, one.correction);
    if (detail === undefined) return true;
    refusals.push({
      reason: 'SCHEMA',
      detail,
      id: one.correction.id,
      source: one.correction.source,
      contract: contract.id,
    });
    entries.push(entryOf(contract, one, [], { refused: true }));
    return false;
  });
  const corrections = fitting.map((one) => one.correction);
  const keys = new Set(rootEntry.keys);
  for (const one of corrections)
    for (const key of replacementKeys(
      contract,
      { type: rootEntry.type, source: root[0], id: root[1], subject: undefined },
      one,
    ))
      keys.add(key);
  const all = [...keys];
  for (const one of fitting) entries.push(entryOf(contract, one, all, { root }));
  if (all.length > rootEntry.keys.length)
    entries.push({ source: root[0], id: root[1], entry: { ...rootEntry, keys: all, note: null } });
  const origin = rootEntry.keys.length > 0 ? index.kept(rootEntry.keys[0]!) : undefined;
  const kept = rootEntry.note?.fact ?? origin?.facts.find((one) => one.source === root[0] && one.id === root[1]);
  const earlier = origin === undefined ? [] : chainOf(root, origin.corrections);
  return {
    outcome: 'accepted',
    feeds: all.map((key) =>
      rootEntry.keys.includes(key)
        ? { key, facts: [], corrections }
        : { key, facts: kept === undefined ? [] : [kept], corrections: [...earlier, ...corrections] },
    ),
    entries,
    waitingAdded: [],
    waitingRemoved,
    refusals,
  };
}

function entryOf(
  contract: Contract,
  one: Arrived,
  keys: readonly string[],
  note: IdNote,
): { source: string; id: string; entry: IdEntry } {
  const type = contract.vocabulary.correction ?? '';
  return {
    source: one.correction.source,
    id: one.correction.id,
    entry: { contentHash: one.contentHash, type, appendedAt: one.appendedAt, keys, note },
  };
}

/** Reads the data of a correction, whose shape the contract's schema has checked. */
export function readCorrection(fact: Pick<Fact, 'source' | 'id' | 'occurredAt' | 'data'>): KeptCorrection {
  const { corrects, source, action, data } = fact.data as {
    corrects: string;
    source?: string;
    action: 'withdraw' | 'replace';
    data?: JsonObject;
  };
  return {
    source: fact.source,
    id: fact.id,
    occurredAt: fact.occurredAt,
    targetSource: typeof source === 'string' ? source : fact.source,
    targetId: corrects,
    action,
    data: action === 'replace' ? (data ?? {}) : null,
  };
}

/** Replacing a correction may change what it does, not what it corrects: for that withdraw it and send another. */
function shapeOfReplacement(correction: KeptCorrection): string | undefined {
  const action = correction.data?.['action'];
  if (action !== 'withdraw' && action !== 'replace') {
    return `data.data.action is not allowed: ${JSON.stringify(action) ?? 'missing'} (allowed: withdraw, replace)`;
  }
  if (action === 'replace' && !isObject(correction.data?.['data']))
    return 'data.data.data is missing (a replacement needs the whole new data)';
  return undefined;
}

/** Why a replacement does not fit the schema of the fact it finally replaces; undefined where it does. */
function problemOf(contract: Contract, rootType: string, correction: KeptCorrection): string | undefined {
  const data = replacementData(correction);
  if (data === undefined) return undefined;
  const problem = contract.eventTypes.get(rootType)?.refuse(data);
  return problem === undefined ? undefined : `data.${problem}`;
}

/** The data a correction gives the fact, also where it replaces another correction. */
function replacementData(correction: KeptCorrection): JsonObject | undefined {
  if (correction.action !== 'replace' || correction.data === null) return undefined;
  const { corrects, action, data } = correction.data;
  if (typeof corrects !== 'string' || typeof action !== 'string') return correction.data;
  return action === 'replace' && isObject(data) ? data : undefined;
}

/** Keys named by the replaced data; the subject of a fact is never corrected, so its own keys stay. */
function replacementKeys(
  contract: Contract,
  root: Pick<Fact, 'type' | 'source' | 'id' | 'subject'>,
  correction: KeptCorrection,
): string[] {
  const data = replacementData(correction);
  return data === undefined ? [] : keysOf(contract, { ...root, data: keepFields(contract, root.type, data) });
}

/** Corrections of the root and, in turn, of those. */
function chainOf(root: readonly [string, string], corrections: readonly KeptCorrection[]): KeptCorrection[] {
  const reached = new Set([`${root[0]}\n${root[1]}`]);
  const chain: KeptCorrection[] = [];
  for (let grew = true; grew;) {
    grew = false;
    for (const one of corrections) {
      if (reached.has(`${one.source}\n${one.id}`) || !reached.has(`${one.targetSource}\n${one.targetId}`)) continue;
      reached.add(`${one.source}\n${one.id}`);
      chain.push(one);
      grew = true;
    }
  }
  return chain;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function ordered(one: KeptCorrection): { source: string; id: string; occurredAt: number; sequence: undefined } {
  return { source: one.source, id: one.id, occurredAt: one.occurredAt, sequence: undefined };
}
