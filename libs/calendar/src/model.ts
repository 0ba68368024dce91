/** Epoch milliseconds, UTC. */
export type Instant = number;
/** A local date as days since 1970-01-01; dates of different zones are not comparable. */
export type Day = number;
/** Half-open [from, to). */
export interface Interval {
  readonly from: Instant;
  readonly to: Instant;
}

export type DayUnit = 'working-days' | 'calendar-days' | 'months' | 'years';

export interface DayPeriod {
  readonly from: Instant;
  readonly count: number;
  readonly unit: DayUnit;
  readonly endsAt: 'close' | '24:00';
}

/**
 * A calendar, read once and frozen: a zone, opening windows per date, holidays and make-up days.
 * Every method throws UncoveredYearError when the computation leaves the years its holiday data cover.
 */
export interface Calendar {
  readonly id: string;
  readonly zone: string;
  /** SHA-256 (hex) of the file's bytes. */
  readonly hash: string;
  /** Name and version of the holiday data, e.g. `holiday-calendar 1.3.3 CN`; empty where none is used. */
  readonly data: string;
  /** First and last covered year; null: no holiday data, every year is covered. */
  readonly coveredYears: { readonly first: number; readonly last: number } | null;
  /** The local date of an instant. */
  day(at: Instant): Day;
  /** The first instant of a local date: midnight, or later where daylight saving skips it. `dayStart(d + 1)` is 24:00 of d. */
  dayStart(day: Day): Instant;
  isOpen(at: Instant): boolean;
  /** A day with at least one opening window. Days the calendar is closed on are rest days. */
  isWorkingDay(day: Day): boolean;
  /** Opening windows that begin on the date, merged and in order; one over midnight may end on the next. */
  windows(day: Day): readonly Interval[];
  /** End of the day's last window; undefined on a rest day. */
  closeOfBusiness(day: Day): Instant | undefined;
  /** First working day at or after `day`. */
  workingDayFrom(day: Day): Day;
  /** Earliest instant at which `millis` of open time after `from` are used up; zero: `from`; negative: counted backward (the latest such instant). */
  addWorkingTime(from: Instant, millis: number): Instant;
  /** Open milliseconds in [from, to); negative when reversed. */
  workingTimeBetween(from: Instant, to: Instant): number;
  /** Number of working days among the dates (from, to]. Negative when reversed. */
  workingDaysBetween(from: Day, to: Day): number;
  /** PRC Civil Code 200-204: end of a period whose starting day is not counted. */
  endOfPeriod(period: DayPeriod): Instant;
  /** The date on which such a period ends, before the hour is put on it (moved off rest days already). */
  lastDayOfPeriod(period: Pick<DayPeriod, 'from' | 'count' | 'unit'>): Day;
}
