import {
  formatDays,
  formatDuration,
  parseDay,
  UncoveredYearError,
  type Calendar,
  type Day,
  type Instant,
} from '#libs/calendar';
import type { Budget } from '#libs/contract';

/** A span in which a clock stands still, half-open; an open one ends in Infinity. Spans are in order and do not overlap. */
export interface Pause {
  readonly from: Instant;
  readonly to: Instant;
}

type DayBudget = Extract<Budget, { calendar: Calendar; count: number }>;

export function countsDays(budget: Budget): budget is DayBudget {
  return 'count' in budget;
}

/**
 * The earliest instant at which the budget is used up, null while an open pause keeps that from being known.
 * A zero budget is due at the start. Pauses stop the count; a period of days does not end inside one.
 */
export function dueInstant(budget: Budget, from: Instant, pauses: readonly Pause[]): Instant | null {
  return countsDays(budget) ? dueDay(budget, from, pauses) : dueTime(budget, from, pauses);
}

function dueTime(budget: Exclude<Budget, DayBudget>, from: Instant, pauses: readonly Pause[]): Instant | null {
  let left = budget.millis;
  let at = from;
  for (const pause of pauses) {
    if (pause.to <= at) continue;
    if (left === 0) return at;
    if (pause.from > at) {
      const used = openTime(budget, at, pause.from);
      if (used >= left) return advance(budget, at, left);
      left -= used;
    }
    if (pause.to === Infinity) return null;
    at = pause.to;
  }
  return advance(budget, at, left);
}

function advance(budget: Exclude<Budget, DayBudget>, from: Instant, millis: number): Instant {
  return budget.counting === 'elapsed-time' ? from + millis : budget.calendar.addWorkingTime(from, millis);
}

function openTime(budget: Exclude<Budget, DayBudget>, from: Instant, to: Instant): number {
  return budget.counting === 'elapsed-time'
    ? Math.max(0, to - from)
    : budget.calendar.workingTimeBetween(from, Math.max(from, to));
}

function dueDay(budget: DayBudget, from: Instant, pauses: readonly Pause[]): Instant | null {
  const { calendar, count, counting: unit, endsAt } = budget;
  if (pauses.length === 0) return calendar.endOfPeriod({ from, count, unit, endsAt });
  const open = pauses[pauses.length - 1]!;
  const horizon = open.to === Infinity ? calendar.day(open.from) : Infinity;
  let day: Day;
  if (unit === 'working-days' || unit === 'calendar-days') {
    day = calendar.day(from);
    for (let left = count; left > 0;) {
      day = nextDay(calendar, day, unit);
      if (day > horizon) return null;
      if (!suspendedThroughout(calendar, day, pauses)) left--;
    }
  } else {
    day = calendar.lastDayOfPeriod({ from, count, unit });
    for (let seen = calendar.day(from); seen < day;) {
      seen++;
      if (seen > horizon) return null;
      if (suspendedThroughout(calendar, seen, pauses)) day++;
    }
  }
  for (;;) {
    day = calendar.workingDayFrom(day);
    if (day > horizon) return null;
    const end = endOfDay(calendar, day, endsAt);
    const inside = pauses.find((pause) => pause.from <= end && end < pause.to);
    if (inside === undefined) return end;
    if (inside.to === Infinity) return null;
    day = Math.max(nextDay(calendar, day, unit), calendar.day(inside.to));
  }
}

function nextDay(calendar: Calendar, day: Day, unit: DayBudget['counting']): Day {
  return unit === 'working-days' ? calendar.workingDayFrom(day + 1) : day + 1;
}

function endOfDay(calendar: Calendar, day: Day, endsAt: 'close' | '24:00'): Instant {
  const midnight = calendar.dayStart(day + 1);
  return endsAt === '24:00' ? midnight : (calendar.closeOfBusiness(day) ?? midnight);
}

