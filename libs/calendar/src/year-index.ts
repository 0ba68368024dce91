import type { Day, Instant, Interval } from './model.js';

/**
 * One local year of a calendar with running sums, so that every question is one or two binary searches. Instants and
 * days passed in lie in the year; open time is cut at its ends.
 */
export class YearIndex {
  /** Open milliseconds of the whole year. */
  readonly openMillis: number;
  /** Working days of the whole year. */
  readonly workingDays: number;
  private readonly starts: Float64Array;
  private readonly ends: Float64Array;
  /** Open milliseconds of the year before each interval, and of the year at the end. */
  private readonly before: Float64Array;
  /** Working days of the year before each day, and of the year at the end. */
  private readonly workingBefore: Uint16Array;

  /**
   * @param windowsByDay windows that begin on each date of the year, from its first day on
   * @param spill windows of the date before, which may reach into the year
   */
  constructor(
    readonly firstDay: Day,
    readonly from: Instant,
    readonly to: Instant,
    windowsByDay: readonly (readonly Interval[])[],
    spill: readonly Interval[],
  ) {
    const open = mergedWithin([...spill, ...windowsByDay.flat()], from, to);
    this.starts = Float64Array.from(open, (interval) => interval.from);
    this.ends = Float64Array.from(open, (interval) => interval.to);
    this.before = new Float64Array(open.length + 1);
    open.forEach((interval, i) => (this.before[i + 1] = at(this.before, i) + interval.to - interval.from));
    this.openMillis = at(this.before, open.length);
    this.workingBefore = new Uint16Array(windowsByDay.length + 1);
    windowsByDay.forEach(
      (list, i) => (this.workingBefore[i + 1] = at(this.workingBefore, i) + (list.length > 0 ? 1 : 0)),
    );
    this.workingDays = at(this.workingBefore, windowsByDay.length);
  }

  isOpen(instant: Instant): boolean {
    const i = countUpTo(this.starts, instant) - 1;
    return i >= 0 && instant < at(this.ends, i);
  }

  /** Open milliseconds of the year before an instant. */
  openBefore(instant: Instant): number {
    const i = countUpTo(this.starts, instant) - 1;
    return i < 0 ? 0 : at(this.before, i) + Math.min(instant, at(this.ends, i)) - at(this.starts, i);
  }

  /** Earliest instant before which so many milliseconds of the year were open; 0 < millis <= openMillis. */
  earliestAfter(millis: number): Instant {
    const i = countUpTo(this.before, millis - 1) - 1;
    return at(this.starts, i) + millis - at(this.before, i);
  }

  /** Latest instant before which so many milliseconds of the year were open; 0 <= millis < openMillis. */
  latestAfter(millis: number): Instant {
    const i = countUpTo(this.before, millis) - 1;
    return at(this.starts, i) + millis - at(this.before, i);
  }

  isWorkingDay(day: Day): boolean {
    const i = day - this.firstDay;
    return at(this.workingBefore, i + 1) > at(this.workingBefore, i);
  }

  /** Working days of the year before a day; the day after the last one is allowed. */
  workingDaysBefore(day: Day): number {
    return at(this.workingBefore, day - this.firstDay);
  }

  /** The year's working day of a number; 1 <= number <= workingDays. */
  workingDay(number: number): Day {
    return this.firstDay + countUpTo(this.workingBefore, number - 1) - 1;
  }
}

function mergedWithin(intervals: readonly Interval[], from: Instant, to: Instant): Interval[] {
  const merged: { from: Instant; to: Instant }[] = [];
  for (const interval of intervals) {
    const cut = { from: Math.max(interval.from, from), to: Math.min(interval.to, to) };
    if (cut.from >= cut.to) continue;
    const last = merged.at(-1);
    if (last !== undefined && cut.from <= last.to) last.to = Math.max(last.to, cut.to);
    else merged.push(cut);
  }
  return merged;
}

/** How many of the ascending values are at most `limit`. */
function countUpTo(values: Float64Array | Uint16Array, limit: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (at(values, middle) <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

function at(values: Float64Array | Uint16Array, index: number): number {
  return values[index] as number;
}
