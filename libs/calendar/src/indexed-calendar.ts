import { FIRST_YEAR, LAST_YEAR, type Window } from './calendar-file.js';
import { addMonths, dateOfDay, dayOfDate, weekdayOf } from './civil-date.js';
import type { Calendar, Day, DayPeriod, Instant, Interval } from './model.js';
import { UncoveredYearError } from './uncovered-year-error.js';
import { YearIndex } from './year-index.js';
import { ZoneYear } from './zone-year.js';

const DAY_MILLIS = 86_400_000;

/** What a calendar file says, checked: hours of the week, and of the dates that differ from it. */
export interface CalendarPlan {
  readonly id: string;
  readonly zone: string;
  readonly hash: string;
  readonly data: string;
  readonly coveredYears: { readonly first: number; readonly last: number } | null;
  /** Monday first; windows in order, apart or touching. */
  readonly weekly: readonly (readonly Window[])[];
  readonly windowsOfDates: ReadonlyMap<Day, readonly Window[]>;
}

/**
 * A calendar over indexes that are built year by year when first needed. The indexes are all that changes after
 * construction, and they only ever grow to the same content, so the calendar is a value to everybody outside.
 */
export class IndexedCalendar implements Calendar {
  readonly id: string;
  readonly zone: string;
  readonly hash: string;
  readonly data: string;
  readonly coveredYears: { readonly first: number; readonly last: number } | null;

  readonly #plan: CalendarPlan;
  readonly #first: number;
  readonly #last: number;
  readonly #spillMinutes: number;
  readonly #zoneYears: (ZoneYear | undefined)[] = [];
  readonly #indexes: (YearIndex | undefined)[] = [];
  #recent: YearIndex | undefined;

  constructor(plan: CalendarPlan) {
    this.id = plan.id;
    this.zone = plan.zone;
    this.hash = plan.hash;
    this.data = plan.data;
    this.coveredYears = plan.coveredYears === null ? null : Object.freeze({ ...plan.coveredYears });
    this.#plan = plan;
    this.#first = plan.coveredYears?.first ?? FIRST_YEAR;
    this.#last = plan.coveredYears?.last ?? LAST_YEAR;
    const ends = [...plan.weekly, ...plan.windowsOfDates.values()].flatMap((windows) => windows.map(({ to }) => to));
    this.#spillMinutes = Math.max(0, ...ends.map((to) => to - 1440));
    Object.freeze(this);
  }

  day(at: Instant): Day {
    return this.#zoneYear(yearOfInstant(at)).dayAt(at);
  }

  dayStart(day: Day): Instant {
    return this.#zoneYear(dateOfDay(day).year).instantOf(day, 0);
  }

  isOpen(at: Instant): boolean {
    return this.#indexAt(at).isOpen(at);
  }

  isWorkingDay(day: Day): boolean {
    return this.#index(dateOfDay(day).year).isWorkingDay(day);
  }

  windows(day: Day): readonly Interval[] {
    const { year } = dateOfDay(day);
    this.#assertCovered(year);
    return this.#windowsOn(day, this.#zoneYear(year));
  }

  closeOfBusiness(day: Day): Instant | undefined {
    return this.windows(day).at(-1)?.to;
  }

  workingDayFrom(day: Day): Day {
    return this.#workingDayAfter(day - 1, 1);
  }

  addWorkingTime(from: Instant, millis: number): Instant {
    if (!Number.isSafeInteger(millis)) throw new RangeError(`millis: ${millis} is not a whole number`);
    if (millis === 0) return from;
    return millis > 0 ? this.#forward(from, millis) : this.#backward(from, -millis);
  }

  workingTimeBetween(from: Instant, to: Instant): number {
    if (from === to) return 0;
    if (from > to) return 0 - this.workingTimeBetween(to, from);
    let index = this.#indexAt(from);
    let millis = -index.openBefore(from);
    while (to > index.to) {
      millis += index.openMillis;
      index = this.#indexAt(index.to);
    }
    return millis + index.openBefore(to);
  }

  workingDaysBetween(from: Day, to: Day): number {
    if (from === to) return 0;
    if (from > to) return 0 - this.workingDaysBetween(to, from);
    const lastYear = dateOfDay(to).year;
    let year = dateOfDay(from + 1).year;
    let index = this.#index(year);
    let count = -index.workingDaysBefore(from + 1);
    while (year < lastYear) {
      count += index.workingDays;
      index = this.#index(++year);
    }
    return count + index.workingDaysBefore(to + 1);
  }

