import { UncoveredYearError, type Instant } from '#libs/calendar';
import type { Contract, Standard } from '#libs/contract';
import { kindsCounted } from './counted-standards.js';
import { dueInstant } from './counting.js';

const byVersion = new WeakMap<Contract, Map<string, Instant | null>>();

/**
 * When a period of a standard closes: at its end, or later by the longest delay agreed for a source that may bring what it
 * counts. Null while that leaves the years of the calendar.
 */
export function closingInstant(version: Contract, standard: Standard, end: Instant): Instant | null {
  let known = byVersion.get(version);
  if (known === undefined) byVersion.set(version, (known = new Map<string, Instant | null>()));
  const sources = sourcesOf(version, standard);
  const key = `${end} ${sources}`;
  let found = known.get(key);
  if (found === undefined) known.set(key, (found = latestEnd(version, sources, end)));
  return found;
}

function latestEnd(version: Contract, sources: readonly string[], end: Instant): Instant | null {
  try {
    return Math.max(
      end,
      ...sources.map((uri) => {
        const delay = version.sources.get(uri)?.delayPeriod ?? null;
        return delay === null ? end : (dueInstant(delay, end, []) ?? end);
      }),
    );
  } catch (error) {
    if (error instanceof UncoveredYearError) return null;
    throw error;
  }
}

const sourcesByStandard = new WeakMap<Standard, readonly string[]>();

function sourcesOf(version: Contract, standard: Standard): readonly string[] {
  let found = sourcesByStandard.get(standard);
  if (found === undefined) {
    const kinds = kindsCounted([version], standard);
    const types = [...version.eventTypes.values()]
      .filter(({ feeds }) => feeds.some(({ kind }) => kinds.includes(kind)))
      .map(({ type }) => type);
    found = [...version.sources.values()]
      .filter(({ sends }) => sends === null || sends.some((type) => types.includes(type)))
      .map(({ uri }) => uri);
    sourcesByStandard.set(standard, found);
  }
  return found;
}
