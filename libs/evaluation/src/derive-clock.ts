import { formatDuration, formatInstant, type Calendar, type Instant } from '#libs/calendar';
import type { Budget, Contract, Duty, Obligation, PartyId, Prohibition, RuleHead } from '#libs/contract';
import { isNotice, lastWord, otherParty, type Circumstances } from './circumstances.js';
import {
  countsDays,
  dueInstant,
  elapsedText,
  endingDay,
  fractionInstant,
  instantBefore,
  overdueText,
  pausedTime,
  runningTime,
  zeroText,
  type Pause,
} from './counting.js';
import type { UsedFact } from './fold-subject.js';
import { gapsAt, type Gap } from './gaps.js';
import { mergeSpans, nextEdge, type NamedFact, type Suspension } from './suspension.js';
import type { Because, ExcuseReason, FactRole, Verdict, VerdictState } from './verdict.js';

/** An instant of judging; `passed`: also what is due at this very instant has passed (a deadline that fires). */
export interface Now {
  readonly at: Instant;
  readonly passed: boolean;
}

/** One instance with a clock, of whichever rule: all that its verdict is measured from. */
export interface Clock {
  readonly contract: Contract;
  readonly rule: Obligation | Duty;
  readonly number: number;
  readonly startedAt: Instant;
  /** Where counting begins: the start; the day before it where the period that ended with it is what counts. */
  readonly countedFrom: Instant;
  /** Null where nothing is counted: due at the end of the period. */
  readonly budget: Budget | null;
  readonly allowed: string | null;
  readonly dueAt: Instant | null;
  readonly pauses: readonly Pause[];
  /** Up to the end of the run. */
  readonly suspensions: readonly Suspension[];
  readonly end: { readonly how: 'stopped' | 'cancelled'; readonly at: Instant; readonly dateOnly: boolean } | null;
  readonly used: readonly UsedFact[];
  readonly priority: string;
  readonly sum: NonNullable<Because['sum']> | null;
}

/** What holds for one instance at an instant, without its reasons (`describeVerdict` adds them). */
export interface Derived {
  readonly contract: Contract;
  readonly rule: Pick<RuleHead, 'id' | 'clauses'>;
  readonly party: PartyId;
  readonly number: number;
  readonly startedAt: Instant;
  readonly state: VerdictState;
  readonly dueAt: Instant | null;
  readonly stoppedAt: Instant | null;
  readonly allowed: string | null;
  readonly effectiveAt: Instant;
  readonly graceMillis: number;
  /** Instants of the rule's warnings, in order; empty where nothing is to be warned of. */
  readonly warnings: readonly { readonly at: Instant; readonly text: string }[];
  /** When excused time next begins or ends while the instance is open; null: never. */
  readonly nextEdgeAt: Instant | null;
  /** Null where nothing is measured: the breach of a prohibition. */
  readonly clock: Clock | null;
  readonly used: readonly UsedFact[];
  readonly awaiting: readonly NamedFact[];
  /** Gaps of feeds in which it fell due, so that it is `unknown`; empty otherwise. */
  readonly gaps: readonly Gap[];
}

/** All of its spans in which the clock stands still. */
export function standstillOf({ pauses, suspensions }: Clock): readonly Pause[] {
  return suspensions.length === 0 ? pauses : mergeSpans([...pauses, ...suspensions]);
}

const NONE: readonly never[] = [];

