import type { Contract, PartyId } from '#libs/contract';
import { lastWord, speaker, type Circumstances } from './circumstances.js';
import { orderFacts } from './order-facts.js';
import type { KeptCorrection, KeptFact } from './subject-state.js';
import type { NamedFact } from './suspension.js';

/** The facts and corrections that take part in judging a subject. */
export interface Evidence {
  readonly facts: readonly KeptFact[];
  readonly corrections: readonly KeptCorrection[];
}

/**
 * How late each instance is in the end: `rule/start/party` -> milliseconds, Infinity where nothing ends it. Of a measured fact:
 * by how much it pulls the figure away from its target.
 */
export type Lateness = ReadonlyMap<string, { readonly party: PartyId; readonly millis: number }>;

/** Late evidence that waits, with the instances (as `Lateness` names them) that it would change. */
interface Waiting {
  readonly fact: NamedFact;
  readonly instances: ReadonlySet<string>;
}

export interface Admitted extends Evidence {
  readonly waiting: readonly Waiting[];
  /** Decisions by which late evidence takes part. */
  readonly accepted: readonly { readonly word: NamedFact; readonly instances: ReadonlySet<string> }[];
}

type Candidate =
  | { readonly kind: 'fact'; readonly source: string; readonly id: string; readonly fact: KeptFact }
  | { readonly kind: 'correction'; readonly source: string; readonly id: string; readonly correction: KeptCorrection };

/**
 * Which facts take part. What came late takes part unless it helps: of an asserted source its own side, of a trusted one
 * whoever owes. Then it waits until the other party or the arbiter accepts it. Several late facts are weighed in the order
 * of their time, so that the order in which they came changes nothing.
 *
 * A correction is late by its own `time`; one from a trusted source always acts (readings 4).
 */
export function admitEvidence(
  contract: Contract,
  all: Evidence,
  circumstances: Circumstances,
  lateness: (evidence: Evidence) => Lateness,
): Admitted {
  const candidates = candidatesOf(contract, all);
  if (candidates.length === 0) {
    return { facts: all.facts, corrections: all.corrections, waiting: [], accepted: [] };
  }
  const waiting: Waiting[] = [];
  const accepted: { word: NamedFact; instances: ReadonlySet<string> }[] = [];
  const isCandidate = new Set(candidates.map((one) => `${one.kind}\n${one.source}\n${one.id}`));
  let evidence: Evidence = {
    facts: all.facts.filter((one) => !isCandidate.has(`fact\n${one.source}\n${one.id}`)),
    corrections: all.corrections.filter((one) => !isCandidate.has(`correction\n${one.source}\n${one.id}`)),
  };
  let before = lateness(evidence);
  for (const candidate of candidates) {
    const next = withCandidate(evidence, candidate);
    const after = lateness(next);
    const { helped, instances } = compare(contract, candidate.source, before, after);
    if (helped.size > 0) {
      const said = circumstances.evidence.get(`${candidate.source} ${candidate.id}`);
      const word = lastWord(said, (by) => !helped.has(by));
      if (word?.yes === true) {
        accepted.push({ word, instances });
      } else {
        if (word === undefined) waiting.push({ fact: nameOf(contract, candidate), instances });
        continue;
      }
    }
    evidence = next;
    before = after;
  }
  return { ...evidence, waiting, accepted };
}

function candidatesOf(contract: Contract, { facts, corrections }: Evidence): readonly Candidate[] {
  if (!facts.some((one) => one.late === true) && !corrections.some((one) => one.late === true)) return [];
  // What the arbiter says itself needs nobody's acceptance.
  const late = facts.filter((fact) => fact.late === true && speaker(contract, fact.source) !== 'arbiter');
  const lateCorrections = corrections.filter(
    (one) => one.late === true && contract.sources.get(one.source)?.trust === 'asserted',
  );
  if (late.length === 0 && lateCorrections.length === 0) return [];
  const candidates: (Candidate & { occurredAt: number; sequence: string | undefined })[] = [
    ...late.map((fact) => ({ ...fact, kind: 'fact' as const, fact })),
    ...lateCorrections.map((one) => ({ ...one, kind: 'correction' as const, correction: one, sequence: undefined })),
  ];
  return orderFacts(candidates);
}

function withCandidate(evidence: Evidence, candidate: Candidate): Evidence {
  return candidate.kind === 'fact'
    ? { ...evidence, facts: [...evidence.facts, candidate.fact] }
    : { ...evidence, corrections: [...evidence.corrections, candidate.correction] };
}

/** Whom the evidence helps among those that its source may not help by itself, and the instances it changes. */
function compare(
  contract: Contract,
  source: string,
  before: Lateness,
  after: Lateness,
): { helped: ReadonlySet<PartyId>; instances: ReadonlySet<string> } {
  const known = contract.sources.get(source);
  const own = known?.trust === 'asserted' ? known.party : null;
  const helped = new Set<PartyId>();
  const instances = new Set<string>();
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const [a, b] = [before.get(key), after.get(key)];
    const [was, is] = [a?.millis ?? 0, b?.millis ?? 0];
    if (was === is) continue;
    instances.add(key);
    const owes = (a ?? b)!.party;
    // Whoever owes gains by less delay; the other side by more.
    if (own === null ? is < was : is < was === (owes === own)) helped.add(own ?? owes);
  }
  return { helped, instances };
}

function nameOf(contract: Contract, candidate: Candidate): NamedFact {
  const { source, id } = candidate;
  return candidate.kind === 'fact'
    ? { source, id, type: candidate.fact.type, at: candidate.fact.occurredAt }
    : { source, id, type: contract.vocabulary.correction ?? '', at: candidate.correction.occurredAt };
}
