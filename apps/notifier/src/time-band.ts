import { Temporal } from 'temporal-polyfill';
import { UncoveredYearError, type Calendar, type Instant } from '#libs/calendar';

export const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;
type Weekday = (typeof WEEKDAYS)[number];

/** Minutes of the local day; `to` at or before `from` lies on the next day. */
export interface DayHours {
  readonly from: number;
  readonly to: number;
}

/** A part of the week in the contract's zone. All that is given must hold; what is left out holds always. */
export interface TimeBand {
  /** By the contract's calendar. */
  readonly calendar?: 'open' | 'closed' | undefined;
  /** Of hours over midnight: the day they begin on. */
  readonly days?: readonly Weekday[] | undefined;
  readonly hours?: readonly DayHours[] | undefined;
}

/** Where a time band lies. */
export interface BandPlace {
  readonly zone: string;
  readonly calendar: Calendar;
}

/** No band is looked through further than this. */
const MOST_DAYS = 21;
const FULL_HOURS = Array.from({ length: 24 }, (_, hour) => hour * 60);

export function isWithinBand(band: TimeBand, at: Instant, { zone, calendar }: BandPlace): boolean {
  if (band.calendar !== undefined && isOpen(calendar, at) !== (band.calendar === 'open')) return false;
  const local = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone);
  const minute = local.hour * 60 + local.minute;
  const falls = (dayOfWeek: number): boolean => band.days === undefined || band.days.includes(WEEKDAYS[dayOfWeek - 1]!);
  if (band.hours === undefined) return falls(local.dayOfWeek);
  const yesterday = ((local.dayOfWeek + 5) % 7) + 1;
  return band.hours.some(({ from, to }) =>
    from < to
      ? minute >= from && minute < to && falls(local.dayOfWeek)
      : (minute >= from && falls(local.dayOfWeek)) || (minute < to && falls(yesterday)),
  );
}

/**
 * The first instant from `at` on that lies outside; `at` itself where it does. A band that goes on for three weeks has no end:
 * then it is `at`, too.
 */
export function endOfBand(band: TimeBand, at: Instant, place: BandPlace): Instant {
  if (!isWithinBand(band, at, place)) return at;
  const { zone, calendar } = place;
  const today = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).toPlainDate();
  // Every full hour, too: where daylight saving skips the end of a span, it ends with the jump.
  const minutes = [...FULL_HOURS, ...(band.hours ?? []).flatMap(({ from, to }) => [from, to])];
  for (let day = 0; day <= MOST_DAYS; day++) {
    const date = today.add({ days: day });
    const candidates = minutes.map(
      (minute) =>
        date.toZonedDateTime({
          timeZone: zone,
          plainTime: new Temporal.PlainTime(Math.floor(minute / 60) % 24, minute % 60),
        }).epochMilliseconds,
    );
    if (band.calendar !== undefined) candidates.push(...edgesOf(calendar, at, day));
    const end = candidates.filter((one) => one > at && !isWithinBand(band, one, place)).sort((a, b) => a - b)[0];
    if (end !== undefined) return end;
  }
  return at;
}

function edgesOf(calendar: Calendar, at: Instant, daysLater: number): Instant[] {
  try {
    return calendar.windows(calendar.day(at) + daysLater).flatMap(({ from, to }) => [from, to]);
  } catch (error) {
    if (error instanceof UncoveredYearError) return [];
    throw error;
  }
}

/** In a year that the calendar does not cover nothing is closed: a message too early is better than none. */
function isOpen(calendar: Calendar, at: Instant): boolean {
  try {
    return calendar.isOpen(at);
  } catch (error) {
    if (error instanceof UncoveredYearError) return true;
    throw error;
  }
}
