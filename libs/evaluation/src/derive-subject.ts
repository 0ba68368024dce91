import { formatDuration, formatInstant, type Instant } from '#libs/calendar';
import type { Contract } from '#libs/contract';
import {
  allowedText,
  countsDays,
  elapsedText,
  endingDay,
  fractionInstant,
  instantBefore,
  overdueText,
  pausedTime,
  runningTime,
  zeroText,
} from './counting.js';
import { effectiveFacts, type EffectiveFact } from './effective-facts.js';
import { dueOf, foldFact, obligationsOf, startFold, type FoldedSubject, type Instance } from './fold-subject.js';
import type { SubjectState } from './subject-state.js';
import type { Because, Verdict, VerdictState } from './verdict.js';

/** Versions of one contract, by the instant they take effect; the earliest first. */
export type ContractVersions = readonly [Contract, ...Contract[]];

/** An instant of judging; `passed`: also what is due at this very instant has passed (a deadline that fires). */
export interface Now {
  readonly at: Instant;
  readonly passed: boolean;
}

/** What holds for one instance at an instant, without its reasons (`describeVerdict` adds them). */
export interface Derived {
  readonly instance: Instance;
  readonly state: VerdictState;
  readonly dueAt: Instant | null;
  readonly stoppedAt: Instant | null;
  readonly allowed: string | null;
  readonly effectiveAt: Instant;
  /** Instants of the rule's warnings, in order; empty where nothing is to be warned of. */
  readonly warnings: readonly { readonly at: Instant; readonly text: string }[];
}

export interface DerivedSubject {
  readonly contract: Contract;
  readonly folded: FoldedSubject;
  readonly verdicts: readonly Derived[];
  /** Earliest instant after `now` at which something changes by time alone (a fact dated ahead); deadlines are found by the diff. */
  readonly nextFactAt: Instant | null;
}

/** The version that judges a subject: the one in force when it opened. */
function versionFor(versions: ContractVersions, at: Instant): Contract {
  let chosen = versions[0];
  for (const version of versions) if (version.inForceFrom <= at) chosen = version;
  return chosen;
}

/** All verdicts of a subject, from the set of its facts: pure, and the same for every order of arrival. */
export function deriveSubject(
  versions: ContractVersions,
  state: Pick<SubjectState, 'kind' | 'subject' | 'facts' | 'corrections'>,
  now: Now,
): DerivedSubject {
  const facts = factsAbout(versions[versions.length - 1]!, state);
  const opening = facts.find((fact) =>
    versions[0].subjectKinds.get(state.kind)?.opened.some((trigger) => trigger.on === fact.type),
  );
  const contract = versionFor(versions, opening?.occurredAt ?? -Infinity);
  const kind = contract.subjectKinds.get(state.kind);
  if (kind === undefined)
    throw new Error(`contract ${contract.id} version ${contract.version} has no subject kind '${state.kind}'`);
  const folded = startFold(contract, kind);
  let nextFactAt: Instant | null = null;
  for (const fact of facts) {
    if (fact.occurredAt > now.at) {
      nextFactAt = fact.occurredAt;
      break;
    }
    foldFact(folded, fact);
  }
  return { contract, folded, verdicts: deriveVerdicts(folded, now), nextFactAt };
}

/** A corrected fact may have another key than when it came: it counts only for the subject that it names now. */
function factsAbout(
  contract: Contract,
  { kind, subject, facts, corrections }: Pick<SubjectState, 'kind' | 'subject' | 'facts' | 'corrections'>,
): EffectiveFact[] {
  const effective = effectiveFacts(contract, facts, corrections);
  if (corrections.length === 0) return effective;
  return effective.filter(({ type, data }) => {
    const feed = contract.eventTypes.get(type)?.feeds.find((one) => one.kind === kind);
    // The subject of an event is never corrected, so only keys that lie in the data are looked at.
    const key = feed?.keyOf({ subject: undefined, data });
    return key === undefined || key === subject;
  });
}

function deriveVerdicts(folded: FoldedSubject, now: Now): Derived[] {
  const verdicts: Derived[] = [];
  for (const obligation of obligationsOf(folded.contract, folded.kind.id)) {
    for (const instance of folded.runs.get(obligation.id) ?? [])
      verdicts.push(deriveInstance(folded.contract, instance, now));
  }
  return verdicts;
}

