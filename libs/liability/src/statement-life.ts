import { UncoveredYearError, type Instant } from '#libs/calendar';
import type { Budget, Contract, PartyId, Period } from '#libs/contract';
import {
  endOfPeriod,
  versionFor,
  type Breach,
  type ContractVersions,
  type Dispute,
  type Signature,
  type StatementFacts,
} from '#libs/evaluation';
import { applyLimits, type EarlierCycle } from './apply-limits.js';
import { Decimal } from './decimal.js';
import { adjustmentId, linesOfDisputedAdjustments, type LaterStatement } from './disputed-adjustments.js';
import { DECIDED, isDisputable, linesOfDisputes, remedyIn } from './disputed-lines.js';
import { lineIds } from './line-ids.js';
import { agreeOnMoney, cyclesOf, linesByCycle, totalsOf, type Judged } from './make-statements.js';
import type {
  LastRevision,
  LifeLine,
  LiveDispute,
  LiveSignature,
  LiveStatement,
  StatementChange,
} from './live-statement.js';
import type { Line } from './statement.js';
import { toRecordedDispute, toRecordedSignature } from './to-record.js';

/** The clock; `passed`: it has passed the instant, and what is due at it acts. */
interface LifeNow {
  readonly at: Instant;
  readonly passed: boolean;
}

interface LifeInput {
  readonly judged: Judged;
  readonly facts: StatementFacts;
  /** By cycle. */
  readonly last: ReadonlyMap<string, LastRevision>;
  /** Cycles whose freezing lies at or before this are not frozen yet. */
  readonly waitsTo: Instant;
}

/**
 * The statements of all cycles that have begun, with their life: provisional until frozen, which is when the cycle is over and
 * every source has had the delay agreed for it; final when both parties have signed the lines as they are, or when the
 * agreed time after the freezing has passed and nothing is disputed.
 *
 * What a breach that goes on costs is measured at the freezing, and once more when the statement becomes final by time. What
 * changes about a final statement stands as adjustments in the next one that is not final; after the last cycle in a
 * revision of the last. A change is to be recorded and the life asked again, until there is none.
 */
export function liveStatements(versions: ContractVersions, input: LifeInput, now: LifeNow): LiveStatement[] {
  if (!agreeOnMoney(versions)) return [];
  const cycles = cyclesOf(versions);
  const begun = cycles.filter((cycle) => cycle.from <= now.at);
  const plans = begun.map((cycle) => planOf(versions, cycle, input, now));
  const places = new Map(begun.map(({ name }, place) => [name, place]));
  const carrierOf = (place: number): number | null => {
    if (plans[place]!.last?.state !== 'final') return place;
    const next = plans.findIndex(({ last }, at) => at > place && last?.state !== 'final');
    if (next >= 0) return next;
    return begun.length === cycles.length ? begun.length - 1 : null;
  };
  const carriers = plans.map((_, place) => carrierOf(place));
  const measuredAt = (breach: Breach, cycle: Period): Instant => {
    if (breach.stoppedAt !== null && breach.stoppedAt <= now.at) return now.at;
    const place = places.get(cycle.name);
    const carrier = place === undefined ? null : carriers[place];
    const fixedAt = carrier === null || carrier === undefined ? null : plans[carrier]!.measuredAt;
    return fixedAt === null ? now.at : Math.max(fixedAt, breach.at);
  };
  const ownLines = linesByCycle(versions, cycles, input.judged, measuredAt);
  const earlier: EarlierCycle[] = [];
  const owns: OwnLines[] = [];
  const statements: LiveStatement[] = [];
  for (const [place, plan] of plans.entries()) {
    const ofEarlier = plans
      .slice(0, place)
      .flatMap((_, from) => (carriers[from] === place ? adjust(plans, from, owns[from]!, place) : []));
    const recorded = plan.last?.state === 'final' ? plan.last.lines.filter((line) => !isOwn(line)) : ofEarlier;
    const later = plans.slice(place + 1).map((one) => ({ last: one.last, disputes: namedDisputes(one) }));
    const found = { lines: ownLines.get(plan.cycle.name)!, adjustments: recorded, later };
    const own = ownOf(plan, found, earlier, carriers[place] !== null);
    earlier.push({ cycle: plan.cycle, lines: own.counted });
    owns.push(own);
    const isLast = plan.last?.state === 'final' && carriers[place] === place;
    const ofItself = isLast ? adjust(plans, place, own, place) : [];
    statements.push(stateOf(plan, own, [...ofEarlier, ...ofItself], isLast, now));
  }
  return statements;
}