/** The clock stood still during all of the day's working time (on a rest day: all of the day). */
function suspendedThroughout(calendar: Calendar, day: Day, pauses: readonly Pause[]): boolean {
  if (pauses.length === 0) return false;
  const windows = calendar.windows(day);
  const spans = windows.length > 0 ? windows : [{ from: calendar.dayStart(day), to: calendar.dayStart(day + 1) }];
  return spans.every((span) => covered(span.from, span.to, pauses));
}

function covered(from: Instant, to: Instant, pauses: readonly Pause[]): boolean {
  let at = from;
  for (const pause of pauses) {
    if (pause.to <= at) continue;
    if (pause.from > at) return false;
    at = pause.to;
    if (at >= to) return true;
  }
  return at >= to;
}

/** Counted time in [from, to) without pauses, as the rule counts it: ISO 8601, `PT…` or `P…D`. */
export function elapsedText(budget: Budget, from: Instant, to: Instant, pauses: readonly Pause[]): string {
  return countsDays(budget)
    ? formatDays(daysAfter(budget.calendar, budget.counting === 'working-days', from, to, pauses))
    : formatDuration(timeWithout(budget, from, to, pauses));
}

/** How late, in the unit given: started days (at least one), or time as the rule counts it. */
export function overdueText(
  budget: Budget,
  unit: 'working-days' | 'calendar-days' | 'hours' | null,
  due: Instant,
  until: Instant,
  pauses: readonly Pause[],
): string {
  if (!countsDays(budget)) return formatDuration(timeWithout(budget, due, until, pauses));
  if (unit === 'hours') return formatDuration(Math.max(0, until - due) - pausedTime(due, until, pauses));
  const working = unit === null ? budget.counting === 'working-days' : unit === 'working-days';
  return formatDays(daysLate(budget.calendar, working, due, until, pauses));
}

export function zeroText(budget: Budget): string {
  return countsDays(budget) ? formatDays(0) : formatDuration(0);
}

const allowedTexts = new WeakMap<Budget, string>();

export function allowedText(budget: Budget): string {
  let text = allowedTexts.get(budget);
  if (text === undefined) allowedTexts.set(budget, (text = writtenAllowance(budget)));
  return text;
}

function writtenAllowance(budget: Budget): string {
  if (!countsDays(budget)) return formatDuration(budget.millis);
  if (budget.counting === 'months') return `P${budget.count}M`;
  return budget.counting === 'years' ? `P${budget.count}Y` : formatDays(budget.count);
}

/**
 * Local days after the day of `from` up to and including the day of `to`. An instant at midnight belongs to the day it
 * ends where it ends something, and to the day it begins where it starts something (readings 23).
 */
function daysAfter(
  calendar: Calendar,
  working: boolean,
  from: Instant,
  to: Instant,
  pauses: readonly Pause[],
  fromIsEnd = false,
): number {
  if (to <= from) return 0;
  const first = (fromIsEnd ? endingDay(calendar, from) : calendar.day(from)) + 1;
  const last = endingDay(calendar, to);
  let count = 0;
  if (pauses.length === 0)
    return last < first ? 0 : working ? calendar.workingDaysBetween(first - 1, last) : last - first + 1;
  for (let day = first; day <= last; day++) {
    if (working && !calendar.isWorkingDay(day)) continue;
    if (!suspendedThroughout(calendar, day, pauses)) count++;
  }
  return count;
}

/** Started days (working days) after the due day up to and including the day of `until`, at least 1 where it is late at all; without days suspended throughout (readings 23). */
export function daysLate(
  calendar: Calendar,
  working: boolean,
  due: Instant,
  until: Instant,
  suspended: readonly Pause[],
): number {
  return until <= due ? 0 : Math.max(1, daysAfter(calendar, working, due, until, suspended, true));
}

/** Days (working days) after the due day that are over by `until`; without days suspended throughout. */
export function wholeDaysLate(
  calendar: Calendar,
  working: boolean,
  due: Instant,
  until: Instant,
  suspended: readonly Pause[],
): number {
  return daysAfter(calendar, working, due, calendar.dayStart(calendar.day(until)), suspended, true);
}

