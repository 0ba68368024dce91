import type { Contract, Fact, JsonObject } from '#libs/contract';

/**
 * The facts among those found that belong to a subject by what was known when they had been recorded. What the database says a
 * fact feeds is what is known now: a correction that came later may have led it to the subject.
 *
 * @param law the latest version known; undefined: only facts that name the subject can be told
 * @param keys the states of the subject
 */
export function factsKnown<T extends Fact>(
  law: Contract | undefined,
  subject: string,
  keys: readonly string[],
  found: readonly T[],
): readonly T[] {
  const feeds = (type: string, fact: Pick<Fact, 'source' | 'id' | 'subject' | 'data'>): boolean =>
    (law?.eventTypes.get(type)?.feeds ?? []).some((feed) => keys.includes(`${feed.kind}/${feed.keyOf(fact)}`));
  const corrections = found.filter(({ type }) => type === law?.vocabulary.correction);
  const known = new Set(found.map(identity));
  const belonging = new Set<string>();
  for (const fact of found) {
    if (corrections.includes(fact)) continue;
    const ledHere = corrections.some((one) => {
      const data = replacementOf(one);
      return data !== undefined && feeds(fact.type, { ...fact, data }) && correctsAtLast(one, fact, corrections);
    });
    if (fact.subject === subject || feeds(fact.type, fact) || ledHere) belonging.add(identity(fact));
  }
  // A correction of a correction belongs where that one does.
  for (let grew = true; grew;) {
    grew = false;
    for (const one of corrections) {
      if (belonging.has(identity(one)) || !belonging.has(targetOf(one)) || !known.has(targetOf(one))) continue;
      belonging.add(identity(one));
      grew = true;
    }
  }
  return found.filter((fact) => belonging.has(identity(fact)) || fact.subject === subject);
}

function correctsAtLast(one: Fact, fact: Fact, corrections: readonly Fact[], depth = 0): boolean {
  const target = targetOf(one);
  if (target === identity(fact)) return true;
  const next = corrections.find((other) => identity(other) === target);
  return next !== undefined && depth < corrections.length && correctsAtLast(next, fact, corrections, depth + 1);
}

function identity({ source, id }: Pick<Fact, 'source' | 'id'>): string {
  return JSON.stringify([source, id]);
}

function targetOf({ source, data }: Fact): string {
  return identity({
    source: typeof data['source'] === 'string' ? data['source'] : source,
    id: String(data['corrects']),
  });
}

/** The data that a correction gives the fact, also where it replaces another correction. */
function replacementOf({ data }: Fact): JsonObject | undefined {
  const own = objectIn(data, 'data');
  return own === undefined ? undefined : (objectIn(own, 'data') ?? own);
}

function objectIn(data: JsonObject, field: string): JsonObject | undefined {
  const value = data[field];
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
}
