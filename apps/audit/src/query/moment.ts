import type { Instant } from '#libs/calendar';
import type { Query } from './query.js';

/** The two instants of a question. Neither: what is true by the clock of the contract, by all that is known. */
export interface Moment {
  /** What is true about then. */
  readonly asOf: Instant | undefined;
  /** What was known then: whatever was recorded later does not exist. */
  readonly knownAt: Instant | undefined;
}

export function readMoment(query: Query): Moment {
  return { asOf: query.instant('asOf'), knownAt: query.instant('knownAt') };
}
