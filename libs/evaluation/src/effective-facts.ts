import type { Contract } from '#libs/contract';
import { compareFacts, orderFacts } from './order-facts.js';
import type { KeptCorrection, KeptFact } from './subject-state.js';
import { keepFields } from './subject-state.js';

/** A fact as it counts now: replaced by the correction that holds, if any. */
export interface EffectiveFact extends KeptFact {
  readonly correctedBy?: { readonly source: string; readonly id: string; readonly occurredAt: number } | undefined;
}

const identity = (source: string, id: string): string => `${source}\n${id}`;

/**
 * The facts that count, in order. Of the corrections of one fact the latest by (`time`, id) holds; one that is itself
 * withdrawn does not take part. Corrections act whatever the as-of instant: they tell what had been true.
 */
export function effectiveFacts(
  contract: Contract,
  facts: readonly KeptFact[],
  corrections: readonly KeptCorrection[],
): readonly EffectiveFact[] {
  if (corrections.length === 0) return orderFacts<EffectiveFact>(facts);
  const byTarget = new Map<string, KeptCorrection[]>();
  for (const one of corrections) {
    const target = identity(one.targetSource, one.targetId);
    const list = byTarget.get(target);
    if (list === undefined) byTarget.set(target, [one]);
    else list.push(one);
  }
  const holding = (source: string, id: string, depth: number): KeptCorrection | undefined => {
    let latest: KeptCorrection | undefined;
    for (const one of byTarget.get(identity(source, id)) ?? []) {
      const acting = acts(one, depth);
      if (acting !== undefined && (latest === undefined || compareFacts(ordered(acting), ordered(latest)) > 0))
        latest = acting;
    }
    return latest;
  };
  /** The correction as it acts after its own corrections, undefined where it is withdrawn. */
  const acts = (one: KeptCorrection, depth: number): KeptCorrection | undefined => {
    if (depth > 100) return undefined;
    const over = holding(one.source, one.id, depth + 1);
    if (over === undefined) return one;
    if (over.action === 'withdraw') return undefined;
    const data = over.data ?? {};
    return data['action'] === 'withdraw'
      ? { ...one, action: 'withdraw', data: null }
      : { ...one, action: 'replace', data: (data['data'] ?? {}) as KeptCorrection['data'] };
  };
  const effective: EffectiveFact[] = [];
  for (const fact of facts) {
    const correction = holding(fact.source, fact.id, 0);
    if (correction === undefined) {
      effective.push(fact);
    } else if (correction.action === 'replace') {
      const { source, id, occurredAt } = correction;
      effective.push({
        ...fact,
        data: keepFields(contract, fact.type, correction.data ?? {}),
        correctedBy: { source, id, occurredAt },
      });
    }
  }
  return orderFacts(effective);
}

function ordered(one: KeptCorrection): { source: string; id: string; occurredAt: number; sequence: undefined } {
  return { source: one.source, id: one.id, occurredAt: one.occurredAt, sequence: undefined };
}
