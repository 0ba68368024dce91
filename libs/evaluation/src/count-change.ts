import type { Instant } from '#libs/calendar';
import { Decimal } from './decimal.js';
import type { KeptContribution } from './subject-state.js';

const MINUTE = 60_000;
const ZERO = new Decimal(0);

/** A change of one counter of a standard. One that has changed back is left as nothing but zeros. */
export interface CountChange {
  readonly contract: string;
  readonly version: number;
  readonly standard: string;
  /** Begin of the minute. */
  readonly minute: Instant;
  /** Of a percentile, whose counters are kept by value; else null. */
  readonly value: string | null;
  good: number;
  items: number;
  undecided: number;
  sum: Decimal;
}

/** Adds a contribution to the changes, or (-1) takes it away. */
export function addToFigures(
  changes: Map<string, CountChange>,
  contract: string,
  { version, standard, at, good, items, undecided, sum, value }: KeptContribution,
  times: 1 | -1,
): void {
  const minute = at - (at % MINUTE);
  const key = `${contract}\n${version}\n${standard}\n${minute}\n${value ?? ''}`;
  let change = changes.get(key);
  if (change === undefined) {
    change = { contract, version, standard, minute, value, good: 0, items: 0, undecided: 0, sum: ZERO };
    changes.set(key, change);
  }
  change.good += times * good;
  change.items += times * items;
  change.undecided += times * undecided;
  if (sum !== '0') change.sum = change.sum.plus(new Decimal(sum).times(times));
}
