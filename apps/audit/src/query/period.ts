import { Temporal } from 'temporal-polyfill';
import type { Instant } from '#libs/calendar';

/** A local period: whole dates, `to` not included. */
export interface Period {
  readonly from: Temporal.PlainDate;
  readonly to: Temporal.PlainDate;
}

/** Beyond these, instants have no four-digit year in every zone. */
const FIRST_YEAR = 1000;
const LAST_YEAR = 9998;

/** `2026`, `2026-Q1`, `2026-03` or `2026-03-31`; undefined for anything else and for dates there are none of. */
export function readPeriod(text: string): Period | undefined {
  const parts = /^(\d{4})(?:-Q([1-4])|-(\d{2})(?:-(\d{2}))?)?$/.exec(text);
  if (parts === null) return undefined;
  const [, year, quarter, month, day] = parts;
  const first = { year: Number(year), month: 1, day: 1 };
  if (quarter !== undefined) first.month = Number(quarter) * 3 - 2;
  if (month !== undefined) first.month = Number(month);
  if (day !== undefined) first.day = Number(day);
  try {
    const from = Temporal.PlainDate.from(first, { overflow: 'reject' });
    const length =
      day !== undefined
        ? { days: 1 }
        : month !== undefined
          ? { months: 1 }
          : quarter !== undefined
            ? { months: 3 }
            : { years: 1 };
    const to = from.add(length);
    return from.year < FIRST_YEAR || to.year > LAST_YEAR ? undefined : { from, to };
  } catch {
    return undefined;
  }
}

/** The instants a local period has in a zone, half-open. */
export function spanOf(period: Period, zone: string): { readonly from: Instant; readonly to: Instant } {
  const start = (day: Temporal.PlainDate): Instant => day.toZonedDateTime(zone).epochMilliseconds;
  return { from: start(period.from), to: start(period.to) };
}
