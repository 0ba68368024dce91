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
  return contributed.flatMap(({ version, standard, contribution }) => {
    const { periods } = byKey.get(countedKey(version.version, standard.id))!;
    const [first, last] = [periods[0], periods[periods.length - 1]];
    if (first === undefined || contribution.at < first.from || contribution.at >= last!.to) return [];
    const { at, good, items, undecided, sum, value } = contribution;
    return [{ version: version.version, standard: standard.id, at, good, items, undecided, sum, value }];
  });
}

export function sameContributions(a: readonly KeptContribution[], b: readonly KeptContribution[]): boolean {
  return a === b || (a.length === b.length && a.every((one, at) => isSame(one, b[at]!)));
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
