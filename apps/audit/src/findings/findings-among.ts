import { UncoveredYearError } from '#libs/calendar';
import type { Fact } from '#libs/contract';
import { FactSet, type ContractVersions, type JudgedFinding } from '#libs/evaluation';

/**
 * Which of the facts about a subject do not act, and why, by `source\nid`: told by these facts alone, what bears on them
 * included. Empty where that cannot be judged.
 *
 * @param asOf absent: the latest of the facts
 */
export function findingsAmong(
  versions: ContractVersions | undefined,
  facts: readonly Fact[],
  asOf: number | undefined,
): ReadonlyMap<string, JudgedFinding['finding']> {
  if (versions === undefined || facts.length === 0) return new Map();
  const set = new FactSet(versions);
  for (const fact of facts) set.add(fact);
  try {
    const { findings } = set.judge(asOf ?? set.greatestTime, 'show-faults');
    return new Map(findings.map(({ source, id, finding }) => [`${source}\n${id}`, finding]));
  } catch (error) {
    if (error instanceof UncoveredYearError) return new Map();
    throw error;
  }
}
