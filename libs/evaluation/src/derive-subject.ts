import type { Instant } from '#libs/calendar';
import type { Contract } from '#libs/contract';
import { noCircumstances, type Circumstances } from './circumstances.js';
import { versionFor, type ContractVersions } from './contract-versions.js';
import { allowedText } from './counting.js';
import {
  deriveClock,
  describeDerived,
  latenessOf,
  letGo,
  unknownInGap,
  named,
  type Clock,
  type Derived,
  type Now,
} from './derive-clock.js';
import { dutyClock, dutyOpening, dutyPeriodOf, isDutyKind } from './derive-duty.js';
import { deriveProhibition, isProhibitionKind } from './derive-prohibition.js';
import { effectiveFacts, type EffectiveFact } from './effective-facts.js';
import { rulesOfKind } from './effects-of-type.js';
import { amend, dueOf, foldFact, startFold, type FoldedSubject, type Instance } from './fold-subject.js';
import { admitEvidence, type Admitted, type Evidence, type Lateness } from './late-evidence.js';
import type { SubjectState } from './subject-state.js';
import { cutAt } from './suspension.js';
import type { Verdict } from './verdict.js';

export interface DerivedSubject {
  /** The version in force when the subject opened, or its period began. */
  readonly contract: Contract;
  readonly circumstances: Circumstances;
  readonly verdicts: readonly Derived[];
  readonly dimensions: Readonly<Record<string, string>>;
  /** Case subjects only: the state of the case after its facts. */
  readonly folded: FoldedSubject | null;
  /** Earliest instant after `now` at which something changes by time alone: a fact dated ahead, an amendment, excused time; deadlines are found by the diff. */
  readonly nextFactAt: Instant | null;
}

type State = Pick<SubjectState, 'kind' | 'subject' | 'facts' | 'corrections'>;

/** What facts lead to, before time is told. */
interface Reading {
  readonly contract: Contract;
  readonly clocks: readonly Clock[];
  readonly breaches: readonly Derived[];
  readonly folded: FoldedSubject | null;
  readonly nextAt: Instant | null;
}

/**
 * All verdicts of a subject, from the set of its facts and its circumstances: pure, and the same for every order of
 * arrival. The circumstances are those of the same instant. Kinds that only bear on others (exemptions, waivers …) have none.
 */
export function deriveSubject(
  versions: ContractVersions,
  state: State,
  now: Now,
  circumstances: Circumstances = noCircumstances,
): DerivedSubject {
  const law = versions[versions.length - 1]!;
  const { kind, subject } = state;
  const admitted = hasLate(state)
    ? admitEvidence(law, state, circumstances, (one) =>
        latenessIn(readFacts(versions, kind, subject, one, now, circumstances)),
      )
    : undefined;
  const reading = readFacts(versions, kind, subject, admitted ?? state, now, circumstances);
  const verdicts: Derived[] = [];
  let nextFactAt = reading.nextAt;
  const hasGaps = circumstances.gaps.size > 0;
  const add = (measured: Derived): void => {
    const informed = admitted === undefined ? measured : withEvidence(measured, admitted);
    const waived = letGo(informed, circumstances, subject);
    const derived = hasGaps ? unknownInGap(waived, circumstances) : waived;
    verdicts.push(derived);
    nextFactAt = earlier(nextFactAt, derived.nextEdgeAt);
  };
  for (const clock of reading.clocks) add(deriveClock(clock, now));
  for (const breach of reading.breaches) add(breach);
  const { contract, folded } = reading;
  return { contract, circumstances, verdicts, dimensions: folded?.dimensions ?? NO_DIMENSIONS, folded, nextFactAt };
}

const NONE: readonly never[] = [];
const NO_DIMENSIONS: Readonly<Record<string, string>> = Object.freeze({});

/** Late evidence is seldom; where there is none everything takes part. */
function hasLate({ facts, corrections }: Evidence): boolean {
  for (const one of facts) if (one.late === true) return true;
  for (const one of corrections) if (one.late === true) return true;
  return false;
}

/** Names the late evidence that waits to change the instance, and the words by which such evidence takes part. */
function withEvidence(derived: Derived, { waiting, accepted }: Admitted): Derived {
  if (waiting.length === 0 && accepted.length === 0) return derived;
  const key = instanceKey(derived);
  const words = accepted.filter(({ instances }) => instances.has(key)).map(({ word }) => word);
  return {
    ...derived,
    awaiting: waiting.filter(({ instances }) => instances.has(key)).map(({ fact }) => fact),
    used: [...derived.used, ...words.map((word) => ({ ...named(word), role: 'acceptance' as const }))],
  };
}

function instanceKey({ rule, startedAt, party }: Pick<Derived, 'rule' | 'startedAt' | 'party'>): string {
  return `${rule.id}/${startedAt}/${party}`;
}

function latenessIn({ clocks, breaches }: Reading): Lateness {
  const found = new Map<string, { party: Derived['party']; millis: number }>();
  for (const clock of clocks) {
    const { party } = clock.rule;
    found.set(instanceKey({ ...clock, party }), { party, millis: latenessOf(clock) });
  }
  for (const one of breaches) found.set(instanceKey(one), { party: one.party, millis: Infinity });
  return found;
}

function earlier(a: Instant | null, b: Instant | null): Instant | null {
  if (a === null) return b;
  return b === null ? a : Math.min(a, b);
}