/** Milliseconds round the clock from due to `until`, without suspended time. */
export function timeLate(due: Instant, until: Instant, suspended: readonly Pause[]): number {
  return Math.max(0, until - due) - pausedTime(due, Math.max(due, until), suspended);
}

/** The end of a period that starts at an instant and is never paused. */
export function endOfPeriod(period: Budget, from: Instant): Instant {
  return dueInstant(period, from, [])!;
}

/**
 * The end of a period that starts at an instant, where it lies before `now`; else null, also where it lies beyond the years
 * of the calendar and after `now` in any case.
 * @throws UncoveredYearError where those years do not show whether it lies before `now`
 */
export function endedBefore(period: Budget, from: Instant, now: Instant): Instant | null {
  try {
    const end = endOfPeriod(period, from);
    return end < now ? end : null;
  } catch (error) {
    if (error instanceof UncoveredYearError && now < earliestEnd(period, from, error)) return null;
    throw error;
  }
}

const LEAST_DAYS = { 'working-days': 1, 'calendar-days': 1, months: 28, years: 365 };

/** What an end does not lie before that needs a year that is not covered: the start of that year, and the fewest days that the period may have. */
function earliestEnd(period: Budget, from: Instant, { year }: UncoveredYearError): Instant {
  if (period.counting === 'elapsed-time') return from + period.millis;
  const { calendar } = period;
  const ofYear = calendar.dayStart(parseDay(`${year}-01-01`)!);
  return countsDays(period)
    ? Math.max(ofYear, calendar.dayStart(calendar.day(from) + period.count * LEAST_DAYS[period.counting]))
    : Math.max(ofYear, from + period.millis);
}

/** The local date that an ending instant belongs to: 24:00 is the day before. */
export function endingDay(calendar: Calendar, at: Instant): Day {
  return calendar.day(at - 1);
}

function timeWithout(budget: Exclude<Budget, DayBudget>, from: Instant, to: Instant, pauses: readonly Pause[]): number {
  if (to <= from) return 0;
  let sum = openTime(budget, from, to);
  for (const pause of pauses) {
    const a = Math.max(from, pause.from);
    const b = Math.min(to, pause.to);
    if (b > a) sum -= openTime(budget, a, b);
  }
  return sum;
}

/** Wall milliseconds of pauses in [from, to). */
export function pausedTime(from: Instant, to: Instant, pauses: readonly Pause[]): number {
  let sum = 0;
  for (const pause of pauses) sum += Math.max(0, Math.min(to, pause.to) - Math.max(from, pause.from));
  return sum;
}

/** Milliseconds in [from, to) in which the clock runs: open, not paused. */
export function runningTime(budget: Budget, from: Instant, to: Instant, pauses: readonly Pause[]): number {
  if (!countsDays(budget)) return timeWithout(budget, from, to, pauses);
  return timeWithout({ counting: 'working-time', millis: 0, calendar: budget.calendar, text: '' }, from, to, pauses);
}

/** The instant at which `fraction` of the way from start to due is used up, in running time. */
export function fractionInstant(
  budget: Budget,
  from: Instant,
  due: Instant,
  pauses: readonly Pause[],
  fraction: number,
): Instant {
  const calendar = countsDays(budget) || budget.counting === 'working-time' ? budget.calendar : null;
  const part: Budget =
    calendar === null
      ? { counting: 'elapsed-time', millis: 0, text: '' }
      : { counting: 'working-time', millis: 0, calendar, text: '' };
  const millis = Math.floor(timeWithout(part, from, due, pauses) * fraction);
  return dueTime({ ...part, millis }, from, pauses) ?? due;
}

/** The instant `millis` before due: in the clock's own time where it counts time, else round the clock. */
export function instantBefore(budget: Budget, due: Instant, millis: number): Instant {
  return budget.counting === 'working-time' ? budget.calendar.addWorkingTime(due, -millis) : due - millis;
}