export function deriveClock(clock: Clock, now: Now): Derived {
  const { contract, rule, number, startedAt, allowed, dueAt: due, end } = clock;
  const spans = standstillOf(clock);
  // Written out, not spread: every instance of every case passes here, and objects of one shape are made fastest.
  const derived: { -readonly [Name in keyof Derived]: Derived[Name] } = {
    contract,
    rule,
    party: rule.party,
    number,
    startedAt,
    state: 'running',
    dueAt: due,
    stoppedAt: null,
    allowed,
    effectiveAt: startedAt,
    graceMillis: rule.graceMillis,
    warnings: NONE,
    nextEdgeAt: null,
    clock,
    used: clock.used,
    awaiting: NONE,
    gaps: NONE,
  };
  if (end !== null) {
    const late = due !== null && isLate(clock, end, due);
    derived.state = late ? 'breached' : end.how === 'cancelled' ? 'cancelled' : 'met';
    derived.stoppedAt = end.at;
    derived.effectiveAt = Math.max(end.at, startedAt);
    return derived;
  }
  const declaredAt = due === null ? null : due + rule.graceMillis;
  if (due !== null && (declaredAt! < now.at || (now.passed && declaredAt! <= now.at))) {
    derived.state = 'breached';
    derived.effectiveAt = due;
    return derived;
  }
  derived.nextEdgeAt = nextEdge(clock.suspensions, now.at);
  const still = spans.length === 0 ? undefined : spans.find((span) => span.from <= now.at && now.at < span.to);
  if (still !== undefined) {
    derived.state = 'paused';
    derived.dueAt = due !== null && rule.graceMillis > 0 && due < now.at ? due : null;
    derived.effectiveAt = Math.max(startedAt, still.from);
    // Due all the same, as after a change of priority that came too late for the new target.
    if (declaredAt !== null) derived.nextEdgeAt = Math.min(derived.nextEdgeAt ?? Infinity, declaredAt);
    return derived;
  }
  const before = spans.length === 0 ? undefined : spans.findLast((span) => span.to <= now.at);
  if (before !== undefined) derived.effectiveAt = Math.max(startedAt, before.to);
  if (due !== null) derived.warnings = warningsOf(clock, due, spans);
  return derived;
}

/** Met means stopped at or before due; a source that only knows dates is compared by local date. */
function isLate(clock: Clock, end: NonNullable<Clock['end']>, due: Instant): boolean {
  if (!end.dateOnly) return end.at > due;
  const calendar = dayCalendarOf(clock);
  return calendar.day(end.at) > endingDay(calendar, due);
}

/** Where days count what ended at an instant: of a source that only knows dates, at 24:00 of its date, whatever hour it wrote. */
function countedEnd(clock: Clock, end: NonNullable<Clock['end']>): Instant {
  return end.dateOnly ? endOfDate(dayCalendarOf(clock), end.at) : end.at;
}

/** 24:00 of the local date of an instant. */
export function endOfDate(calendar: Calendar, at: Instant): Instant {
  return calendar.dayStart(calendar.day(at) + 1);
}

/** The calendar whose days count for a clock. */
export function dayCalendarOf({ contract, budget }: Pick<Clock, 'contract' | 'budget'>): Calendar {
  return budget === null || budget.counting === 'elapsed-time' ? contract.calendar : budget.calendar;
}

/** How late it is in the end, as far as its facts tell: milliseconds round the clock, Infinity where nothing ends it. */
export function latenessOf(clock: Clock): number {
  const { dueAt: due, end } = clock;
  if (due === null) return 0;
  if (end === null) return Infinity;
  if (!isLate(clock, end, due)) return 0;
  const until = countedEnd(clock, end);
  return until - due - pausedTime(due, until, standstillOf(clock));
}

const NO_BUDGET: Budget = { counting: 'elapsed-time', millis: 0, text: '' };

function warningsOf(clock: Clock, due: Instant, spans: readonly Pause[]): Derived['warnings'] {
  const { startedAt, countedFrom } = clock;
  if (clock.rule.warnings.length === 0) return NONE;
  const budget = clock.budget ?? NO_BUDGET;
  return clock.rule.warnings
    .map((warning) => ({
      text: warning.text,
      at:
        warning.kind === 'fraction'
          ? fractionInstant(budget, countedFrom, due, spans, warning.fraction)
          : Math.max(startedAt, instantBefore(budget, due, warning.millis)),
    }))
    .sort((a, b) => a.at - b.at);
}

/** A matching fact is itself the breach; nothing is measured. */
export function deriveBreach(
  contract: Contract,
  rule: Prohibition,
  party: PartyId,
  number: number,
  used: readonly UsedFact[],
  at: Instant,
): Derived {
  return {
    contract,
    rule,
    party,
    number,
    startedAt: at,
    state: 'breached',
    dueAt: null,
    stoppedAt: null,
    allowed: 'PT0S',
    effectiveAt: at,
    graceMillis: 0,
    warnings: NONE,
    nextEdgeAt: null,
    clock: null,
    used,
    awaiting: NONE,
    gaps: NONE,
  };
}

