import { Temporal } from 'temporal-polyfill';
import type { Period, PeriodUnit } from './duties.js';
import type { Contract } from './model.js';

/** Days from the first to the one after the last. */
export interface DaySpan {
  readonly from: Temporal.PlainDate;
  readonly end: Temporal.PlainDate;
}

const MONTHS = { month: 1, quarter: 3, year: 12 } as const;

/**
 * The periods of which a part lies in the span, in order. One that the span cuts begins or ends with the span; it keeps the
 * name of the month (quarter, year) in which the whole period begins.
 */
export function periodsOf(every: PeriodUnit, span: DaySpan, cycle: Contract['cycle'], zone: string): Period[] {
  const unit = every === 'cycle' ? cycle.every : every;
  const day = every === 'cycle' ? cycle.startsOn : 1;
  const months = MONTHS[unit];
  let from = Temporal.PlainDate.from({
    year: span.from.year,
    month: span.from.month - ((span.from.month - 1) % months),
    day,
  });
  if (Temporal.PlainDate.compare(from, span.from) > 0) from = from.subtract({ months });
  const periods: Period[] = [];
  for (; Temporal.PlainDate.compare(from, span.end) < 0; from = from.add({ months })) {
    const to = from.add({ months });
    periods.push({
      name: nameOf(unit, from),
      from: startOf(later(from, span.from), zone),
      to: startOf(earlier(to, span.end), zone),
    });
  }
  return periods;
}

/** One period per day, `days` long and named by its last day; all of them lie in the span. */
export function rollingPeriods(days: number, span: DaySpan, zone: string): Period[] {
  const periods: Period[] = [];
  let end = span.from.add({ days });
  for (; Temporal.PlainDate.compare(end, span.end) <= 0; end = end.add({ days: 1 })) {
    periods.push({
      name: end.subtract({ days: 1 }).toString(),
      from: startOf(end.subtract({ days }), zone),
      to: startOf(end, zone),
    });
  }
  return periods;
}

/** Each date as a period of one day. */
export function datePeriods(dates: readonly Temporal.PlainDate[], zone: string): Period[] {
  return dates.map((date) => ({
    name: date.toString(),
    from: startOf(date, zone),
    to: startOf(date.add({ days: 1 }), zone),
  }));
}

export function startOf(date: Temporal.PlainDate, zone: string): number {
  return date.toZonedDateTime(zone).epochMilliseconds;
}

function nameOf(unit: keyof typeof MONTHS, from: Temporal.PlainDate): string {
  const year = String(from.year).padStart(4, '0');
  if (unit === 'year') return year;
  return unit === 'quarter'
    ? `${year}-Q${Math.ceil(from.month / 3)}`
    : `${year}-${String(from.month).padStart(2, '0')}`;
}

function later(a: Temporal.PlainDate, b: Temporal.PlainDate): Temporal.PlainDate {
  return Temporal.PlainDate.compare(a, b) > 0 ? a : b;
}

function earlier(a: Temporal.PlainDate, b: Temporal.PlainDate): Temporal.PlainDate {
  return Temporal.PlainDate.compare(a, b) < 0 ? a : b;
}
