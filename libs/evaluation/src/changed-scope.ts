import type { Circumstances, Said } from './circumstances.js';
import type { ContractVersions } from './contract-versions.js';
import type { Gap } from './gaps.js';
import { compareCodePoints } from './order-facts.js';
import { kindsOfRule } from './rule-kind.js';
import { stateKey } from './subject-state.js';
import type { Suspension } from './suspension.js';
import type { SweepScope } from './sweep.js';

/** More keys than this are not listed one by one: all subjects of their kinds are gone over. */
const MOST_KEYS = 1_000;

/**
 * Which subjects a change of circumstances may touch; undefined where it touches none. `fedBy` gives the state keys that a
 * fact has fed (for late evidence that was decided on).
 */
export function changedScope(
  versions: ContractVersions,
  before: Circumstances,
  after: Circumstances,
  fedBy: (source: string, id: string) => readonly string[],
): SweepScope | undefined {
  const kinds = new Set<string>();
  const keys = new Set<string>();
  for (const rule of changed(before.ofRules, after.ofRules, describeSpan)) {
    for (const kind of kindsOfRule(versions, rule)) kinds.add(kind);
  }
  const addSubject = (rule: string, subject: string): void => {
    for (const kind of kindsOfRule(versions, rule)) keys.add(stateKey(kind, subject));
  };
  for (const rule of changed(before.gaps, after.gaps, describeGap)) {
    for (const kind of kindsOfRule(versions, rule)) kinds.add(kind);
  }
  for (const place of changed(before.ofSubjects, after.ofSubjects, describeSpan)) {
    const slash = place.indexOf('/');
    addSubject(place.slice(0, slash), place.slice(slash + 1));
  }
  for (const instance of changed(before.waivers, after.waivers, describeWord)) {
    const slash = instance.indexOf('/');
    addSubject(instance.slice(0, slash), instance.slice(slash + 1, instance.lastIndexOf('/')));
  }
  for (const fact of changed(before.evidence, after.evidence, describeWord)) {
    const space = fact.indexOf(' ');
    for (const key of fedBy(fact.slice(0, space), fact.slice(space + 1))) keys.add(key);
  }
  if (kinds.size === 0 && keys.size === 0) return undefined;
  if (kinds.size === 0 && keys.size <= MOST_KEYS) return { by: 'keys', keys: [...keys].sort(compareCodePoints) };
  for (const key of keys) kinds.add(key.slice(0, key.indexOf('/')));
  return { by: 'kinds', kinds: [...kinds].sort(compareCodePoints) };
}

/** The facts too: what is decided after the change names them as its reason. */
function describeSpan({ from, to, reason, about, facts }: Suspension): string {
  const named = facts.map(({ source, id }) => `${source} ${id}`).join(' ');
  return `${from} ${to} ${reason} ${about} ${named}`;
}

function describeGap({ source, from, to, countsAs }: Gap): string {
  return `${source} ${from} ${to} ${countsAs}`;
}

function describeWord({ yes, by, source, id, at }: Said): string {
  return `${yes} ${by} ${at} ${source} ${id}`;
}

/** Keys whose lists differ. */
function changed<T>(
  before: ReadonlyMap<string, readonly T[]>,
  after: ReadonlyMap<string, readonly T[]>,
  describe: (one: T) => string,
): string[] {
  const text = (list: readonly T[] | undefined): string => (list ?? []).map(describe).join('\n');
  return [...new Set([...before.keys(), ...after.keys()])].filter(
    (key) => text(before.get(key)) !== text(after.get(key)),
  );
}