/** A breach that the other party, or the arbiter, lets go is excused, also for the past (readings 30). */
export function letGo(derived: Derived, circumstances: Circumstances, subject: string): Derived {
  if (derived.state !== 'breached') return derived;
  const said = circumstances.waivers.get(`${derived.rule.id}/${subject}/${derived.number}`);
  const word = lastWord(said, (by) => by === otherParty(derived.party));
  if (word === undefined) return derived;
  const used = [...derived.used, { ...named(word), role: 'waiver' as const }];
  return word.yes
    ? { ...derived, state: 'excused', effectiveAt: Math.max(derived.effectiveAt, word.at), used }
    : { ...derived, used };
}

/**
 * What fell due in a gap, and was not done as far as is known, is unknown: whoever fell silent may have it. What it counts as
 * its source has agreed. A late stop that is known settles it.
 */
export function unknownInGap(derived: Derived, circumstances: Circumstances): Derived {
  const { state, dueAt, clock } = derived;
  if (state !== 'breached' || dueAt === null || clock === null || clock.end !== null) return derived;
  const gaps = gapsAt(circumstances.gaps.get(derived.rule.id) ?? NONE, dueAt);
  return gaps.length === 0 ? derived : { ...derived, state: 'unknown', gaps };
}

/** Where the agreement says so, what is unknown counts as not kept: it is shown as unknown, and counted as a breach. */
export function countsAsBreach({ state, gaps }: Pick<Derived, 'state' | 'gaps'>): boolean {
  return state === 'breached' || (state === 'unknown' && gaps.some(({ countsAs }) => countsAs === 'not-kept'));
}

export function named({ source, id, type, at }: NamedFact): NamedFact {
  return { source, id, type, at };
}

/** The whole record: what holds, how it was measured, and why. */
export function describeDerived(
  derived: Derived,
  circumstances: Circumstances,
  subject: string,
  dimensions: Readonly<Record<string, string>>,
  now: Now,
): Verdict {
  const { contract, rule, clock } = derived;
  const { elapsed, allowed, overdueBy } = clock === null ? NOTHING_MEASURED : measured(derived, clock, now);
  return {
    contract: contract.id,
    obligation: rule.id,
    clause: rule.clauses[rule.clauses.length - 1]!,
    party: derived.party,
    subject,
    instance: derived.number,
    state: derived.state,
    startedAt: derived.startedAt,
    dueAt: derived.dueAt,
    stoppedAt: derived.stoppedAt,
    elapsed,
    allowed,
    overdueBy,
    effectiveAt: derived.effectiveAt,
    dimensions,
    because: because(derived, circumstances, subject, now),
  };
}

const NOTHING_MEASURED = { elapsed: 'PT0S', allowed: 'PT0S', overdueBy: 'PT0S' };

/** A period that only has an end is counted in calendar days, where it is late. */
function countedBudget({ budget, contract }: Clock): Budget {
  return budget ?? { counting: 'calendar-days', count: 0, calendar: contract.calendar, endsAt: '24:00', text: '' };
}

function untilOf(derived: Derived, now: Now): Instant {
  return Math.max(derived.startedAt, derived.stoppedAt ?? now.at);
}

function measured(derived: Derived, clock: Clock, now: Now): Pick<Verdict, 'elapsed' | 'allowed' | 'overdueBy'> {
  const { state, dueAt, allowed } = derived;
  const spans = standstillOf(clock);
  const budget = countedBudget(clock);
  const until =
    clock.end !== null && countsDays(budget)
      ? Math.max(derived.startedAt, countedEnd(clock, clock.end))
      : untilOf(derived, now);
  const overdue = (state === 'breached' || state === 'excused') && dueAt !== null && until > dueAt;
  return {
    elapsed: clock.budget === null ? null : elapsedText(clock.budget, clock.countedFrom, until, spans),
    allowed,
    overdueBy: overdue ? overdueText(budget, clock.rule.overdueUnit, dueAt, until, spans) : zeroText(budget),
  };
}

