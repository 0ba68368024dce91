import type { Instant } from '#libs/calendar';
import type { Breach } from '#libs/evaluation';
import { Decimal } from './decimal.js';

/**
 * Interest on an overdue sum: for each local day after the due day up to and including the day of payment in full (or of
 * `now`), on what was unpaid when the day began; no compounding (readings 34). An instant at midnight belongs to the day it ends.
 */
export function interestOn(
  breach: Breach,
  dailyRate: string,
  now: Instant,
): { readonly days: number; readonly amount: Decimal; readonly unpaid: Decimal } {
  const { calendar, owed } = breach;
  const nothing = { days: 0, amount: new Decimal(0), unpaid: new Decimal(0) };
  if (owed === null) return nothing;
  const first = calendar.day(breach.at - 1) + 1;
  const last = calendar.day(Math.min(breach.stoppedAt ?? now, now) - 1);
  let amount = new Decimal(0);
  let days = 0;
  for (let day = first; day <= last; day++) {
    const begin = calendar.dayStart(day);
    const unpaid = unpaidAt(owed, begin);
    if (!unpaid.isPositive() || unpaid.isZero()) break;
    amount = amount.plus(unpaid.times(dailyRate));
    days++;
  }
  return { days, amount, unpaid: unpaidAt(owed, calendar.dayStart(first)) };
}

function unpaidAt(owed: NonNullable<Breach['owed']>, at: Instant): Decimal {
  let left = new Decimal(owed.sum);
  for (const payment of owed.payments) if (payment.at <= at) left = left.minus(payment.amount);
  return left;
}
