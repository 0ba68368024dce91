import type { Instant } from '#libs/calendar';
import type { Remedy } from '#libs/contract';
import { daysLate, timeLate, wholeDaysLate } from '#libs/evaluation';
import type { Breach } from '#libs/evaluation';
import { Decimal } from './decimal.js';

const HOUR = 3_600_000;

type Late = Extract<Remedy, { readonly unit: unknown }>;

/**
 * How many times `per` units have started, or are completed, between the due instant and the stop (or `now`), without
 * suspended time (readings 23).
 */
export function unitsLate(
  breach: Breach,
  { unit, per, counted }: Pick<Late, 'unit' | 'per' | 'counted'>,
  now: Instant,
): Decimal {
  const until = Math.min(breach.stoppedAt ?? now, now);
  const { calendar, at, suspended } = breach;
  const times = (units: number, one: number): Decimal => {
    const exact = new Decimal(units).dividedBy(one).dividedBy(per);
    return counted === 'started' ? exact.ceil() : exact.floor();
  };
  if (unit === 'hours') return times(timeLate(at, until, suspended), HOUR);
  const count = counted === 'started' ? daysLate : wholeDaysLate;
  const days = count(calendar, unit === 'working-days', at, until, suspended);
  return times(days, unit === 'weeks' ? 7 : 1);
}
