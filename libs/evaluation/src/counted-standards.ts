import type { Instant } from '#libs/calendar';
import type { Contract, Period, Standard } from '#libs/contract';
import { versionFor, type ContractVersions } from './contract-versions.js';
import { compareCodePoints } from './order-facts.js';

/** A standard of one version, with the periods that this version judges. */
export interface CountedStandard {
  /** `version/standard`: what its counters are found by. */
  readonly key: string;
  readonly version: Contract;
  readonly standard: Standard;
  /** Those of its periods that begin while the version is in force, in order. */
  readonly periods: readonly Period[];
  /** Every instant at which one of the version's own periods begins or ends, ascending: between two of them nothing divides. */
  readonly bounds: readonly Instant[];
}

/** What is counted for a contract by all its versions. */
export interface CountedStandards {
  /** In public order: by standard, then by version. */
  readonly all: readonly CountedStandard[];
  readonly byKey: ReadonlyMap<string, CountedStandard>;
  /** Kinds of subjects that a standard counts. */
  readonly kinds: ReadonlySet<string>;
}

const MEASURED = 'measured:';

export function isMeasuredKind(kind: string): boolean {
  return kind.startsWith(MEASURED);
}

/** Facts that a standard counts without a case: each is a state of its own, of this kind. */
export function measuredKind(standard: string): string {
  return `${MEASURED}${standard}`;
}

/** The standard that facts of a measured kind are counted by. */
export function measuredStandard(kind: string): string {
  return kind.slice(MEASURED.length);
}

const byLatest = new WeakMap<Contract, { readonly versions: ContractVersions; readonly counted: CountedStandards }>();

/** The index over the standards of all versions; made once for each set of versions. */
export function countedStandards(versions: ContractVersions): CountedStandards {
  const latest = versions[versions.length - 1]!;
  const known = byLatest.get(latest);
  if (known !== undefined && sameVersions(known.versions, versions)) return known.counted;
  const all = versions
    .flatMap((version) => version.standards.map((standard) => countedStandard(versions, version, standard)))
    .sort((a, b) => compareCodePoints(a.standard.id, b.standard.id) || a.version.inForceFrom - b.version.inForceFrom);
  const counted = {
    all,
    byKey: new Map(all.map((one) => [one.key, one])),
    kinds: new Set(all.flatMap(({ standard }) => kindsCounted(versions, standard))),
  };
  byLatest.set(latest, { versions, counted });
  return counted;
}

function sameVersions(a: ContractVersions, b: ContractVersions): boolean {
  return a === b || (a.length === b.length && a.every((version, at) => version === b[at]));
}

function countedStandard(versions: ContractVersions, version: Contract, standard: Standard): CountedStandard {
  const bounds = new Set(standard.periods.flatMap(({ from, to }) => [from, to]));
  return {
    key: countedKey(version.version, standard.id),
    version,
    standard,
    periods: standard.periods.filter(({ from }) => versionFor(versions, from) === version),
    bounds: [...bounds].sort((a, b) => a - b),
  };
}

export function countedKey(version: number, standard: string): string {
  return `${version}/${standard}`;
}

/** The kinds of subjects that a standard counts; an obligation may have been about others in another version. */
export function kindsCounted(versions: ContractVersions, { id, measure }: Standard): string[] {
  if (measure.by === 'facts') return [measuredKind(id)];
  const { obligation } = measure;
  return versions.flatMap(({ obligations }) =>
    obligations.filter((one) => one.id === obligation).map(({ kind }) => kind),
  );
}

/** Begin of the span between two bounds that an instant lies in; undefined outside all periods. */
export function spanBeginAt({ bounds }: CountedStandard, at: Instant): Instant | undefined {
  let low = 0;
  let high = bounds.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (bounds[middle]! <= at) low = middle + 1;
    else high = middle;
  }
  return low === 0 || low === bounds.length ? undefined : bounds[low - 1];
}
