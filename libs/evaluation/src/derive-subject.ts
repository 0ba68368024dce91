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
import { amend, dueOf, foldFact, obligationsOf, startFold, type FoldedSubject, type Instance } from './fold-subject.js';
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
  const read = ({ facts, corrections }: Evidence): Reading =>
    readFacts(versions, { kind: state.kind, subject: state.subject, facts, corrections }, now, circumstances);
  const admitted = admitEvidence(law, state, circumstances, (one) => latenessIn(read(one)));
  const reading = read(admitted);
  const verdicts = reading.clocks.map((clock) => deriveClock(clock, now));
  verdicts.push(...reading.breaches);
  let nextFactAt = reading.nextAt;
  for (let at = 0; at < verdicts.length; at++) {
    const waived = letGo(withEvidence(verdicts[at]!, admitted), circumstances, state.subject);
    const derived = circumstances.gaps.size === 0 ? waived : unknownInGap(waived, circumstances);
    verdicts[at] = derived;
    nextFactAt = earlier(nextFactAt, derived.nextEdgeAt);
  }
  return {
    contract: reading.contract,
    circumstances,
    verdicts,
    dimensions: reading.folded?.dimensions ?? {},
    folded: reading.folded,
    nextFactAt,
  };
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

function readFacts(versions: ContractVersions, state: State, now: Now, circumstances: Circumstances): Reading {
  const facts = factsAbout(versions[versions.length - 1]!, state);
  // They are in the order of time.
  let count = facts.length;
  while (count > 0 && facts[count - 1]!.occurredAt > now.at) count--;
  const past = count === facts.length ? facts : facts.slice(0, count);
  const ahead = facts[count]?.occurredAt ?? null;
  if (isDutyKind(state.kind)) return readDuty(versions, state, past, ahead, now, circumstances);
  const first = past[0]?.occurredAt ?? -Infinity;
  if (state.kind.includes(':')) {
    const breaches = isProhibitionKind(state.kind) ? deriveProhibition(versions, state.kind, past) : [];
    return { contract: versionFor(versions, first), clocks: [], breaches, folded: null, nextAt: ahead };
  }
  return readCase(versions, state, facts, past, ahead, now, circumstances);
}

function readDuty(
  versions: ContractVersions,
  { kind, subject }: State,
  past: readonly EffectiveFact[],
  ahead: Instant | null,
  now: Now,
  circumstances: Circumstances,
): Reading {
  const found = dutyPeriodOf(versions, kind, subject);
  const none = { clocks: [], breaches: [], folded: null };
  if (found === undefined) return { ...none, contract: versions[0], nextAt: ahead };
  const { contract } = found;
  const opening = dutyOpening(found, past);
  if (opening === undefined) return { ...none, contract, nextAt: ahead };
  if (opening.at > now.at) return { ...none, contract, nextAt: earlier(ahead, opening.at) };
  return { ...none, contract, clocks: [dutyClock(found, opening, past, circumstances)], nextAt: ahead };
}

function readCase(
  versions: ContractVersions,
  { kind: id, subject }: State,
  facts: readonly EffectiveFact[],
  past: readonly EffectiveFact[],
  ahead: Instant | null,
  now: Now,
  circumstances: Circumstances,
): Reading {
  const opened = versions[0].subjectKinds.get(id)?.opened ?? [];
  const opening = facts.find((fact) => opened.some((trigger) => trigger.on === fact.type));
  const contract = versionFor(versions, opening?.occurredAt ?? -Infinity);
  const kind = contract.subjectKinds.get(id);
  if (kind === undefined)
    throw new Error(`contract ${contract.id} version ${contract.version} has no subject kind '${id}'`);
  const folded = startFold(contract, kind, subject, circumstances);
  const later =
    contract === versions[versions.length - 1]
      ? []
      : versions.filter(
          (one) =>
            one.inForceFrom > contract.inForceFrom &&
            obligationsOf(one, id).some((rule) => rule.onAmendment === 'move'),
        );
  let amended = 0;
  const amendUpTo = (at: Instant): void => {
    for (; amended < later.length && later[amended]!.inForceFrom <= at; amended++) amend(folded, later[amended]!);
  };
  for (const fact of past) {
    amendUpTo(fact.occurredAt);
    foldFact(folded, fact);
  }
  amendUpTo(now.at);
  const clocks: Clock[] = [];
  for (const rule of folded.rules.keys()) {
    for (const instance of folded.runs.get(rule) ?? []) clocks.push(clockOf(instance, folded.priority));
  }
  const nextAt = earlier(ahead, later[amended]?.inForceFrom ?? null);
  return { contract, clocks, breaches: [], folded, nextAt };
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
function factsAbout(contract: Contract, { kind, subject, facts, corrections }: State): readonly EffectiveFact[] {
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