/** When the statement of a cycle freezes: at its end, and later by the longest delay agreed for a source. Null beyond the calendar. */
export function freezingInstant(contract: Contract, cycle: Period): Instant | null {
  return withinCalendar(() => {
    const delays = [...contract.sources.values()].flatMap(({ delayPeriod }) => delayPeriod ?? []);
    return Math.max(cycle.to, ...delays.map((delay) => endOfPeriod(delay, cycle.to)));
  });
}

/** When a frozen statement becomes final by time alone. */
export function finalInstant(contract: Contract, frozenAt: Instant): Instant | null {
  const { calendar, money } = contract;
  const period: Budget = money.finalAfter ?? {
    counting: 'working-days',
    count: 10,
    calendar,
    endsAt: 'close',
    text: '10 working days',
  };
  return withinCalendar(() => endOfPeriod(period, frozenAt));
}

function withinCalendar(find: () => Instant): Instant | null {
  try {
    return find();
  } catch (error) {
    if (error instanceof UncoveredYearError) return null;
    throw error;
  }
}

/** What time alone says about a cycle. */
interface Plan {
  readonly contract: Contract;
  readonly cycle: Period;
  readonly last: LastRevision | undefined;
  readonly disputes: readonly Dispute[];
  readonly signatures: readonly Signature[];
  readonly frozenAt: Instant | null;
  readonly finalDueAt: Instant | null;
  /** The time has come, and nothing was left open. */
  readonly freezes: boolean;
  readonly endsAt: Instant | null;
  /** Where what goes on is measured; null: at the clock. */
  readonly measuredAt: Instant | null;
}

function planOf(versions: ContractVersions, cycle: Period, input: LifeInput, now: LifeNow): Plan {
  const contract = versionFor(versions, cycle.from);
  const last = input.last.get(cycle.name);
  const disputes = input.facts.disputes.filter((one) => one.cycle === cycle.name);
  const signatures = input.facts.signatures.filter((one) => one.cycle === cycle.name);
  const isDue = (at: Instant | null): at is Instant => at !== null && (at < now.at || (now.passed && at <= now.at));
  const frozenAt = last?.frozenAt ?? freezingInstant(contract, cycle);
  const freezes = last === undefined && isDue(frozenAt) && frozenAt > input.waitsTo;
  const finalDueAt = frozenAt === null || (last === undefined && !freezes) ? null : finalInstant(contract, frozenAt);
  let endsAt: Instant | null = null;
  if (last?.state === 'frozen' && isDue(finalDueAt) && standing(disputes, last, last.lines).every(isClosed)) {
    const decided = disputes.flatMap(({ decision }) => (decision === null ? [] : [decision.at]));
    endsAt = Math.min(now.at, Math.max(finalDueAt, ...decided));
  }
  const measuredAt = last?.finalAt ?? endsAt ?? (last !== undefined || freezes ? frozenAt : null);
  return { contract, cycle, last, disputes, signatures, frozenAt, finalDueAt, freezes, endsAt, measuredAt };
}

function isClosed({ state }: LiveDispute): boolean {
  return state !== 'open';
}

/**
 * Disputes as they stand about these lines. One that was recorded keeps its line; one that names a place means that of the
 * revision recorded last. What is raised after a statement is final is moot.
 */
function standing(
  disputes: readonly Dispute[],
  last: LastRevision | undefined,
  lines: readonly LifeLine[],
): LiveDispute[] {
  const byId = new Map(lines.map((line) => [line.id, line]));
  return named(disputes, last).map((dispute) => {
    const line = byId.get(dispute.lineId);
    return line === undefined || !isDisputable(line, lines) ? { ...dispute, state: 'moot' } : dispute;
  });
}

