import type { Instant } from '#libs/calendar';
import type { Contract, PartyId } from '#libs/contract';
import type { Derived, Now } from './derive-clock.js';
import { describeVerdict, type DerivedSubject } from './derive-subject.js';
import type { RecordedVerdict } from './subject-state.js';
import type { Decision, DecisionType, Verdict, VerdictState } from './verdict.js';

export interface DiffContext {
  readonly subject: string;
  readonly now: Now;
  readonly cause: Decision['cause'];
  readonly backfill: Decision['backfill'];
  /** Gives the next decision number of the contract. */
  readonly nextNumber: () => number;
}

export interface Diff {
  readonly decisions: readonly Decision[];
  readonly recorded: readonly RecordedVerdict[];
  /** When time alone changes something next; null: never. */
  readonly nextInstant: Instant | null;
}

/**
 * What has changed against what was recorded: the decisions to record, in the order of the contract's obligations.
 * Changes in elapsed or overdue time alone are none.
 */
export function diffSubject(derived: DerivedSubject, recorded: readonly RecordedVerdict[], context: DiffContext): Diff {
  const decisions: Decision[] = [];
  const kept: RecordedVerdict[] = [];
  let nextInstant = derived.nextFactAt;
  let found = 0;
  for (let place = 0; place < derived.verdicts.length; place++) {
    const one = derived.verdicts[place]!;
    const previous = recordedOf(one, recorded, place);
    if (previous !== undefined) found++;
    let current = previous;
    if (previous === undefined || differs(previous, one, derived)) {
      const decision = decide(derived, one, previous, context);
      decisions.push(decision);
      current = record(decision, one, previous);
    }
    if (one.state === 'running' && one.warnings.length > 0) {
      const passed = passedOf(one.warnings, context.now);
      if (passed > current!.warned) {
        decisions.push(warn(derived, one, one.warnings[passed - 1]!, current!, context));
        current = { ...current!, warned: passed };
      }
      const ahead = one.warnings[Math.max(passed, current!.warned)];
      if (ahead !== undefined) nextInstant = sooner(nextInstant, ahead.at);
    }
    if ((one.state === 'running' || one.state === 'paused') && one.dueAt !== null)
      nextInstant = sooner(nextInstant, one.dueAt + one.graceMillis);
    kept.push(current!);
  }
  if (found === recorded.length) return { decisions, recorded: kept, nextInstant };
  const left = recorded.filter((known) => !derived.verdicts.some((one) => isAbout(known, one)));
  for (const gone of left) {
    if (gone.state === 'withdrawn') {
      kept.push(gone);
      continue;
    }
    const decision = withdraw(derived.contract, gone, context);
    decisions.push(decision);
    kept.push({
      ...gone,
      state: 'withdrawn',
      dueAt: null,
      stoppedAt: null,
      revision: decision.revision,
      number: decision.number,
    });
  }
  return { decisions, recorded: kept, nextInstant };
}

function sooner(known: Instant | null, at: Instant): Instant {
  return known === null || at < known ? at : known;
}

/** How many of the warnings are due. */
function passedOf(warnings: Derived['warnings'], { at, passed }: Now): number {
  let count = 0;
  for (const warning of warnings) if (warning.at < at || (passed && warning.at <= at)) count++;
  return count;
}

/** What was recorded of the instance: mostly in the same place as it has now. */
function recordedOf(one: Derived, recorded: readonly RecordedVerdict[], place: number): RecordedVerdict | undefined {
  const expected = recorded[place];
  if (expected !== undefined && isAbout(expected, one)) return expected;
  return recorded.find((known) => isAbout(known, one));
}

function isAbout({ obligation, instance }: RecordedVerdict, { rule, number }: Derived): boolean {
  return instance === number && obligation === rule.id;
}

function differs(previous: RecordedVerdict, one: Derived, subject: DerivedSubject): boolean {
  return (
    previous.state !== one.state ||
    previous.startedAt !== one.startedAt ||
    previous.dueAt !== one.dueAt ||
    previous.stoppedAt !== one.stoppedAt ||
    previous.allowed !== one.allowed ||
    previous.clause !== clauseOf(one) ||
    !sameDimensions(previous.dimensions, subject.dimensions)
  );
}

function sameDimensions(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  if (a === b) return true;
  let more = 0;
  for (const key in a) {
    if (a[key] !== b[key]) return false;
    more++;
  }
  for (const _ in b) more--;
  return more === 0;
}

function clauseOf(one: Derived): string {
  const { clauses } = one.rule;
  return clauses[clauses.length - 1]!;
}

function decide(
  derived: DerivedSubject,
  one: Derived,
  previous: RecordedVerdict | undefined,
  context: DiffContext,
): Decision {
  const verdict = describeVerdict(derived, one, context.subject, context.now);
  const decision = numbered(typeOf(previous, one.state), verdict, previous, context);
  const ended = one.state === 'met' || one.state === 'cancelled' || one.state === 'excused';
  return ended && isWarnedOf(previous) ? { ...decision, endsWarning: true } : decision;
}

function isWarnedOf(previous: RecordedVerdict | undefined): boolean {
  return previous !== undefined && previous.warned > 0 && (previous.state === 'running' || previous.state === 'paused');
}

