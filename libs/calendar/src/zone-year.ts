import { Temporal } from 'temporal-polyfill';
import { dayOfDate } from './civil-date.js';
import type { Day, Instant } from './model.js';

const DAY_MILLIS = 86_400_000;
const MINUTE_MILLIS = 60_000;
/** Days beyond both ends of the year that are known too: more than any offset or window over midnight reaches. */
const MARGIN_DAYS = 4;

/** A stretch of time with one offset from UTC. */
interface Stretch {
  readonly from: Instant;
  readonly to: Instant;
  readonly offsetMillis: number;
  /** Dates before this one were over before the stretch began: a clock set back over midnight does not bring them back. */
  readonly earliestDay: Day;
}

/**
 * Local time of one zone in and around one year. Every instant belongs to one date, and dates follow each other:
 * where the clock is set back over midnight, the date goes on; where it is set forward, what is skipped has no length.
 */
export class ZoneYear {
  private readonly stretches: readonly Stretch[];

  constructor(
    zone: string,
    readonly year: number,
  ) {
    const begin = (dayOfDate(year, 1, 1) - MARGIN_DAYS) * DAY_MILLIS;
    const end = (dayOfDate(year + 1, 1, 1) + MARGIN_DAYS) * DAY_MILLIS;
    const stretches: Stretch[] = [];
    let at: Temporal.ZonedDateTime | null = Temporal.Instant.fromEpochMilliseconds(begin).toZonedDateTimeISO(zone);
    let from = begin;
    let earliestDay = -Infinity;
    while (at !== null && from < end) {
      const offsetMillis = Math.trunc(at.offsetNanoseconds / 1_000_000);
      const next: Temporal.ZonedDateTime | null = at.getTimeZoneTransition('next');
      const to = next === null ? Infinity : next.epochMilliseconds;
      stretches.push({ from, to, offsetMillis, earliestDay });
      earliestDay = Math.max(earliestDay, Math.floor((to + offsetMillis - 1) / DAY_MILLIS));
      at = next;
      from = to;
    }
    this.stretches = stretches;
  }

  /** The local date of an instant. */
  dayAt(at: Instant): Day {
    let found = this.stretches[0];
    for (const stretch of this.stretches) if (stretch.from <= at) found = stretch;
    if (found === undefined) throw new RangeError(`no local time is known at ${at} in ${this.year}`);
    return Math.max(Math.floor((at + found.offsetMillis) / DAY_MILLIS), found.earliestDay);
  }

  /** The first instant at which the local clock shows the minute of the date, or a later one where it is skipped. 1440 and more lie on the next date. */
  instantOf(day: Day, minute: number): Instant {
    const local = day * DAY_MILLIS + minute * MINUTE_MILLIS;
    for (const { from, to, offsetMillis } of this.stretches) {
      if (local < to + offsetMillis) return Math.max(from, local - offsetMillis);
    }
    throw new RangeError(`no local time is known on day ${day} in ${this.year}`);
  }
}

/** True for the names of the IANA time zone database; offsets such as `+08:00` are none. */
export function isZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name);
    return true;
  } catch {
    return false;
  }
}
