import { UncoveredYearError, type Instant } from '#libs/calendar';
import type { Budget, Contract } from '#libs/contract';

/**
 * When nothing that happened by an instant can come in time any more: the longest delay agreed with any source that is trusted,
 * counted from there. Null where none is agreed.
 */
export function endOfAgreedDelay(contract: Contract, from: Instant): Instant | null {
  const ends = [...contract.sources.values()].flatMap(({ trust, delayPeriod }) =>
    trust === 'trusted' && delayPeriod !== null ? [endOf(delayPeriod, from)] : [],
  );
  return ends.length === 0 ? null : Math.max(...ends);
}

/** In a year that the calendar does not cover there is no end to be known: nothing is held back for it. */
function endOf(period: Budget, from: Instant): Instant {
  try {
    switch (period.counting) {
      case 'elapsed-time':
        return from + period.millis;
      case 'working-time':
        return period.calendar.addWorkingTime(from, period.millis);
      default:
        return period.calendar.endOfPeriod({ from, count: period.count, unit: period.counting, endsAt: period.endsAt });
    }
  } catch (error) {
    if (error instanceof UncoveredYearError) return from;
    throw error;
  }
}