function deriveInstance(contract: Contract, instance: Instance, now: Now): Derived {
  const due = dueOf(instance);
  const { obligation, end } = instance;
  const allowed = obligation.target.by === 'fact' ? null : allowedText(instance.budget);
  const derived = { instance, allowed, dueAt: due, warnings: [] };
  if (end !== null) {
    const late = due !== null && isLate(contract, instance, end.at, due);
    const state = late ? 'breached' : end.how === 'cancelled' ? 'cancelled' : 'met';
    return { ...derived, state, stoppedAt: end.at, effectiveAt: end.at };
  }
  const declaredAt = due === null ? null : due + obligation.graceMillis;
  if (due !== null && (declaredAt! < now.at || (now.passed && declaredAt! <= now.at))) {
    return { ...derived, state: 'breached', stoppedAt: null, effectiveAt: due };
  }
  const lastPause = instance.pauses[instance.pauses.length - 1];
  if (lastPause?.to === Infinity) {
    return {
      ...derived,
      state: 'paused',
      dueAt: due !== null && obligation.graceMillis > 0 && due < now.at ? due : null,
      stoppedAt: null,
      effectiveAt: lastPause.from,
    };
  }
  const effectiveAt = Math.max(instance.startedAt, lastPause?.to ?? -Infinity);
  return {
    ...derived,
    state: 'running',
    stoppedAt: null,
    effectiveAt,
    warnings: due === null ? [] : warningsOf(instance, due),
  };
}

/** Met means stopped at or before due; a source that only knows dates is compared by local date. */
function isLate(contract: Contract, instance: Instance, at: Instant, due: Instant): boolean {
  if (at <= due) return false;
  if (instance.end?.dateOnly !== true) return true;
  const calendar = calendarOf(instance) ?? contract.calendar;
  return calendar.day(at) > endingDay(calendar, due);
}

function calendarOf(instance: Instance) {
  return instance.budget.counting === 'elapsed-time' ? null : instance.budget.calendar;
}

function warningsOf(instance: Instance, due: Instant): { at: Instant; text: string }[] {
  return instance.obligation.warnings
    .map((warning) => ({
      text: warning.text,
      at:
        warning.kind === 'fraction'
          ? fractionInstant(instance.budget, instance.startedAt, due, instance.pauses, warning.fraction)
          : Math.max(instance.startedAt, instantBefore(instance.budget, due, warning.millis)),
    }))
    .sort((a, b) => a.at - b.at);
}

/** The whole record: what holds, how it was measured, and why. */
export function describeVerdict(subject: DerivedSubject, derived: Derived, name: string, now: Now): Verdict {
  const { contract, folded } = subject;
  const { instance, state, dueAt } = derived;
  const { obligation, budget, startedAt, pauses } = instance;
  const until = Math.max(startedAt, derived.stoppedAt ?? now.at);
  const known = state === 'breached' || state === 'met' || state === 'cancelled' ? dueAt : null;
  const overdue = state === 'breached' && known !== null && until > known;
  return {
    contract: contract.id,
    obligation: obligation.id,
    clause: obligation.clauses[obligation.clauses.length - 1]!,
    party: obligation.party,
    subject: name,
    instance: instance.number,
    state,
    startedAt,
    dueAt,
    stoppedAt: derived.stoppedAt,
    elapsed: elapsedText(budget, startedAt, until, pauses),
    allowed: derived.allowed,
    overdueBy: overdue ? overdueText(budget, obligation.overdueUnit, known, until, pauses) : zeroText(budget),
    effectiveAt: derived.effectiveAt,
    dimensions: folded.dimensions,
    because: because(contract, instance, until),
  };
}

function because(contract: Contract, instance: Instance, until: Instant): Because {
  const { obligation, budget, startedAt, pauses } = instance;
  const calendar = calendarOf(instance);
  const running = runningTime(budget, startedAt, until, pauses);
  const paused = pausedTime(startedAt, until, pauses);
  return {
    version: contract.version,
    contractHash: contract.hash,
    clauses: obligation.clauses,
    rule: obligation.id,
    ...(instance.priority === '' ? {} : { priority: instance.priority }),
    ...(calendar === null ? {} : { calendar: { id: calendar.id, hash: calendar.hash, data: calendar.data } }),
    facts: instance.used.map(({ source, id, type, at, role }) => ({ source, id, type, at: formatInstant(at), role })),
    spans: spansOf(instance, until),
    sums: {
      running: formatDuration(running),
      paused: formatDuration(paused),
      closed: formatDuration(Math.max(0, until - startedAt - paused - running)),
    },
    counting: countsDays(budget) ? `${budget.counting}, ends at ${budget.endsAt}` : budget.counting,
  };
}

function spansOf(instance: Instance, until: Instant): Because['spans'] {
  const spans: Because['spans'][number][] = [];
  const add = (kind: 'running' | 'paused', from: Instant, to: Instant): void => {
    if (to > from) spans.push({ kind, from: formatInstant(from), to: formatInstant(to) });
  };
  let at = instance.startedAt;
  for (const pause of instance.pauses) {
    if (pause.from >= until) break;
    add('running', at, pause.from);
    add('paused', Math.max(at, pause.from), Math.min(pause.to, until));
    at = Math.min(pause.to, until);
  }
  add('running', at, until);
  return spans;
}
