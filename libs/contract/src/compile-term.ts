import { Temporal } from 'temporal-polyfill';
import { parseDay, parseDuration, parseInstant, type Instant } from '#libs/calendar';
import type { Contract, Term } from './model.js';
import type { Reading } from './reading.js';

/** Term, instant of effect and fees, with the dates read in the contract's zone. */
export interface CompiledTerm {
  readonly term: Term;
  readonly inForceFrom: Instant;
  readonly fees: Contract['fees'];
}

/** Compiles the dates of a contract. Undefined where the term itself is missing or wrong. */
export function compileTerm(reading: Reading): CompiledTerm | undefined {
  const { file, report, zone } = reading;
  const from = dateAt(reading, ['term', 'from'], file.term?.from);
  const last = dateAt(reading, ['term', 'to'], file.term?.to);
  const survives = survivalAt(reading);
  if (from === undefined || last === undefined) return undefined;
  if (Temporal.PlainDate.compare(from, last) > 0) {
    report(['term', 'to'], `the term ends on ${last.toString()}, before it begins (allowed: ${from.toString()} or later)`);
    return undefined;
  }
  const start = (date: Temporal.PlainDate) => date.toZonedDateTime(zone).epochMilliseconds;
  const end = last.add({ days: 1 });
  const term: Term = {
    from: start(from),
    to: start(end),
    survivesUntil: start(end.add(survives)),
    plausibleFrom: start(from.subtract({ years: 1 })),
  };
  return { term, inForceFrom: effectAt(reading, term, start), fees: feesOf(reading, term, start) };
}

function survivalAt({ file, report }: Reading): Temporal.DurationLike {
  const written = file.term?.survives;
  if (written === undefined) return { days: 0 };
  const duration = parseDuration(written);
  if (duration !== undefined && !('millis' in duration) && Object.values(duration).every((count: number) => count >= 0)) {
    return duration;
  }
  report(['term', 'survives'], `'${written}' is no time that a duty outlives the term (allowed: years, months or days such as P3Y, P6M, P30D)`);
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

function feesOf(reading: Reading, term: Term, start: (date: Temporal.PlainDate) => Instant): Contract['fees'] {
  const { file, report } = reading;
  const fees: { from: Instant; amount: string }[] = [];
  (file.fees ?? []).forEach((fee, index) => {
    const path = ['fees', index, 'from'];
    const date = dateAt(reading, path, fee?.from);
    if (date === undefined || fee?.amount === undefined) return;
    const from = start(date);
    if (from < term.from || from >= term.to) {
      report(path, `the fee from ${date.toString()} lies outside the term (allowed: ${file.term?.from ?? ''} to ${file.term?.to ?? ''})`);
    }
    const before = fees.at(-1);
    if (before !== undefined && from <= before.from) {
      report(path, `the fee from ${date.toString()} does not come after the one before it (allowed: later dates, in order)`);
    }
    fees.push({ from, amount: fee.amount });
  });
  return fees;
}

function dateAt({ report }: Reading, path: readonly (string | number)[], written: string | undefined): Temporal.PlainDate | undefined {
  if (written === undefined) return undefined;
  if (parseDay(written) !== undefined) return Temporal.PlainDate.from(written);
  report(path, `${written} is no date of the calendar (allowed: such as 2026-01-31)`);
  return undefined;
}
