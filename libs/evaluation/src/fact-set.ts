import type { Instant } from '#libs/calendar';
import type { Fact, Refusal } from '#libs/contract';
import { compareCodePoints } from './order-facts.js';
import { noCircumstances, type Circumstances } from './circumstances.js';
import { type ContractVersions } from './contract-versions.js';
import { deriveCircumstances } from './derive-circumstances.js';
import { dutyPeriods } from './derive-duty.js';
import { allFindings, awaitingAcceptance, findingsOfSubject, type JudgedFinding } from './findings.js';
import { faultedVerdicts } from './fault-subject.js';
import { breachOf, type Breach, type Notice } from './breach.js';
import type { Now } from './derive-clock.js';
import { deriveSubject, describeVerdict, type DerivedSubject } from './derive-subject.js';
import type { StandardVerdict } from './judge-standard.js';
import { registerFact, type FactIndex, type IdEntry, type WaitingCorrection } from './register-fact.js';
import { deriveStatementFacts, type StatementFacts } from './statement-facts.js';
import { emptyState, splitStateKey, stateKey, unknownOf, unpackState } from './subject-state.js';
import type { KeptCorrection, KeptFact, SubjectState } from './subject-state.js';
import { contributionsOfKind, contributionsOfSubject, measuredEvidence, StandardTally } from './tally-standards.js';
import { isMeasuredKind, measuredStandard } from './counted-standards.js';
import type { Verdict } from './verdict.js';

export interface JudgedVerdict {
  readonly verdict: Verdict;
  readonly revision: number;
}

/** What holds about a contract as of an instant. Verdicts in public order, standards by id and period, notices by time. */
export interface Judgement {
  readonly verdicts: readonly JudgedVerdict[];
  readonly standards: readonly StandardVerdict[];
  readonly breaches: readonly Breach[];
  readonly notices: readonly Notice[];
  /** Facts that do not act, by their time. */
  readonly findings: readonly JudgedFinding[];
  /** What the parties have said about statements. */
  readonly statementFacts: StatementFacts;
}

/** A state that only this set changes, by adding to it. */
interface GrowingState extends SubjectState {
  readonly facts: KeptFact[];
  readonly corrections: KeptCorrection[];
}

const NONE: readonly never[] = [];

/** The set of accepted facts of one contract, in memory: what `evaluate` and every question about the past are answered from. */
export class FactSet {
  /** By source and id. */
  private readonly ids = new Map<string, Map<string, IdEntry>>();
  private readonly waitingByTarget = new Map<string, WaitingCorrection[]>();
  private readonly states = new Map<string, GrowingState>();
  private readonly index: FactIndex = {
    entry: (source, id) => this.ids.get(source)?.get(id),
    waiting: (source, id) =>
      this.waitingByTarget.size === 0 ? NONE : (this.waitingByTarget.get(identity(source, id)) ?? NONE),
    kept: (key) => this.states.get(key),
  };
  /** Greatest `time` accepted, the default as-of instant; -Infinity where there is none. */
  greatestTime: Instant = -Infinity;

  constructor(private readonly versions: ContractVersions) {}

  /** Refusals: of the fact itself, or of corrections that waited for it and do not fit it. */
  add(fact: Fact): readonly Refusal[] {
    const registration = registerFact(this.versions[this.versions.length - 1]!, fact, this.index);
    if (registration.outcome === 'duplicate') return [];
    if (registration.outcome === 'refused') return [registration.refusal];
    this.greatestTime = Math.max(this.greatestTime, fact.occurredAt);
    for (const { source, id, entry } of registration.entries) this.remember(source, id, entry);
    for (const correction of registration.waitingRemoved) this.stopWaiting(correction);
    for (const waiting of registration.waitingAdded) this.wait(waiting);
    for (const { key, facts, corrections } of registration.feeds) {
      let state = this.states.get(key);
      if (state === undefined) {
        state = { ...splitStateKey(key), facts: [], corrections: [], recorded: [] };
        this.states.set(key, state);
      }
      // An id is registered once, so an ordinary fact is new to the state; a correction can bring what is there already.
      state.facts.push(...(corrections.length === 0 ? facts : unknownOf(facts, state.facts)));
      state.corrections.push(...unknownOf(corrections, state.corrections));
    }
    return registration.refusals;
  }

  private remember(source: string, id: string, entry: IdEntry): void {
    const ofSource = this.ids.get(source);
    if (ofSource === undefined) this.ids.set(source, new Map([[id, entry]]));
    else ofSource.set(id, entry);
  }

  /** Verdicts as of an instant, in public order: obligation, subject, instance. Throws where judging leaves the calendar. */
  verdicts(asOf: Instant): readonly JudgedVerdict[] {
    return this.judge(asOf).verdicts;
  }

  /** As `verdicts`, but subjects that cannot be judged are `faulted` and the others stand. */
  verdictsOrFaults(asOf: Instant): readonly JudgedVerdict[] {
    return this.judge(asOf, 'show-faults').verdicts;
  }

