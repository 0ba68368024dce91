import type { Instant } from '#libs/calendar';
import type { Contract, Fact, Refusal } from '#libs/contract';
import { compareCodePoints } from './order-facts.js';
import { deriveSubject, describeVerdict, type ContractVersions } from './derive-subject.js';
import { faultedVerdicts } from './fault-subject.js';
import { registerFact, type FactIndex, type IdEntry, type WaitingCorrection } from './register-fact.js';
import { emptyState, splitStateKey, unpackState, withFacts, type SubjectState } from './subject-state.js';
import type { Verdict } from './verdict.js';

export interface JudgedVerdict {
  readonly verdict: Verdict;
  readonly revision: number;
}

/** The set of accepted facts of one contract, in memory: what `evaluate` and every question about the past are answered from. */
export class FactSet {
  private readonly ids = new Map<string, IdEntry>();
  private readonly waitingByTarget = new Map<string, WaitingCorrection[]>();
  private readonly states = new Map<string, SubjectState>();
  private readonly index: FactIndex = {
    entry: (source, id) => this.ids.get(identity(source, id)),
    waiting: (source, id) => this.waitingByTarget.get(identity(source, id)) ?? [],
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
    for (const { source, id, entry } of registration.entries) this.ids.set(identity(source, id), entry);
    for (const correction of registration.waitingRemoved) this.stopWaiting(correction);
    for (const waiting of registration.waitingAdded) this.wait(waiting);
    for (const { key, facts, corrections } of registration.feeds) {
      const { kind, subject } = splitStateKey(key);
      this.states.set(key, withFacts(this.states.get(key) ?? emptyState(kind, subject), facts, corrections));
    }
    return registration.refusals;
  }

  /** Verdicts as of an instant, in public order: obligation, subject, instance. Throws where judging leaves the calendar. */
  verdicts(asOf: Instant): JudgedVerdict[] {
    return this.judged((state) => judgeState(this.versions, state, asOf));
  }

  /** As `verdicts`, but subjects that cannot be judged are `faulted` and the others stand. */
  verdictsOrFaults(asOf: Instant): JudgedVerdict[] {
    return this.judged((state) => {
      try {
        return judgeState(this.versions, state, asOf);
      } catch (error) {
        const context = { subject: state.subject, now: { at: asOf, passed: false } };
        return faultedVerdicts(this.versions, state, context, error).map(({ verdict }) => ({ verdict, revision: 1 }));
      }
    });
  }

  private judged(judge: (state: SubjectState) => readonly JudgedVerdict[]): JudgedVerdict[] {
    const found: JudgedVerdict[] = [];
    for (const state of this.states.values()) found.push(...judge(state));
    return found.sort(byPublicOrder);
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

function judgeState(versions: ContractVersions, state: SubjectState, at: Instant): JudgedVerdict[] {
  const now = { at, passed: false };
  const derived = deriveSubject(versions, state, now);
  const revisions = new Map(state.recorded.map((one) => [`${one.obligation}/${one.instance}`, one.revision]));
  return derived.verdicts.map((one) => ({
    verdict: describeVerdict(derived, one, state.subject, now),
    revision: revisions.get(`${one.instance.obligation.id}/${one.instance.number}`) ?? 1,
  }));
}

/** The verdicts of one stored state at an instant, with the revisions recorded for them. */
export function deriveStored(versions: ContractVersions, key: string, packed: string, at: Instant): JudgedVerdict[] {
  return judgeState(versions, unpackState(key, packed), at);
}

/**
 * What is true about `asOf`, from a contract's stored facts (each id once, in order of recording). What cannot be judged is
 * `faulted`, as it is on the stream.
 */
export function evaluateFacts(versions: ContractVersions, facts: Iterable<Fact>, asOf: Instant): JudgedVerdict[] {
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

/** Versions of one contract, sorted by their effect; at least one. */
export function versionsOf(contracts: readonly Contract[]): ContractVersions {
  const sorted = [...contracts].sort((a, b) => a.inForceFrom - b.inForceFrom || a.version - b.version);
  return sorted as unknown as ContractVersions;
}

function identity(source: string, id: string): string {
  return `${source}\n${id}`;
}