function because(derived: Derived, circumstances: Circumstances, subject: string, now: Now): Because {
  const { contract, rule, clock, awaiting } = derived;
  const material = materialOf(derived, circumstances, subject, now);
  const { spans, sums, counting } = clock === null ? UNMEASURED : timed(derived, clock, now);
  const facts = factsOf(derived, untilOf(derived, now)).map(writtenUse);
  const { version, hash: contractHash } = contract;
  const { clauses, id } = rule;
  const priority = clock === null ? '' : clock.priority;
  const counted = clock === null ? null : calendarOf(clock.budget);
  const calendar = counted === null ? null : namedCalendar(counted);
  // Four shapes, not one that grows name by name: every decision has a record of these.
  const found: { -readonly [Name in keyof Because]: Because[Name] } =
    calendar === null
      ? priority === ''
        ? { version, contractHash, clauses, rule: id, facts, spans, sums, counting }
        : { version, contractHash, clauses, rule: id, priority, facts, spans, sums, counting }
      : priority === ''
        ? { version, contractHash, clauses, rule: id, calendar, facts, spans, sums, counting }
        : { version, contractHash, clauses, rule: id, priority, calendar, facts, spans, sums, counting };
  // Names that are there only now and then, in the order in which records show them.
  if (clock !== null && clock.sum !== null) found.sum = clock.sum;
  if (derived.gaps.length > 0) found.gaps = derived.gaps.map(writtenGap);
  if (awaiting.length > 0) found.awaiting = awaiting.map(written);
  if (material !== undefined) found.material = material;
  return found;
}

/** Made once per calendar: every verdict names it. */
const namedCalendars = new WeakMap<Calendar, NonNullable<Because['calendar']>>();

function namedCalendar(calendar: Calendar): NonNullable<Because['calendar']> {
  let named = namedCalendars.get(calendar);
  if (named === undefined) {
    const { id, hash, data } = calendar;
    namedCalendars.set(calendar, (named = { id, hash, data }));
  }
  return named;
}

function writtenUse({ source, id, type, at, role }: UsedFact): Because['facts'][number] {
  return { source, id, type, at: formatInstant(at), role };
}

const NO_TIME: Because['sums'] = { running: 'PT0S', paused: 'PT0S', closed: 'PT0S' };
const UNMEASURED = { spans: NONE, sums: NO_TIME, counting: '' };

function written({ source, id, type, at }: NamedFact) {
  return { source, id, type, at: formatInstant(at) };
}

function writtenGap({ source, from, to, countsAs, facts }: Gap) {
  return {
    source,
    from: formatInstant(from),
    to: to === Infinity ? null : formatInstant(to),
    countsAs,
    facts: facts.map((fact) => ({ source: fact.source, id: fact.id })),
  };
}

function calendarOf(budget: Budget | null) {
  return budget === null || budget.counting === 'elapsed-time' ? null : budget.calendar;
}

/** The facts of the case in the order they were read, then those that excuse a span. */
function factsOf({ used, clock }: Derived, until: Instant): readonly UsedFact[] {
  if (clock === null || clock.suspensions.length === 0) return used;
  const facts = [...used];
  for (const { from, to, facts: excusing } of clock.suspensions) {
    if (from >= until || to <= clock.startedAt) continue;
    for (const fact of excusing) {
      if (!facts.some(({ source, id, role }) => source === fact.source && id === fact.id && role === 'excuse'))
        facts.push({ ...named(fact), role: 'excuse' satisfies FactRole });
    }
  }
  return facts;
}