  endOfPeriod(period: DayPeriod): Instant {
    const day = this.lastDayOfPeriod(period);
    if (period.count === 0) return period.from;
    const close = period.endsAt === 'close' ? this.closeOfBusiness(day) : undefined;
    return close ?? this.dayStart(day + 1);
  }

  lastDayOfPeriod({ from, count, unit }: Pick<DayPeriod, 'from' | 'count' | 'unit'>): Day {
    if (!Number.isSafeInteger(count) || count < 0) {
      throw new RangeError(`count: ${count} is not a whole number of ${unit} from 0 on`);
    }
    const start = this.day(from);
    if (count === 0) return start;
    switch (unit) {
      case 'working-days':
        return this.#workingDayAfter(start, count);
      case 'calendar-days':
        return this.workingDayFrom(start + count);
      case 'months':
        return this.workingDayFrom(addMonths(start, count));
      case 'years':
        return this.workingDayFrom(addMonths(start, count * 12));
    }
  }

  #forward(from: Instant, millis: number): Instant {
    let index = this.#indexAt(from);
    let target = index.openBefore(from) + millis;
    while (target > index.openMillis) {
      target -= index.openMillis;
      index = this.#indexAt(index.to);
    }
    return index.earliestAfter(target);
  }

  #backward(from: Instant, millis: number): Instant {
    let index = this.#indexAt(from - 1);
    let target = index.openBefore(from) - millis;
    while (target < 0) {
      index = this.#indexAt(index.from - 1);
      target += index.openMillis;
    }
    return index.latestAfter(target);
  }

  #workingDayAfter(day: Day, count: number): Day {
    let { year } = dateOfDay(day + 1);
    let index = this.#index(year);
    let target = index.workingDaysBefore(day + 1) + count;
    while (target > index.workingDays) {
      target -= index.workingDays;
      index = this.#index(++year);
    }
    return index.workingDay(target);
  }

  /** The index of the local year an instant lies in. */
  #indexAt(at: Instant): YearIndex {
    const recent = this.#recent;
    if (recent !== undefined && recent.from <= at && at < recent.to) return recent;
    const { year } = dateOfDay(this.day(at));
    const index = this.#index(year);
    // The first year may begin with hours that hang on the date before it, which nobody knows.
    if (at < index.from) this.#assertCovered(year - 1);
    this.#recent = index;
    return index;
  }

  #index(year: number): YearIndex {
    const known = this.#indexes[year - this.#first];
    if (known !== undefined) return known;
    this.#assertCovered(year);
    const index = this.#build(year);
    this.#indexes[year - this.#first] = index;
    return index;
  }

  #build(year: number): YearIndex {
    const zone = this.#zoneYear(year);
    const firstDay = dayOfDate(year, 1, 1);
    const nextFirstDay = dayOfDate(year + 1, 1, 1);
    const windows = Array.from({ length: nextFirstDay - firstDay }, (_, i) => this.#windowsOn(firstDay + i, zone));
    const isFirst = year === this.#first;
    const from = zone.instantOf(firstDay, isFirst ? this.#spillMinutes : 0);
    const spill = isFirst ? [] : this.#windowsOn(firstDay - 1, zone);
    return new YearIndex(firstDay, from, zone.instantOf(nextFirstDay, 0), windows, spill);
  }

  /** Windows that daylight saving skips whole are none. */
  #windowsOn(day: Day, zone: ZoneYear): Interval[] {
    const windows = this.#plan.windowsOfDates.get(day) ?? this.#plan.weekly[weekdayOf(day)] ?? [];
    const merged: { from: Instant; to: Instant }[] = [];
    for (const window of windows) {
      const interval = { from: zone.instantOf(day, window.from), to: zone.instantOf(day, window.to) };
      const last = merged.at(-1);
      if (interval.from >= interval.to) continue;
      if (last !== undefined && interval.from <= last.to) last.to = Math.max(last.to, interval.to);
      else merged.push(interval);
    }
    return merged;
  }

  #zoneYear(year: number): ZoneYear {
    // One year beyond both ends: local and UTC dates differ by up to a day there.
    if (!(year >= FIRST_YEAR - 1 && year <= LAST_YEAR + 1)) {
      throw new UncoveredYearError(this.id, year, this.#first, this.#last);
    }
    const place = year - FIRST_YEAR + 1;
    return (this.#zoneYears[place] ??= new ZoneYear(this.zone, year));
  }

  #assertCovered(year: number): void {
    if (!(year >= this.#first && year <= this.#last)) {
      throw new UncoveredYearError(this.id, year, this.#first, this.#last);
    }
  }
}

function yearOfInstant(at: Instant): number {
  return dateOfDay(Math.floor(at / DAY_MILLIS)).year;
}
