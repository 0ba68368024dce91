import type { Circumstances } from './circumstances.js';
import type { Now } from './derive-clock.js';
import { compareCodePoints } from './order-facts.js';
import { packCircumstances, unpackCircumstances } from './packed-circumstances.js';
import type { Decision } from './verdict.js';

/** What a sweep goes over, in the order of the keys. */
export type SweepScope =
  | { readonly by: 'keys'; readonly keys: readonly string[] }
  | { readonly by: 'kinds'; readonly kinds: readonly string[] };

/**
 * A change of circumstances that is still to be told to the subjects it may touch. Whenever the turn of one comes, it is
 * judged as of the instant of the change, with the circumstances and versions of then: so what is decided about it is a function of the
 * log, and only the numbers of decisions depend on when the sweep gets there.
 */
export interface Sweep {
  /** Counts the sweeps of a contract. */
  readonly number: number;
  readonly now: Now;
  readonly cause: Decision['cause'];
  readonly backfill: Decision['backfill'];
  readonly circumstances: Circumstances;
  /** Numbers of the versions that were published by then: a later one has a sweep of its own. */
  readonly versions: readonly number[];
  readonly scope: SweepScope;
  /** The last key that is done; empty before the first. */
  readonly after: string;
}

/** Whether the turn of a subject is still to come. */
export function isAhead({ scope, after }: Sweep, kind: string, key: string): boolean {
  const inScope = scope.by === 'kinds' ? scope.kinds.includes(kind) : scope.keys.includes(key);
  return inScope && compareCodePoints(key, after) > 0;
}

/** A sweep as JSON can keep it. */
export type KeptSweep = Omit<Sweep, 'circumstances'> & { readonly circumstances: string };

export function keptSweep(sweep: Sweep): KeptSweep {
  return { ...sweep, circumstances: packCircumstances(sweep.circumstances) };
}

export function sweepFrom(kept: KeptSweep): Sweep {
  return { ...kept, circumstances: unpackCircumstances(kept.circumstances) };
}
