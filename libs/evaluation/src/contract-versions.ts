import type { Instant } from '#libs/calendar';
import type { Contract } from '#libs/contract';

/** Versions of one contract, by the instant they take effect; the earliest first. */
export type ContractVersions = readonly [Contract, ...Contract[]];

/** The version in force at an instant; before the first one, that. */
export function versionFor(versions: ContractVersions, at: Instant): Contract {
  let chosen = versions[0];
  for (const version of versions) if (version.inForceFrom <= at) chosen = version;
  return chosen;
}

/** Versions of one contract, sorted by their effect; at least one. */
export function versionsOf(contracts: readonly Contract[]): ContractVersions {
  const sorted = [...contracts].sort((a, b) => a.inForceFrom - b.inForceFrom || a.version - b.version);
  return sorted as unknown as ContractVersions;
}
