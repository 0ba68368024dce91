import { countedKey, countedStandards } from './counted-standards.js';
import type { ContractVersions } from './contract-versions.js';
import type { KeptContribution } from './subject-state.js';
import type { Contributed } from './tally-standards.js';

const NONE: readonly never[] = [];

/** Of what a subject adds, all that falls into periods which the version judges. */
export function keptContributions(
  versions: ContractVersions,
  contributed: readonly Contributed[],
): readonly KeptContribution[] {
  if (contributed.length === 0) return NONE;
  const { byKey } = countedStandards(versions);
  const kept: KeptContribution[] = [];
  for (const { version, standard, contribution } of contributed) {
    const { periods } = byKey.get(countedKey(version.version, standard.id))!;
    const [first, last] = [periods[0], periods[periods.length - 1]];
    if (first === undefined || contribution.at < first.from || contribution.at >= last!.to) continue;
    const { at, good, items, undecided, sum, value } = contribution;
    kept.push({ version: version.version, standard: standard.id, at, good, items, undecided, sum, value });
  }
  return kept;
}

export function sameContributions(a: readonly KeptContribution[], b: readonly KeptContribution[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (!isSame(a[at]!, b[at]!)) return false;
  return true;
}

function isSame(a: KeptContribution, b: KeptContribution): boolean {
  return (
    a.at === b.at &&
    a.good === b.good &&
    a.items === b.items &&
    a.undecided === b.undecided &&
    a.sum === b.sum &&
    a.value === b.value &&
    a.standard === b.standard &&
    a.version === b.version
  );
}
