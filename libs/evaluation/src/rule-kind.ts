import type { Contract } from '#libs/contract';
import type { ContractVersions } from './contract-versions.js';
import { kindsCounted } from './counted-standards.js';

/** The kind of state in which the instances of a rule are judged; undefined where the contract has no such rule. */
export function kindOfRule(contract: Contract, rule: string): string | undefined {
  const obligation = contract.obligations.find(({ id }) => id === rule);
  if (obligation !== undefined) return obligation.kind;
  if (contract.duties.some(({ id }) => id === rule)) return `duty:${rule}`;
  return contract.prohibitions.some(({ id }) => id === rule) ? `prohibition:${rule}` : undefined;
}

/** The same over all versions: a rule may have been about other subjects before. Of a standard, what it counts. */
export function kindsOfRule(versions: ContractVersions, rule: string): ReadonlySet<string> {
  const ofInstances = versions.flatMap((contract) => kindOfRule(contract, rule) ?? []);
  const counted = versions.flatMap(({ standards }) =>
    standards.filter(({ id }) => id === rule).flatMap((standard) => kindsCounted(versions, standard)),
  );
  return new Set([...ofInstances, ...counted]);
}
