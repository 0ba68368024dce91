import { parseDuration, parseInstant, type Instant } from '#libs/calendar';
import { COMPLETE_SINCE, FEED_TYPES, FEED_WATCHER, type Contract, type Source, type Trigger } from '#libs/contract';
import { versionFor, type ContractVersions } from './contract-versions.js';
import type { EffectiveFact } from './effective-facts.js';
import type { NamedFact } from './suspension.js';

/** A span of which nobody knows what happened at a source: it was silent, and has not said since that it has sent all. */
export interface Gap {
  readonly source: string;
  readonly from: Instant;
  /** Infinity while it is silent. */
  readonly to: Instant;
  readonly countsAs: Source['whenSilent'];
  /** What shows the silence. */
  readonly facts: readonly NamedFact[];
}

/** Without a sign of life for so many of its promised periods, at least a minute, a feed is silent. */
const PERIODS = 3;
const LEAST_LIMIT_MILLIS = 60_000;

/** The longest time without a sign after which a feed that promised one this often counts as speaking. */
export function silenceLimit(periodMillis: number): number {
  return Math.max(PERIODS * periodMillis, LEAST_LIMIT_MILLIS);
}

/** Longest time without a sign of life that a source has agreed to; null where it promises none. */
export function limitOf({ heartbeat }: Pick<Source, 'heartbeat'>): number | null {
  const period = heartbeat === null ? undefined : parseDuration(heartbeat);
  return period !== undefined && 'millis' in period ? silenceLimit(period.millis) : null;
}

interface Statement {
  readonly from: Instant;
  readonly at: Instant;
}

/**
 * The gaps of a source, from what was recorded of its silence and what it has said about it, in order. A heartbeat by which it
 * says that it has sent all since an instant fills what lies between; up to the next sign of life too, where that came as soon
 * as it had promised.
 */
export function gapsOf(versions: ContractVersions, source: string, facts: readonly EffectiveFact[]): readonly Gap[] {
  let gaps: Gap[] = [];
  for (const fact of facts) {
    const since = instantIn(fact, 'since');
    if (fact.source === FEED_WATCHER && fact.type === FEED_TYPES.silent && since !== undefined) {
      const countsAs = versionFor(versions, since).sources.get(source)?.whenSilent ?? 'unknown';
      gaps.push({ source, from: since, to: promisedUntil(versions, source, since), countsAs, facts: [named(fact)] });
    } else if (fact.source === FEED_WATCHER && fact.type === FEED_TYPES.heard && since !== undefined) {
      const until = instantIn(fact, 'until') ?? fact.occurredAt;
      const place = gaps.findLastIndex(({ from }) => from === since);
      const gap = gaps[place];
      if (gap !== undefined) gaps[place] = { ...gap, to: Math.min(gap.to, until), facts: [...gap.facts, named(fact)] };
    } else if (fact.source === source) {
      // It speaks of the silences that have shown by then: of a later one it can know nothing.
      const from = instantIn(fact, COMPLETE_SINCE);
      const statement = { from: from ?? Infinity, at: fact.occurredAt };
      if (from !== undefined) gaps = gaps.flatMap((gap) => without(gap, statement, limitIn(versions, gap)));
    }
  }
  return gaps.filter(({ from, to }) => from < to);
}

/** What is left of a gap. */
function without(gap: Gap, { from, at }: Statement, limit: number): readonly Gap[] {
  if (at <= gap.from || from >= gap.to) return [gap];
  const filledTo = gap.to === Infinity || gap.to - at <= limit ? gap.to : at;
  const left = [
    { ...gap, to: Math.min(gap.to, from) },
    { ...gap, from: Math.max(gap.from, filledTo) },
  ];
  return left.filter((one) => one.from < one.to);
}

function limitIn(versions: ContractVersions, { source, from }: Gap): number {
  const known = versionFor(versions, from).sources.get(source);
  return (known === undefined ? null : limitOf(known)) ?? LEAST_LIMIT_MILLIS;
}

/** A later version by which the source promises nothing any more ends a silence. */
function promisedUntil(versions: ContractVersions, source: string, since: Instant): Instant {
  const free = versions.find(
    ({ inForceFrom, sources }) => inForceFrom > since && (sources.get(source)?.heartbeat ?? null) === null,
  );
  return free?.inForceFrom ?? Infinity;
}

/** Rules and standards that a gap leaves unknown: those that a type of event could decide which the source reports. */
export function rulesTouchedBy(versions: ContractVersions, { source, from }: Gap): readonly string[] {
  const contract = versionFor(versions, from);
  const sends = contract.sources.get(source)?.sends ?? null;
  const touched: string[] = [];
  for (const [rule, types] of decidingTypes(contract)) {
    if (sends === null || sends.some((type) => types.has(type))) touched.push(rule);
  }
  return touched;
}

const decidingByContract = new WeakMap<Contract, ReadonlyMap<string, ReadonlySet<string>>>();

/**
 * By rule: types of event that keep an obligation or a duty from being broken (what stops, holds, resets or cancels it), and
 * that a standard measures. A prohibition is broken by what is known; nothing unknown breaks it.
 */
function decidingTypes(contract: Contract): ReadonlyMap<string, ReadonlySet<string>> {
  let index = decidingByContract.get(contract);
  if (index === undefined) {
    const types = (...lists: readonly (readonly Trigger[])[]): ReadonlySet<string> =>
      new Set(lists.flat().map(({ on }) => on));
    const found = new Map<string, ReadonlySet<string>>();
    for (const { id, kind, stop, pause, reset, cancel } of contract.obligations)
      found.set(id, types(stop, pause, reset, cancel, contract.subjectKinds.get(kind)?.cancelled ?? []));
    for (const { id, fulfilledBy } of contract.duties) found.set(id, types(fulfilledBy.triggers));
    for (const { id, measure } of contract.standards) {
      if (measure.by === 'facts') {
        found.set(id, types(measure.of, measure.figure === 'rate' ? measure.per : []));
        continue;
      }
      const start = contract.obligations.find((one) => one.id === measure.obligation)?.start ?? [];
      found.set(id, new Set([...types(start), ...(found.get(measure.obligation) ?? [])]));
    }
    index = found;
    decidingByContract.set(contract, index);
  }
  return index;
}

/** The gaps among these that hold an instant. */
export function gapsAt(gaps: readonly Gap[], at: Instant): readonly Gap[] {
  return gaps.filter(({ from, to }) => from <= at && at < to);
}

/** Whether a gap leaves unknown what was measured in a period. */
export function isUnknownIn(gaps: readonly Gap[], period: { readonly from: Instant; readonly to: Instant }): boolean {
  return gaps.some(({ from, to, countsAs }) => countsAs === 'unknown' && from < period.to && to > period.from);
}

function instantIn({ data }: EffectiveFact, field: string): Instant | undefined {
  const value = data[field];
  return typeof value === 'string' ? parseInstant(value) : undefined;
}

function named({ source, id, type, occurredAt }: EffectiveFact): NamedFact {
  return { source, id, type, at: occurredAt };
}