/** The same, whether or not their lines are there. */
function named(disputes: readonly Dispute[], last: LastRevision | undefined): LiveDispute[] {
  if (disputes.length === 0) return [];
  const known = new Map(last?.disputes.map((one) => [`${one.source}\n${one.id}`, one]));
  return disputes.map((dispute) => {
    const before = known.get(`${dispute.source}\n${dispute.id}`);
    const line = typeof dispute.line === 'number' ? last?.lines[dispute.line - 1]?.id : dispute.line;
    const late = last?.state === 'final' && (before === undefined || before.state === 'moot');
    const state = late ? 'moot' : (dispute.decision?.outcome ?? 'open');
    return { ...dispute, lineId: before?.line ?? line ?? String(dispute.line), state };
  });
}

/** What was decided about adjustments is asked for before it is known whether they still stand, except of what is final. */
function namedDisputes({ disputes, last }: Plan): LiveDispute[] {
  return last?.state === 'final' ? standing(disputes, last, last.lines) : named(disputes, last);
}

interface OwnLines {
  /** All lines of the cycle itself, as they would stand now. */
  readonly lines: readonly LifeLine[];
  /** Of these what counts into limits over several cycles. */
  readonly counted: readonly Line[];
  readonly capped: readonly string[];
  readonly disputes: readonly LiveDispute[];
}

/** What is there before anything is decided about it. */
interface Found {
  /** The remedies of the cycle. */
  readonly lines: readonly Line[];
  /** What its statement carries of earlier cycles. */
  readonly adjustments: readonly LifeLine[];
  readonly later: readonly LaterStatement[];
}

/** The lines of the cycle itself: remedies, what was decided about disputed ones, and the limits over all of them. */
function ownOf(plan: Plan, found: Found, earlier: readonly EarlierCycle[], moves: boolean): OwnLines {
  const { contract, cycle, last } = plan;
  if (!moves && last !== undefined) {
    const lines = last.lines.filter(isOwn);
    return { lines, counted: lines, capped: last.capped, disputes: standing(plan.disputes, last, last.lines) };
  }
  const remedies = withIds(found.lines);
  const disputes = standing(plan.disputes, last, [...remedies, ...found.adjustments]);
  const decided = linesOfDisputes(contract, cycle, remedies, disputes);
  const base = last?.state === 'final' ? last.lines.filter(isOwn) : [];
  decided.push(...linesOfDisputedAdjustments(contract, cycle, [...remedies, ...decided], base, found.later));
  const before = [...remedies, ...decided.filter((line) => !isBeside(line, cycle))];
  const { lines, capped } = applyLimits(contract, cycle, before, earlier);
  const limits = withIds(lines.slice(before.length));
  const behind = decided.filter((line) => isBeside(line, cycle));
  return { lines: [...before, ...limits, ...behind], counted: lines, capped, disputes };
}

/** What stands beside the limits stays there when it was decided about, or about its adjustment. */
function isBeside({ id }: LifeLine, cycle: Period): boolean {
  const about = id.slice(DECIDED.length);
  const adjusted = adjustmentId(cycle.name, '');
  const remedy = remedyIn(about.startsWith(adjusted) ? about.slice(adjusted.length) : about);
  return remedy === 'bonus' || remedy === 'earn-back';
}

/** Whether a recorded line is of the cycle itself. */
function isOwn({ adjusts }: LifeLine): boolean {
  return adjusts === null;
}

function withIds(lines: readonly Line[]): LifeLine[] {
  const ids = lineIds(lines);
  return lines.map((line, place) => ({ ...line, id: ids[place]!, adjusts: null }));
}

