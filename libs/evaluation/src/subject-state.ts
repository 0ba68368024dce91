import { UncoveredYearError, type Instant } from '#libs/calendar';
import type { Contract, Fact, JsonObject } from '#libs/contract';
import { dueInstant } from './counting.js';
import type { VerdictState } from './verdict.js';

/** What of a fact judging needs: its identity, its place in the order, and the fields that rules read. */
export interface KeptFact {
  readonly source: string;
  readonly id: string;
  readonly type: string;
  readonly occurredAt: Instant;
  readonly sequence: string | undefined;
  readonly data: JsonObject;
  /** It came later than its source had agreed; absent where it came in time. */
  readonly late?: true;
}

/** A correction of a kept fact, or of another correction of it. */
export interface KeptCorrection {
  readonly source: string;
  readonly id: string;
  readonly occurredAt: Instant;
  readonly targetSource: string;
  readonly targetId: string;
  readonly action: 'withdraw' | 'replace';
  /** Replacement data, whole; null where it withdraws. */
  readonly data: JsonObject | null;
  /** It came later after its own `time` than its source had agreed. */
  readonly late?: true;
}

/** What was last recorded about an instance: what the next derivation is compared with. */
export interface RecordedVerdict {
  readonly obligation: string;
  readonly instance: number;
  readonly state: VerdictState;
  readonly startedAt: Instant;
  readonly dueAt: Instant | null;
  readonly stoppedAt: Instant | null;
  readonly allowed: string | null;
  readonly clause: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly revision: number;
  /** Number of the decision that recorded it. */
  readonly number: number;
  /** True once a breach of it was declared. */
  readonly breachedBefore: boolean;
  /** How many of the rule's warnings, in order of time, have been given. */
  readonly warned: number;
}

/** What a subject has last added to the counters of a standard of one version: what the next judging of it is compared with. */
export interface KeptContribution {
  readonly version: number;
  readonly standard: string;
  readonly at: Instant;
  readonly good: number;
  readonly items: number;
  readonly undecided: number;
  readonly sum: string;
  readonly value: string | null;
}

/** All that evaluating one subject needs: the set of its facts, what corrects them, and what was last recorded. */
export interface SubjectState {
  readonly kind: string;
  readonly subject: string;
  readonly facts: readonly KeptFact[];
  readonly corrections: readonly KeptCorrection[];
  readonly recorded: readonly RecordedVerdict[];
  /** Number of the last sweep that has gone over it, where one has. */
  readonly swept?: number;
  /** Absent where no standard counts anything of it. */
  readonly contributed?: readonly KeptContribution[];
}

export function emptyState(kind: string, subject: string): SubjectState {
  return { kind, subject, facts: [], corrections: [], recorded: [] };
}

/** `kind/subject`: kinds never hold a slash. */
export function stateKey(kind: string, subject: string): string {
  return `${kind}/${subject}`;
}

export function splitStateKey(key: string): { kind: string; subject: string } {
  const slash = key.indexOf('/');
  return { kind: key.slice(0, slash), subject: key.slice(slash + 1) };
}

/** Keeps of `data` the fields that rules read. */
export function keepFields(contract: Contract, type: string, data: JsonObject): JsonObject {
  const kept: JsonObject = {};
  const fields = contract.eventTypes.get(type)?.fieldsRead;
  if (fields === undefined) return kept;
  for (const field of fields) {
    const value = data[field];
    if (value !== undefined && Object.hasOwn(data, field)) kept[field] = value;
  }
  return kept;
}

export function keepFact(contract: Contract, fact: Fact): KeptFact {
  const { source, id, type, occurredAt, sequence } = fact;
  const data = keepFields(contract, type, fact.data);
  return isLate(contract, fact)
    ? { source, id, type, occurredAt, sequence, data, late: true }
    : { source, id, type, occurredAt, sequence, data };
}

/** True where the fact came later after its `time` than its source had agreed; where no delay is agreed nothing is late. */
export function isLate(contract: Contract, fact: Pick<Fact, 'source' | 'occurredAt' | 'appendedAt'>): boolean {
  const agreed = contract.sources.get(fact.source)?.delayPeriod ?? null;
  if (agreed === null || fact.appendedAt <= fact.occurredAt) return false;
  try {
    return fact.appendedAt > (dueInstant(agreed, fact.occurredAt, []) ?? Infinity);
  } catch (error) {
    // Outside the years of the calendar nothing shows that it came in time; what it says is still kept, and can be accepted.
    if (error instanceof UncoveredYearError) return true;
    throw error;
  }
}

/** Adds a fact and corrections that were not there; what is there already stays. */
export function withFacts(
  state: SubjectState,
  facts: readonly KeptFact[],
  corrections: readonly KeptCorrection[],
): SubjectState {
  const newFacts = unknownOf(facts, state.facts);
  const newCorrections = unknownOf(corrections, state.corrections);
  if (newFacts.length === 0 && newCorrections.length === 0) return state;
  return changedState(state, {
    facts: newFacts.length === 0 ? state.facts : state.facts.concat(newFacts),
    corrections: newCorrections.length === 0 ? state.corrections : state.corrections.concat(newCorrections),
  });
}

/** The state with some of it replaced. Written out, not spread: it is made for every fact, and objects of one shape are made fastest. */
export function changedState(
  { kind, subject, facts, corrections, recorded, swept, contributed }: SubjectState,
  change: Partial<Pick<SubjectState, 'facts' | 'corrections' | 'recorded'>> & {
    readonly contributed?: readonly KeptContribution[];
  },
): SubjectState {
  const next: { -readonly [Name in keyof SubjectState]: SubjectState[Name] } = {
    kind,
    subject,
    facts: change.facts ?? facts,
    corrections: change.corrections ?? corrections,
    recorded: change.recorded ?? recorded,
  };
  if (swept !== undefined) next.swept = swept;
  const counted = change.contributed ?? contributed;
  if (counted !== undefined && counted.length > 0) next.contributed = counted;
  return next;
}

