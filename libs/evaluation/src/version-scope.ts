import type { Instant } from '#libs/calendar';
import type { Contract } from '#libs/contract';
import type { ContractVersions } from './contract-versions.js';
import { countedStandards } from './counted-standards.js';
import { compareCodePoints } from './order-facts.js';
import type { SweepScope } from './sweep.js';

/**
 * Whom a version that was published beside others may touch: where it has begun, everybody; where it lies ahead, the subjects
 * of rules whose running instances move over, and of rules for which it agrees other windows. Undefined: nobody yet.
 */
export function versionScope(versions: ContractVersions, published: Contract, clock: Instant): SweepScope | undefined {
  if (versions.length < 2) return undefined;
  const kinds = new Set<string>();
  const ofRule = (rule: string): void => {
    for (const { obligations, duties } of versions) {
      for (const { id, kind } of obligations) if (id === rule) kinds.add(kind);
      if (duties.some(({ id }) => id === rule)) kinds.add(`duty:${rule}`);
    }
  };
  if (published.inForceFrom <= clock) {
    for (const { subjectKinds, duties, prohibitions } of versions) {
      for (const kind of subjectKinds.keys()) kinds.add(kind);
      for (const { id } of duties) kinds.add(`duty:${id}`);
      for (const { id } of prohibitions) kinds.add(`prohibition:${id}`);
    }
  } else {
    for (const { id, onAmendment } of published.obligations) if (onAmendment === 'move') ofRule(id);
    for (const { affects } of published.excuses.windows) for (const rule of affects) ofRule(rule);
  }
  // Its standards count anew whatever falls into their periods.
  if (published.standards.length > 0) for (const kind of countedStandards(versions).kinds) kinds.add(kind);
  return kinds.size === 0 ? undefined : { by: 'kinds', kinds: [...kinds].sort(compareCodePoints) };
}