function timed(derived: Derived, clock: Clock, now: Now): Pick<Because, 'spans' | 'sums' | 'counting'> {
  const { startedAt, pauses, suspensions, budget } = clock;
  const until = untilOf(derived, now);
  if (until === startedAt) return { spans: NONE, sums: NO_TIME, counting: countingText(clock) };
  const paused = pausedTime(startedAt, until, pauses);
  const standing = standstillOf(clock);
  const excused = suspensions.length === 0 ? 0 : pausedTime(startedAt, until, standing) - paused;
  const running = runningTime(budget ?? NO_BUDGET, startedAt, until, standing);
  const sums: { -readonly [Name in keyof Because['sums']]: Because['sums'][Name] } = {
    running: formatDuration(running),
    paused: formatDuration(paused),
    closed: formatDuration(Math.max(0, until - startedAt - paused - excused - running)),
  };
  if (excused > 0) sums.excused = formatDuration(excused);
  return { spans: spansOf(startedAt, until, pauses, suspensions), sums, counting: countingText(clock) };
}

function countingText({ budget, startedAt, countedFrom }: Clock): string {
  if (budget === null) return 'ends with the period';
  if (!countsDays(budget)) return budget.counting;
  const early = countedFrom < startedAt ? ', from the day before' : '';
  return `${budget.counting}, ends at ${budget.endsAt}${early}`;
}

/** The time from start to end, cut where a pause or an excuse begins or ends; what is paused anyway needs no excuse. */
function spansOf(
  startedAt: Instant,
  until: Instant,
  pauses: readonly Pause[],
  suspensions: readonly Suspension[],
): Because['spans'] {
  if (pauses.length === 0 && suspensions.length === 0) {
    return until > startedAt ? [{ kind: 'running', from: formatInstant(startedAt), to: formatInstant(until) }] : [];
  }
  const edges = new Set([startedAt, until]);
  for (const { from, to } of [...pauses, ...suspensions]) {
    for (const edge of [from, to]) if (edge > startedAt && edge < until) edges.add(edge);
  }
  const spans: Because['spans'][number][] = [];
  const sorted = [...edges].sort((a, b) => a - b);
  for (let at = 0; at + 1 < sorted.length; at++) {
    const [from, to] = [sorted[at]!, sorted[at + 1]!];
    const covering = <T extends Pause>(all: readonly T[]): T[] => all.filter((one) => one.from <= from && one.to >= to);
    const times = { from: formatInstant(from), to: formatInstant(to) };
    const excuses = covering(suspensions);
    const next: Because['spans'][number] =
      covering(pauses).length > 0
        ? { kind: 'paused', ...times }
        : excuses.length > 0
          ? { kind: 'excused', ...times, reasons: excuses.map(reasonOf) }
          : { kind: 'running', ...times };
    const last = spans[spans.length - 1];
    if (last !== undefined && sameSpan(last, next)) spans[spans.length - 1] = { ...last, to: next.to };
    else spans.push(next);
  }
  return spans;
}

function reasonOf({ reason, about, facts }: Suspension): ExcuseReason {
  return { reason, about, facts: facts.map(({ source, id }) => ({ source, id })) };
}

function sameSpan(a: Because['spans'][number], b: Because['spans'][number]): boolean {
  if (a.kind !== 'excused' || b.kind !== 'excused') return a.kind === b.kind;
  const keys = (reasons: readonly ExcuseReason[]) =>
    reasons.map(({ reason, about }) => `${reason} ${about}`).join('\n');
  return keys(a.reasons) === keys(b.reasons);
}

/** A breach that was not made good within the agreed period after a notice that came after due (readings 32). */
function materialOf(
  derived: Derived,
  circumstances: Circumstances,
  subject: string,
  now: Now,
): Because['material'] | undefined {
  const { contract, rule, state, dueAt, clock } = derived;
  if (state !== 'breached' || dueAt === null) return undefined;
  const agreed = contract.materialBreaches.find((one) => one.rule === rule.id);
  if (agreed === undefined) return undefined;
  const notice = circumstances.notices
    .get(`${rule.id}/${subject}`)
    ?.find((served) => served.at > dueAt && isNotice(agreed.notice, served));
  if (notice === undefined) return undefined;
  const since = dueInstant(agreed.within, notice.at, []);
  const until = clock === null || clock.end === null ? now.at : countedEnd(clock, clock.end);
  if (since === null || since >= until) return undefined;
  return { since: formatInstant(since), notice: written(notice) };
}
