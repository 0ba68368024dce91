import type { Contract, PartyId, Prohibition } from '#libs/contract';
import { versionFor, type ContractVersions } from './contract-versions.js';
import { deriveBreach, type Derived } from './derive-clock.js';
import { used } from './derive-duty.js';
import type { EffectiveFact } from './effective-facts.js';
import { NO_CASE } from './no-case.js';

const KIND = 'prohibition:';

export function isProhibitionKind(kind: string): boolean {
  return kind.startsWith(KIND);
}

/** Each matching fact about the subject is a breach of the party it names, by the version in force at its time. */
export function deriveProhibition(
  versions: ContractVersions,
  kind: string,
  facts: readonly EffectiveFact[],
): Derived[] {
  const id = kind.slice(KIND.length);
  const found: Derived[] = [];
  for (const fact of facts) {
    const contract = versionFor(versions, fact.occurredAt);
    const rule = contract.prohibitions.find((one) => one.id === id);
    const party = rule === undefined ? null : breacherOf(contract, rule, fact);
    if (rule === undefined || party === null) continue;
    const facts = used(contract, fact, 'breach');
    found.push(deriveBreach(contract, rule, party, found.length + 1, facts, fact.occurredAt));
  }
  return found;
}

function breacherOf(contract: Contract, rule: Prohibition, fact: EffectiveFact): PartyId | null {
  const at = fact.occurredAt;
  if (at < contract.term.from || at >= rule.until) return null;
  if (!rule.on.some((trigger) => trigger.on === fact.type && trigger.holds(fact.data, NO_CASE, at))) return null;
  if (rule.party.by === 'rule') return rule.party.party;
  const by = fact.data[rule.party.field];
  if (by !== 'client' && by !== 'provider') return null;
  return rule.party.only === null || rule.party.only === by ? by : null;
}
