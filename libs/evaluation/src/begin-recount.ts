import type { ContractMemory } from './contract-memory.js';
import { countedStandards } from './counted-standards.js';
import { compareCodePoints } from './order-facts.js';

/**
 * For a contract whose subjects were judged before anything was counted: a sweep over all that its standards count, which
 * decides nothing and counts everything.
 */
export function beginRecount(contract: ContractMemory): void {
  const { versions, clock, circumstances, hasFacts } = contract;
  if (versions === null || clock === null || !hasFacts) return;
  const kinds = [...countedStandards(versions).kinds].sort(compareCodePoints);
  if (kinds.length === 0) return;
  const sweep = {
    number: ++contract.lastSweep,
    now: { at: clock, passed: false },
    cause: { kind: 'published', version: versions[versions.length - 1]!.version },
    backfill: undefined,
    circumstances,
    versions: versions.map(({ version }) => version),
    scope: { by: 'kinds', kinds },
    after: '',
  } as const;
  contract.sweeps = [...contract.sweeps, sweep];
}