/** What has changed about the lines of a final statement and stands in no other final one yet. */
function adjust(plans: readonly Plan[], from: number, own: OwnLines, carrier: number): LifeLine[] {
  const { cycle, last } = plans[from]!;
  const carried = new Map<string, { readonly line: LifeLine; readonly amount: Decimal }>();
  const carry = (id: string, line: LifeLine): void => {
    carried.set(id, { line, amount: (carried.get(id)?.amount ?? new Decimal(0)).plus(line.amount) });
  };
  for (const line of last!.lines) if (isOwn(line)) carry(line.id, line);
  for (const [place, { last: other }] of plans.entries()) {
    if (place === carrier || other?.state !== 'final') continue;
    for (const line of other.lines) if (line.adjusts?.cycle === cycle.name) carry(line.adjusts.line, line);
  }
  const now = new Map(own.lines.map((line) => [line.id, line]));
  const ids = [...new Set([...now.keys(), ...carried.keys()])];
  return ids.flatMap((id): LifeLine[] => {
    const line = now.get(id);
    const before = carried.get(id);
    const amount = (line?.amount ?? new Decimal(0)).minus(before?.amount ?? 0);
    if (amount.isZero()) return [];
    const { party, clause, about, subject, instance } = (line ?? before!.line) satisfies Line;
    return [
      {
        party,
        remedy: 'adjustment',
        clause,
        about,
        subject,
        instance,
        base: (line?.amount ?? new Decimal(0)).toFixed(2),
        rate: '1',
        quantity: '1',
        amount,
        id: adjustmentId(cycle.name, id),
        adjusts: { cycle: cycle.name, line: id },
      },
    ];
  });
}

function stateOf(
  plan: Plan,
  own: OwnLines,
  adjustments: readonly LifeLine[],
  carriesItself: boolean,
  now: LifeNow,
): LiveStatement {
  const { contract, cycle, last, frozenAt, finalDueAt, freezes, endsAt } = plan;
  const isFinal = last?.state === 'final';
  const lines = !isFinal
    ? [...own.lines, ...adjustments]
    : carriesItself
      ? [...last.lines.filter(isOwn), ...adjustments]
      : last.lines;
  const linesChanged = last === undefined || !sameLines(last.lines, lines);
  const revision = last?.revision ?? 0;
  const linesRevision = !linesChanged ? last.linesRevision : revision + 1;
  const signatures = latestOf(plan.signatures).map((one) => ({
    ...one,
    counts: last !== undefined && one.revision >= linesRevision && one.revision <= revision && one.at >= last.frozenAt,
  }));
  const signed = signatures.filter(({ counts }) => counts).length === 2;
  const said = isFinal ? standing(plan.disputes, last, last.lines) : own.disputes;
  const kept = isFinal ? keepCounting(signatures, last) : signatures;
  const change: StatementChange | null = freezes
    ? 'frozen'
    : last === undefined
      ? null
      : last.state === 'frozen' && (endsAt !== null || signed)
        ? 'final'
        : linesChanged ||
            !same(last.disputes, said.map(toRecordedDispute)) ||
            !same(last.signatures, kept.map(toRecordedSignature))
          ? 'revised'
          : null;
  const finalAt = last?.finalAt ?? (change === 'final' ? (endsAt ?? now.at) : null);
  return {
    contract: contract.id,
    cycle,
    state: finalAt !== null ? 'final' : last !== undefined || freezes ? 'frozen' : 'provisional',
    currency: contract.currency,
    lines,
    ...totalsOf(lines),
    capped: isFinal ? last.capped : own.capped,
    disputes: said,
    signatures: kept,
    frozenAt,
    finalDueAt,
    finalAt,
    change,
    linesChanged,
  };
}

/** What was signed when a statement became final stays signed. */
function keepCounting(signatures: readonly LiveSignature[], last: LastRevision): LiveSignature[] {
  const known = new Map(last.signatures.map((one) => [`${one.source}\n${one.id}`, one]));
  return signatures.map((one) => ({ ...one, counts: known.get(`${one.source}\n${one.id}`)?.counts ?? false }));
}

/** Of each party the last. */
function latestOf(signatures: readonly Signature[]): Signature[] {
  const latest = new Map<PartyId, Signature>();
  for (const one of signatures) latest.set(one.party, one);
  return [...latest.values()].sort((a, b) => (a.party < b.party ? -1 : 1));
}

function sameLines(a: readonly LifeLine[], b: readonly LifeLine[]): boolean {
  return a.length === b.length && a.every((line, place) => sameLine(line, b[place]!));
}

function sameLine(a: LifeLine, b: LifeLine): boolean {
  return (
    a.id === b.id &&
    a.base === b.base &&
    a.rate === b.rate &&
    a.quantity === b.quantity &&
    a.amount.equals(b.amount) &&
    a.adjusts?.cycle === b.adjusts?.cycle &&
    a.adjusts?.line === b.adjusts?.line
  );
}

function same(a: readonly unknown[], b: readonly unknown[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