  /**
   * All that holds as of an instant. A subject that cannot be judged, since judging leaves the calendar, throws; or is shown
   * as `faulted`, adds nothing to any figure, and the others stand.
   */
  judge(asOf: Instant, faults: 'throw' | 'show-faults' = 'throw'): Judgement {
    const { versions } = this;
    const circumstances = this.circumstances(asOf);
    const now = { at: asOf, passed: false };
    const verdicts: JudgedVerdict[] = [];
    const breaches: Breach[] = [];
    const findings: JudgedFinding[] = [];
    const tally = new StandardTally(versions);
    for (const state of this.allStates()) {
      if (isMeasuredKind(state.kind)) {
        const evidence = measuredEvidence(versions, state, now, circumstances);
        tally.add(contributionsOfKind(versions, { kind: state.kind, ...evidence }, now, circumstances));
        const standard = measuredStandard(state.kind);
        findings.push(...evidence.waiting.map(({ fact }) => awaitingAcceptance(fact, standard)));
        continue;
      }
      let subject: DerivedSubject;
      let described: JudgedVerdict[];
      try {
        subject = deriveSubject(versions, state, now, circumstances);
        described = describeAll(subject, state, now);
      } catch (error) {
        if (faults === 'throw') throw error;
        const faulted = faultedVerdicts(versions, state, { subject: state.subject, now }, error);
        verdicts.push(...faulted.map(({ verdict }) => ({ verdict, revision: 1 })));
        continue;
      }
      verdicts.push(...described);
      findings.push(...findingsOfSubject(subject, state.subject));
      for (const derived of subject.verdicts) {
        const breach = breachOf(derived, state.subject);
        if (breach !== undefined) breaches.push(breach);
      }
      tally.add(contributionsOfSubject(versions, subject, now));
    }
    const notices = [...circumstances.notices].flatMap(([about, served]) => served.map((one) => ({ about, ...one })));
    return {
      verdicts: verdicts.sort(byPublicOrder),
      standards: tally.verdicts(asOf, circumstances.gaps),
      breaches,
      notices: notices.sort((a, b) => a.at - b.at),
      findings: allFindings(findings, circumstances),
      statementFacts: deriveStatementFacts(versions, this.states.values(), asOf),
    };
  }

  /** Those that facts name, and the duties about periods that none has named. */
  private *allStates(): Generator<SubjectState> {
    yield* this.states.values();
    for (const { kind, subject } of dutyPeriods(this.versions)) {
      if (!this.states.has(stateKey(kind, subject))) yield emptyState(kind, subject);
    }
  }

  /** What bears on the subjects from outside them, as of an instant. */
  circumstances(asOf: Instant): Circumstances {
    return deriveCircumstances(this.versions, this.states.values(), { at: asOf, passed: false });
  }

  private wait(waiting: WaitingCorrection): void {
    const target = identity(waiting.targetSource, waiting.targetId);
    const list = this.waitingByTarget.get(target);
    if (list === undefined) this.waitingByTarget.set(target, [waiting]);
    else list.push(waiting);
  }

  private stopWaiting(correction: { source: string; id: string }): void {
    for (const [target, list] of this.waitingByTarget) {
      const left = list.filter(
        (one) => one.correction.id !== correction.id || one.correction.source !== correction.source,
      );
      if (left.length === 0) this.waitingByTarget.delete(target);
      else if (left.length < list.length) this.waitingByTarget.set(target, left);
    }
  }
}

function judgeState(
  versions: ContractVersions,
  state: SubjectState,
  at: Instant,
  circumstances: Circumstances,
): JudgedVerdict[] {
  const now = { at, passed: false };
  return describeAll(deriveSubject(versions, state, now, circumstances), state, now);
}

function describeAll(derived: DerivedSubject, state: SubjectState, now: Now): JudgedVerdict[] {
  if (state.recorded.length === 0) {
    return derived.verdicts.map((one) => ({
      verdict: describeVerdict(derived, one, state.subject, now),
      revision: 1,
    }));
  }
  const revisions = new Map(state.recorded.map((one) => [`${one.obligation}/${one.instance}`, one.revision]));
  return derived.verdicts.map((one) => ({
    verdict: describeVerdict(derived, one, state.subject, now),
    revision: revisions.get(`${one.rule.id}/${one.number}`) ?? 1,
  }));
}

/** The verdicts of one stored state at an instant, with the revisions recorded for them. */
export function deriveStored(
  versions: ContractVersions,
  key: string,
  packed: string,
  at: Instant,
  circumstances: Circumstances = noCircumstances,
): JudgedVerdict[] {
  return judgeState(versions, unpackState(key, packed), at, circumstances);
}

/**
 * What is true about `asOf`, from a contract's stored facts (each id once, in order of recording). What cannot be judged is
 * `faulted`, as it is on the stream.
 */
export function evaluateFacts(
  versions: ContractVersions,
  facts: Iterable<Fact>,
  asOf: Instant,
): readonly JudgedVerdict[] {
  const set = new FactSet(versions);
  for (const fact of facts) set.add(fact);
  return set.verdictsOrFaults(asOf);
}

/** By contract, obligation, subject, instance; names by Unicode code points. */
export function byPublicOrder(a: JudgedVerdict, b: JudgedVerdict): number {
  return (
    compareCodePoints(a.verdict.contract, b.verdict.contract) ||
    compareCodePoints(a.verdict.obligation, b.verdict.obligation) ||
    compareCodePoints(a.verdict.subject, b.verdict.subject) ||
    a.verdict.instance - b.verdict.instance
  );
}

function identity(source: string, id: string): string {
  return `${source}\n${id}`;
}
