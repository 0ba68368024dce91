import type { Instant } from '#libs/calendar';
import { daysLate, timeLate, wholeDaysLate } from '#libs/evaluation';
import type { Breach } from '#libs/evaluation';
import { Decimal } from './decimal.js';

const HOUR = 3_600_000;

/** Started or completed units between the due instant and the stop (or `now`), without suspended time (readings 23). */
export function unitsLate(
  breach: Breach,
  unit: 'working-days' | 'calendar-days' | 'hours' | 'weeks',
  counted: 'started' | 'completed',
  now: Instant,
): Decimal {
  const until = Math.min(breach.stoppedAt ?? now, now);
  const { calendar, at, suspended } = breach;
  if (unit === 'hours') {
    const hours = new Decimal(timeLate(at, until, suspended)).dividedBy(HOUR);
    return counted === 'started' ? hours.ceil() : hours.floor();
  }
  const count = counted === 'started' ? daysLate : wholeDaysLate;
  const days = count(calendar, unit === 'working-days', at, until, suspended);
  if (unit !== 'weeks') return new Decimal(days);
  const weeks = new Decimal(days).dividedBy(7);
  return counted === 'started' ? weeks.ceil() : weeks.floor();
}