function numbered(
  type: DecisionType,
  verdict: Verdict,
  previous: RecordedVerdict | undefined,
  context: DiffContext,
): Decision {
  const decision: { -readonly [Name in keyof Decision]: Decision[Name] } = {
    type,
    contract: verdict.contract,
    number: context.nextNumber(),
    revision: (previous?.revision ?? 0) + 1,
    supersedes: previous?.number ?? null,
    effectiveAt: verdict.effectiveAt,
    verdict,
    cause: context.cause,
  };
  if (context.backfill !== undefined) decision.backfill = context.backfill;
  return decision;
}

function typeOf(previous: RecordedVerdict | undefined, next: VerdictState): DecisionType {
  if (next === 'breached') {
    if (previous?.state === 'breached') return 'compliance.breach.revised';
    return previous?.breachedBefore === true ? 'compliance.breach.reinstated' : 'compliance.breach.declared';
  }
  if (previous?.state === 'breached') return 'compliance.breach.withdrawn';
  switch (next) {
    case 'met':
      return 'compliance.verdict.met';
    case 'cancelled':
      return 'compliance.verdict.cancelled';
    case 'excused':
      return 'compliance.verdict.excused';
    case 'unknown':
      return 'compliance.verdict.unknown';
    case 'paused':
      return previous === undefined || previous.state === 'withdrawn'
        ? 'compliance.verdict.opened'
        : previous.state === 'paused'
          ? 'compliance.verdict.rescheduled'
          : 'compliance.verdict.paused';
    default:
      if (previous === undefined || previous.state === 'withdrawn') return 'compliance.verdict.opened';
      return previous.state === 'running' ? 'compliance.verdict.rescheduled' : 'compliance.verdict.resumed';
  }
}

function record(decision: Decision, one: Derived, previous: RecordedVerdict | undefined): RecordedVerdict {
  const { verdict } = decision;
  return {
    obligation: verdict.obligation,
    instance: verdict.instance,
    state: verdict.state,
    startedAt: verdict.startedAt,
    dueAt: verdict.dueAt,
    stoppedAt: verdict.stoppedAt,
    allowed: one.allowed,
    clause: verdict.clause,
    dimensions: verdict.dimensions,
    revision: decision.revision,
    number: decision.number,
    breachedBefore: previous?.breachedBefore === true || verdict.state === 'breached',
    warned: previous?.warned ?? 0,
  };
}

function warn(
  derived: DerivedSubject,
  one: Derived,
  warning: { at: Instant; text: string },
  current: RecordedVerdict,
  context: DiffContext,
): Decision {
  const verdict = describeVerdict(derived, one, context.subject, context.now);
  return {
    ...numbered('compliance.deadline.warned', verdict, current, context),
    revision: current.revision,
    effectiveAt: warning.at,
    warning: warning.text,
  };
}

/** An instance that no fact starts any more: its last record with nothing measured. */
function withdraw(contract: Contract, gone: RecordedVerdict, context: DiffContext): Decision {
  const decision = numbered(
    'compliance.verdict.withdrawn',
    unmeasured(contract, gone, 'withdrawn', context),
    gone,
    context,
  );
  if (gone.state === 'breached') return { ...decision, endsBreach: true };
  return isWarnedOf(gone) ? { ...decision, endsWarning: true } : decision;
}

/** A verdict that says nothing but its state: the instance is gone, or judging it failed. */
export function unmeasured(
  contract: Contract,
  last: Pick<RecordedVerdict, 'obligation' | 'instance' | 'startedAt' | 'allowed'>,
  state: 'withdrawn' | 'faulted',
  context: Pick<DiffContext, 'subject' | 'now'>,
  fault?: string,
): Verdict {
  const rule = ruleOf(contract, last.obligation);
  const clauses = rule?.clauses ?? ['?'];
  return {
    contract: contract.id,
    obligation: last.obligation,
    clause: clauses[clauses.length - 1]!,
    party: rule?.party ?? 'provider',
    subject: context.subject,
    instance: last.instance,
    state,
    startedAt: last.startedAt,
    dueAt: null,
    stoppedAt: null,
    elapsed: 'PT0S',
    allowed: last.allowed,
    overdueBy: 'PT0S',
    effectiveAt: context.now.at,
    dimensions: {},
    because: {
      version: contract.version,
      contractHash: contract.hash,
      clauses,
      rule: last.obligation,
      facts: [],
      spans: [],
      sums: { running: 'PT0S', paused: 'PT0S', closed: 'PT0S' },
      counting: '',
      ...(fault === undefined ? {} : { fault }),
    },
  };
}

/** The head of a rule of any kind; of a prohibition of both sides whoever it is narrowed to. */
function ruleOf(
  contract: Contract,
  id: string,
): { clauses: readonly [string, ...string[]]; party: PartyId } | undefined {
  const rule = [...contract.obligations, ...contract.duties].find((one) => one.id === id);
  const prohibition = contract.prohibitions.find((one) => one.id === id);
  if (rule !== undefined || prohibition === undefined) return rule;
  const { party } = prohibition;
  return { clauses: prohibition.clauses, party: (party.by === 'rule' ? party.party : party.only) ?? 'provider' };
}