const NONE: readonly never[] = [];

/** Those of the given that are not among the known. */
export function unknownOf<T extends { readonly source: string; readonly id: string }>(
  given: readonly T[],
  known: readonly T[],
): readonly T[] {
  if (given.length === 0) return NONE;
  if (given.length === 1) return isAmong(given[0]!, known) ? NONE : given;
  return given.filter((one) => !isAmong(one, known));
}

function isAmong<T extends { readonly source: string; readonly id: string }>(
  { source, id }: T,
  known: readonly T[],
): boolean {
  for (const one of known) if (one.id === id && one.source === source) return true;
  return false;
}

/**
 * The state as text: JSON arrays without field names, sources and types listed once. The size written per event decides
 * throughput, so an ordinary case of half a dozen facts stays well below a kilobyte.
 */
export function packState(state: SubjectState): string {
  // A dozen at most: looking through them costs less than a map of them.
  const names: string[] = [];
  const nameOf = (name: string): number => {
    const at = names.indexOf(name);
    return at >= 0 ? at : names.push(name) - 1;
  };
  const facts = state.facts.map(({ source, id, type, occurredAt, sequence, data, late }) => {
    const [from, of] = [nameOf(source), nameOf(type)];
    const kept = hasMembers(data) ? data : 0;
    if (late === true) return [from, id, of, occurredAt, kept, sequence ?? null, 1];
    if (sequence !== undefined) return [from, id, of, occurredAt, kept, sequence];
    return kept === 0 ? [from, id, of, occurredAt] : [from, id, of, occurredAt, kept];
  });
  const corrections = state.corrections.map((one) => [
    nameOf(one.source),
    one.id,
    one.occurredAt,
    nameOf(one.targetSource),
    one.targetId,
    one.action === 'withdraw' ? 0 : (one.data ?? {}),
    ...(one.late === true ? [1] : []),
  ]);
  const recorded = state.recorded.map((one) => [
    nameOf(one.obligation),
    one.instance,
    nameOf(one.state),
    one.startedAt,
    one.dueAt,
    one.stoppedAt,
    one.allowed === null ? null : nameOf(one.allowed),
    nameOf(one.clause),
    one.revision,
    one.number,
    one.breachedBefore ? 1 : 0,
    one.warned,
    hasMembers(one.dimensions) ? one.dimensions : 0,
  ]);
  const { swept, contributed } = state;
  if (contributed === undefined) {
    const rows = [1, names, facts, corrections, recorded];
    return JSON.stringify(swept === undefined ? rows : [...rows, swept]);
  }
  const counted = contributed.map(({ standard, version, at, good, items, undecided, sum, value }) => {
    const row = [nameOf(standard), version, at, good, items, undecided];
    return value !== null ? [...row, sum, value] : sum !== '0' ? [...row, sum] : row;
  });
  return JSON.stringify([1, names, facts, corrections, recorded, swept ?? null, counted]);
}

function hasMembers(object: object): boolean {
  for (const _ in object) return true;
  return false;
}

type PackedState = [
  1,
  string[],
  [number, string, number, number, (JsonObject | 0)?, (string | null)?, 1?][],
  [number, string, number, number, string, JsonObject | 0, 1?][],
  [
    number,
    number,
    number,
    number,
    number | null,
    number | null,
    number | null,
    number,
    number,
    number,
    0 | 1,
    number,
    Record<string, string> | 0,
  ][],
  (number | null)?,
  [number, number, number, number, number, number, string?, string?][]?,
];

export function unpackState(key: string, packed: string): SubjectState {
  const [layout, names, facts, corrections, recorded, swept, contributed] = JSON.parse(packed) as PackedState;
  if (layout !== 1) throw new Error(`state ${key}: layout ${String(layout)} is not one this version reads (1)`);
  const name = (at: number): string => names[at]!;
  return {
    ...splitStateKey(key),
    facts: facts.map(([source, id, type, occurredAt, data, sequence, late]) => ({
      source: name(source),
      id,
      type: name(type),
      occurredAt,
      sequence: sequence ?? undefined,
      data: data === undefined || data === 0 ? {} : data,
      ...(late === 1 ? { late: true } : {}),
    })),
    corrections: corrections.map(([source, id, occurredAt, targetSource, targetId, data, late]) => ({
      source: name(source),
      id,
      occurredAt,
      targetSource: name(targetSource),
      targetId,
      action: data === 0 ? 'withdraw' : 'replace',
      data: data === 0 ? null : data,
      ...(late === 1 ? { late: true } : {}),
    })),
    recorded: recorded.map(
      ([
        obligation,
        instance,
        state,
        startedAt,
        dueAt,
        stoppedAt,
        allowed,
        clause,
        revision,
        number,
        breached,
        warned,
        dimensions,
      ]) => ({
        obligation: name(obligation),
        instance,
        state: name(state) as VerdictState,
        startedAt,
        dueAt,
        stoppedAt,
        allowed: allowed === null ? null : name(allowed),
        clause: name(clause),
        dimensions: dimensions === 0 ? {} : dimensions,
        revision,
        number,
        breachedBefore: breached === 1,
        warned,
      }),
    ),
    ...(swept === undefined || swept === null ? {} : { swept }),
    ...(contributed === undefined
      ? {}
      : {
          contributed: contributed.map(([standard, version, at, good, items, undecided, sum, value]) => ({
            standard: name(standard),
            version,
            at,
            good,
            items,
            undecided,
            sum: sum ?? '0',
            value: value ?? null,
          })),
        }),
  };
}