function readFacts(
  versions: ContractVersions,
  kind: string,
  subject: string,
  evidence: Evidence,
  now: Now,
  circumstances: Circumstances,
): Reading {
  const facts = factsAbout(versions[versions.length - 1]!, kind, subject, evidence);
  // They are in the order of time.
  let count = facts.length;
  while (count > 0 && facts[count - 1]!.occurredAt > now.at) count--;
  const past = count === facts.length ? facts : facts.slice(0, count);
  const ahead = facts[count]?.occurredAt ?? null;
  if (isDutyKind(kind)) return readDuty(versions, kind, subject, past, ahead, now, circumstances);
  const first = past[0]?.occurredAt ?? -Infinity;
  if (kind.includes(':')) {
    const breaches = isProhibitionKind(kind) ? deriveProhibition(versions, kind, past) : NONE;
    return { contract: versionFor(versions, first), clocks: NONE, breaches, folded: null, nextAt: ahead };
  }
  return readCase(versions, kind, subject, facts, past, ahead, now, circumstances);
}

function readDuty(
  versions: ContractVersions,
  kind: string,
  subject: string,
  past: readonly EffectiveFact[],
  ahead: Instant | null,
  now: Now,
  circumstances: Circumstances,
): Reading {
  const found = dutyPeriodOf(versions, kind, subject);
  const none = { clocks: NONE, breaches: NONE, folded: null };
  if (found === undefined) return { ...none, contract: versions[0], nextAt: ahead };
  const { contract } = found;
  const opening = dutyOpening(found, past);
  if (opening === undefined) return { ...none, contract, nextAt: ahead };
  if (opening.at > now.at) return { ...none, contract, nextAt: earlier(ahead, opening.at) };
  return { ...none, contract, clocks: [dutyClock(found, opening, past, circumstances)], nextAt: ahead };
}

function readCase(
  versions: ContractVersions,
  id: string,
  subject: string,
  facts: readonly EffectiveFact[],
  past: readonly EffectiveFact[],
  ahead: Instant | null,
  now: Now,
  circumstances: Circumstances,
): Reading {
  const contract = versions.length === 1 ? versions[0] : versionOpening(versions, id, facts);
  const kind = contract.subjectKinds.get(id);
  if (kind === undefined)
    throw new Error(`contract ${contract.id} version ${contract.version} has no subject kind '${id}'`);
  const later = contract === versions[versions.length - 1] ? NONE : laterVersions(versions, contract, id);
  const folded = startFold(contract, kind, subject, circumstances, later.length > 0);
  let amended = 0;
  for (const fact of past) {
    for (; amended < later.length && later[amended]!.inForceFrom <= fact.occurredAt; amended++)
      amend(folded, later[amended]!);
    foldFact(folded, fact);
  }
  for (; amended < later.length && later[amended]!.inForceFrom <= now.at; amended++) amend(folded, later[amended]!);
  const clocks: Clock[] = [];
  for (const runs of folded.runs) {
    if (runs !== undefined) for (const instance of runs) clocks.push(clockOf(instance, folded.priority));
  }
  const nextAt = earlier(ahead, later[amended]?.inForceFrom ?? null);
  return { contract, clocks, breaches: NONE, folded, nextAt };
}

/** The version in force when the case opened; before it has, the first. */
function versionOpening(versions: ContractVersions, kind: string, facts: readonly EffectiveFact[]): Contract {
  const opened = versions[0].subjectKinds.get(kind)?.opened ?? NONE;
  const opening = facts.find((fact) => opened.some((trigger) => trigger.on === fact.type));
  return versionFor(versions, opening?.occurredAt ?? -Infinity);
}

/** Versions after the one a case opened under that move running instances of its kind. */
function laterVersions(versions: ContractVersions, contract: Contract, kind: string): readonly Contract[] {
  return versions.filter(
    (one) =>
      one.inForceFrom > contract.inForceFrom &&
      rulesOfKind(one, kind).rules.some(({ obligation }) => obligation.onAmendment === 'move'),
  );
}

/** Where the target goes by no priority, the one of the case stands beside it: figures and sums may go by it. */
function clockOf(instance: Instance, priorityOfCase: string): Clock {
  const { contract, obligation, number, startedAt, budget, pauses, suspensions, end, used, priority } = instance;
  return {
    contract,
    rule: obligation,
    number,
    startedAt,
    countedFrom: startedAt,
    budget,
    allowed: obligation.target.by === 'fact' ? null : allowedText(budget),
    dueAt: dueOf(instance),
    pauses,
    suspensions: end === null ? suspensions : cutAt(suspensions, end.at),
    end,
    used,
    priority: priority === '' ? priorityOfCase : priority,
    sum: null,
  };
}

/** A corrected fact may have another key than when it came: it counts only for the subject that it names now. */
function factsAbout(
  contract: Contract,
  kind: string,
  subject: string,
  { facts, corrections }: Evidence,
): readonly EffectiveFact[] {
  const effective = effectiveFacts(contract, facts, corrections);
  if (corrections.length === 0) return effective;
  return effective.filter(({ type, source, id, data }) => {
    const feed = contract.eventTypes.get(type)?.feeds.find((one) => one.kind === kind);
    // The subject of an event is never corrected, so only keys that lie in the data are looked at.
    const key = feed?.keyOf({ source, id, subject: undefined, data });
    return key === undefined || key === subject;
  });
}

/** The whole record: what holds, how it was measured, and why. */
export function describeVerdict(subject: DerivedSubject, derived: Derived, name: string, now: Now): Verdict {
  return describeDerived(derived, subject.circumstances, name, subject.dimensions, now);
}
