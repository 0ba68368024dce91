import type { Instant } from '#libs/calendar';
import type { JsonObject, PartyId } from '#libs/contract';
import { otherParty, speaker } from './circumstances.js';
import { versionFor, type ContractVersions } from './contract-versions.js';
import { effectiveFacts, type EffectiveFact } from './effective-facts.js';
import { compareCodePoints, compareFacts } from './order-facts.js';
import type { SubjectState } from './subject-state.js';

/** Kinds of the states that facts about statements feed. */
const STATEMENT = 'statement:';
const DISPUTE = 'dispute:';

interface Said {
  readonly source: string;
  readonly id: string;
  readonly at: Instant;
}

export interface Dispute extends Said {
  readonly cycle: string;
  readonly by: PartyId;
  /** As it was written: a line's id, or its place from 1. */
  readonly line: string | number;
  readonly reason: string | null;
  /** The last one by the other party or the arbiter. */
  readonly decision: DisputeDecision | null;
}

interface DisputeDecision extends Said {
  readonly by: PartyId | 'arbiter';
  readonly outcome: 'upheld' | 'waived' | 'adjusted';
  /** A decimal; only where it was adjusted. */
  readonly amount: string | null;
}

export interface Signature extends Said {
  readonly cycle: string;
  readonly party: PartyId;
  readonly revision: number;
}

/** What the parties have said about statements. */
export interface StatementFacts {
  /** In the order of facts. */
  readonly disputes: readonly Dispute[];
  readonly signatures: readonly Signature[];
}

type State = Pick<SubjectState, 'kind' | 'subject' | 'facts' | 'corrections'>;

/** Whether a state holds what was said about statements. */
export function isStatementKind(kind: string): boolean {
  return kind === STATEMENT || kind === DISPUTE;
}

/**
 * What the parties have said about statements up to an instant. Each disputes and signs for its own side; a dispute is
 * decided by the other party or the arbiter, and the last of these words holds. What comes from others says nothing.
 */
export function deriveStatementFacts(
  versions: ContractVersions,
  states: Iterable<State>,
  until: Instant = Infinity,
): StatementFacts {
  const disputes: Omit<Dispute, 'decision'>[] = [];
  const signatures: Signature[] = [];
  const decisions = new Map<string, DisputeDecision[]>();
  const law = versions[versions.length - 1]!;
  const ordered: EffectiveFact[] = [];
  for (const state of states) {
    if (!isStatementKind(state.kind)) continue;
    for (const fact of effectiveFacts(law, state.facts, state.corrections)) {
      if (fact.occurredAt <= until) ordered.push(fact);
    }
  }
  for (const fact of ordered.sort(compareFacts)) {
    const contract = versionFor(versions, fact.occurredAt);
    const types = contract.money.statementEvents;
    const by = speaker(contract, fact.source);
    if (types === null || by === null) continue;
    if (fact.type === types.decided) take(decisions, by, fact);
    else if (by === 'arbiter') continue;
    else if (fact.type === types.disputed) {
      const { cycle, line, reason } = fact.data;
      const named = typeof line === 'string' || typeof line === 'number';
      if (typeof cycle === 'string' && named)
        disputes.push({ ...said(fact), cycle, by, line, reason: typeof reason === 'string' ? reason : null });
    } else if (fact.type === types.signed) {
      const { cycle, revision } = fact.data;
      if (typeof cycle === 'string' && typeof revision === 'number')
        signatures.push({ ...said(fact), cycle, party: by, revision });
    }
  }
  const firstOf = new Map<string, Omit<Dispute, 'decision'>>();
  for (const dispute of disputes) if (!firstOf.has(dispute.id)) firstOf.set(dispute.id, dispute);
  return {
    disputes: disputes.map((dispute) => {
      const bare = firstOf.get(dispute.id) === dispute ? (decisions.get(dispute.id) ?? []) : [];
      const words = [...(decisions.get(`${dispute.source} ${dispute.id}`) ?? []), ...bare]
        .filter(({ by }) => by === 'arbiter' || by === otherParty(dispute.by))
        .sort((a, b) => a.at - b.at || compareCodePoints(a.id, b.id));
      return { ...dispute, decision: words[words.length - 1] ?? null };
    }),
    signatures,
  };
}

function take(decisions: Map<string, DisputeDecision[]>, by: PartyId | 'arbiter', fact: EffectiveFact): void {
  const { dispute, outcome } = fact.data;
  if (typeof dispute !== 'string' || !isOutcome(outcome)) return;
  const amount = outcome === 'adjusted' ? amountOf(fact.data) : null;
  if (outcome === 'adjusted' && amount === null) return;
  const words = decisions.get(dispute) ?? [];
  words.push({ ...said(fact), by, outcome, amount });
  decisions.set(dispute, words);
}

function isOutcome(value: unknown): value is DisputeDecision['outcome'] {
  return value === 'upheld' || value === 'waived' || value === 'adjusted';
}

function amountOf({ amount }: JsonObject): string | null {
  return typeof amount === 'string' || typeof amount === 'number' ? String(amount) : null;
}

function said({ source, id, occurredAt }: EffectiveFact): Said {
  return { source, id, at: occurredAt };
}
