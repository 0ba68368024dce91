import type { Contract } from '#libs/contract';
import type { ContractMemory } from './contract-memory.js';
import type { ContractVersions } from './contract-versions.js';
import { deriveCircumstances } from './derive-circumstances.js';
import type { SubjectState } from './subject-state.js';

/** Kinds whose states say something about other subjects, or about statements, in every contract. */
const EXCUSES: ReadonlySet<string> = new Set([
  'exemption:',
  'waiver:',
  'evidence:',
  'notice:',
  'feed:',
  'statement:',
  'dispute:',
]);

const byLatest = new WeakMap<Contract, { readonly count: number; readonly kinds: ReadonlySet<string> }>();

/**
 * Kinds of subjects that bear on others: what excuses, and the subjects of duties that others wait for. The owner of a
 * contract holds all their states: they are few.
 */
export function bearingKinds(versions: ContractVersions): ReadonlySet<string> {
  const latest = versions[versions.length - 1]!;
  const known = byLatest.get(latest);
  if (known !== undefined && known.count === versions.length) return known.kinds;
  const kinds = new Set<string>();
  for (const contract of versions) {
    for (const { feeds } of contract.eventTypes.values()) {
      for (const { kind } of feeds) if (EXCUSES.has(kind)) kinds.add(kind);
    }
    for (const { duty } of contract.excuses.waits) {
      const kind = contract.obligations.find((one) => one.id === duty)?.kind;
      if (kind !== undefined) kinds.add(kind);
    }
  }
  byLatest.set(latest, { count: versions.length, kinds });
  return kinds;
}

/** Takes over the states that bear on others: all of them, as they are kept. */
export function restoreBearing(
  contract: ContractMemory,
  states: Iterable<{ readonly key: string; readonly state: SubjectState }>,
): void {
  for (const { key, state } of states) contract.bearing.set(key, state);
  const { versions, circumstancesAt } = contract;
  if (versions === null || circumstancesAt === null) return;
  contract.circumstances = deriveCircumstances(versions, contract.bearing.values(), circumstancesAt);
}
