import { Temporal } from 'temporal-polyfill';
import { parseDay, parseDuration, parseInstant, type Instant } from '#libs/calendar';
import type { Contract, Term } from './model.js';
import type { Reading } from './reading.js';
import { startOf, type DaySpan } from './service-periods.js';

/** Term, instant of effect and fees, with the dates read in the contract's zone. */
export interface CompiledTerm {
  readonly term: Term;
  readonly inForceFrom: Instant;
  readonly fees: Contract['fees'];
  /** Days of the term, and of the term of the standards. */
  readonly days: DaySpan;
  readonly qualityDays: DaySpan;
}

const MOST_YEARS = 100;

/** Compiles the dates of a contract. Undefined where the term itself is missing or wrong. */
export function compileTerm(reading: Reading): CompiledTerm | undefined {
  const { file, report, zone } = reading;
  const from = dateAt(reading, ['term', 'from'], file.term?.from);
  const last = dateAt(reading, ['term', 'to'], file.term?.to);
  const survives = survivalAt(reading, ['term', 'survives'], reading.file.term?.survives);
  const fees = feesOf(reading);
  if (from === undefined || last === undefined) return undefined;
  if (Temporal.PlainDate.compare(from, last) > 0) {
    report(
      ['term', 'to'],
      `the term ends on ${last.toString()}, before it begins (allowed: ${from.toString()} or later)`,
    );
    return undefined;
  }
  const start = (date: Temporal.PlainDate) => startOf(date, zone);
  if (Temporal.PlainDate.compare(last, from.add({ years: MOST_YEARS })) >= 0) {
    report(['term', 'to'], `the term ends on ${last.toString()} (allowed: at most ${MOST_YEARS} years)`);
    return undefined;
  }
  const end = last.add({ days: 1 });
  const term: Term = {
    from: start(from),
    to: start(end),
    survivesUntil: start(end.add(survives)),
    plausibleFrom: start(from.subtract({ years: 1 })),
  };
  checkFees(reading, term, fees);
  const days = { from, end };
  return { term, inForceFrom: effectAt(reading, term, start), fees, days, qualityDays: qualityDaysOf(reading, days) };
}

/** How long something outlives the term: years, months or days. */
export function survivalAt(
  { report }: Pick<Reading, 'report'>,
  path: readonly (string | number)[],
  written: string | undefined,
): Temporal.DurationLike {
  if (written === undefined) return { days: 0 };
  const duration = parseDuration(written);
  if (
    duration !== undefined &&
    !('millis' in duration) &&
    Object.values(duration).every((count: number) => count >= 0)
  ) {
    return duration;
  }
  report(
    path,
    `'${written}' is no time that a duty outlives the term (allowed: years, months or days such as P3Y, P6M, P30D)`,
  );
  return { days: 0 };
}

function effectAt({ file, report }: Reading, term: Term, start: (date: Temporal.PlainDate) => Instant): Instant {
  const written = file.inForceFrom;
  if (written === undefined) return term.from;
  const instant = parseDay(written) === undefined ? parseInstant(written) : start(Temporal.PlainDate.from(written));
  if (instant !== undefined && instant >= term.from && instant < term.to) return instant;
  report(
    ['inForceFrom'],
    instant === undefined
      ? `'${written}' is neither a date nor an instant (allowed: such as 2026-04-01 or 2026-04-01T00:00:00+08:00)`
      : `${written} lies outside the term (allowed: ${file.term?.from ?? ''} to ${file.term?.to ?? ''})`,
  );
  return term.from;
}

function feesOf(reading: Reading): Contract['fees'] {
  return (reading.file.fees ?? []).flatMap((fee, index) => {
    const date = dateAt(reading, ['fees', index, 'from'], fee?.from);
    if (date === undefined || fee?.amount === undefined) return [];
    return [{ from: date.toZonedDateTime(reading.zone).epochMilliseconds, amount: fee.amount }];
  });
}

/** Fees lie within the term and follow each other in time. */
function checkFees({ file, report }: Reading, term: Term, fees: Contract['fees']): void {
  if (fees.length < (file.fees?.length ?? 0)) return;
  fees.forEach(({ from }, index) => {
    const path = ['fees', index, 'from'];
    const date = file.fees?.[index]?.from ?? '';
    if (from < term.from || from >= term.to) {
      report(
        path,
        `the fee from ${date} lies outside the term (allowed: ${file.term?.from ?? ''} to ${file.term?.to ?? ''})`,
      );
    }
    const before = fees[index - 1];
    if (before !== undefined && from <= before.from) {
      report(path, `the fee from ${date} does not come after the one before it (allowed: later dates, in order)`);
    }
  });
}

function qualityDaysOf(reading: Reading, days: DaySpan): DaySpan {
  const written = reading.file.term?.qualityTerm;
  const at = ['term', 'qualityTerm'];
  const from = dateAt(reading, [...at, 'from'], written?.from);
  const last = dateAt(reading, [...at, 'to'], written?.to);
  if (from === undefined || last === undefined) return days;
  const end = last.add({ days: 1 });
  const within =
    Temporal.PlainDate.compare(from, days.from) >= 0 &&
    Temporal.PlainDate.compare(end, days.end) <= 0 &&
    Temporal.PlainDate.compare(from, last) <= 0;
  if (within) return { from, end };
  reading.report(
    at,
    `the quality term from ${from.toString()} to ${last.toString()} does not lie in the term (allowed: ${reading.file.term?.from ?? ''} to ${reading.file.term?.to ?? ''}, in order)`,
  );
  return days;
}

export function dateAt(
  { report }: Pick<Reading, 'report'>,
  path: readonly (string | number)[],
  written: string | undefined,
): Temporal.PlainDate | undefined {
  if (written === undefined) return undefined;
  if (parseDay(written) !== undefined) return Temporal.PlainDate.from(written);
  report(path, `${written} is no date of the calendar (allowed: such as 2026-01-31)`);
  return undefined;
}
