import { Temporal } from 'temporal-polyfill';
import { compileHead } from './compile-head.js';
import type { CompiledTerm } from './compile-term.js';
import { dateAt } from './compile-term.js';
import { compileFactTriggers } from './compile-trigger.js';
import { compileGrace, compileWarnings } from './compile-warnings.js';
import type { ContractFile } from './contract-file.js';
import { AMOUNT, declaredField, periodName } from './declared-field.js';
import type { Duty, Period } from './duties.js';
import { periodAt, type Path, type Reading } from './reading.js';
import { feedsOf, readsOf, type RuleReads } from './rule-reads.js';
import type { Loose } from './salvage.js';
import { datePeriods, periodsOf } from './service-periods.js';

export type LooseDuty = Loose<NonNullable<ContractFile['duties']>[string]>;

export interface CompiledDuty extends RuleReads {
  readonly id: string;
  /** Undefined where a part of it is missing or wrong. */
  readonly duty: Duty | undefined;
}

/** Compiles something owed once per period of the term. */
export function compileDuty(
  reading: Reading,
  id: string,
  written: LooseDuty,
  term: CompiledTerm | undefined,
): CompiledDuty {
  const path: Path = ['duties', id];
  const head = compileHead(reading, path, id, written);
  const { every, fulfilledBy } = written;
  const unit = typeof every === 'string' ? every : 'dates';
  const named = periodName(unit === 'cycle' ? (reading.file.cycle?.every ?? 'month') : unit);

  const atFulfilled = [...path, 'fulfilledBy'];
  const fulfilling = compileFactTriggers(
    reading,
    atFulfilled,
    fulfilledBy && { on: fulfilledBy.on, where: fulfilledBy.where },
  );
  const fulfillingTypes = fulfilling.map(({ trigger }) => trigger.on);
  const opens = typeof written.opens === 'object' ? written.opens : undefined;
  const atOpens = [...path, 'opens'];
  const opening = compileFactTriggers(reading, atOpens, opens && { on: opens.on, where: opens.where });
  const openingTypes = opening.map(({ trigger }) => trigger.on);
  const fieldsRead = [
    ...readsOf([...fulfilling, ...opening]),
    ...declaredField(reading, [...atFulfilled, 'period'], fulfillingTypes, fulfilledBy?.period, named),
    ...declaredField(reading, [...atFulfilled, 'amount'], fulfillingTypes, fulfilledBy?.amount, AMOUNT),
    ...declaredField(reading, [...atOpens, 'period'], openingTypes, opens?.period, named),
    ...declaredField(reading, [...atOpens, 'amount'], openingTypes, opens?.amount, AMOUNT),
  ];
  if (fulfilledBy !== undefined && (fulfilledBy.amount === undefined) !== (opens?.amount === undefined)) {
    const missing = fulfilledBy.amount === undefined ? 'fulfilledBy' : 'opens';
    reading.report(
      [...path, missing],
      `${id} names an amount on one side only (needed: amount of the fact that opens it and of those that fulfil it, or neither)`,
      'key',
    );
  }
  const both = opening.find(
    (one) =>
      one.trigger.where === null &&
      fulfilling.some(({ trigger }) => trigger.where === null && trigger.on === one.trigger.on),
  );
  if (both !== undefined)
    reading.report(
      [...atFulfilled, 'on'],
      `${both.trigger.on} opens and fulfils ${id} at once (allowed: another type, or a condition)`,
    );
  const opensAt = typeof written.opens === 'string' ? written.opens : undefined;
  const within = periodAt(reading, [...path, 'within'], written.within);
  if (written.within === undefined && written.opens !== undefined && opensAt !== 'period start') {
    reading.report(
      path,
      `${id} opens when its period has ended and has no time to be done in (needed: within, or opens: period start)`,
      'key',
    );
  }
  const warnings = compileWarnings(reading, path, written.warnings);
  if (written.within === undefined) {
    (written.warnings ?? []).forEach((text, index) => {
      if (text?.endsWith('%') === true)
        reading.report(
          [...path, 'warnings', index],
          `${text} of no period is no instant (allowed: a duration before due such as P3D, or within)`,
        );
    });
  }
  const periods = term === undefined ? [] : periodsAt(reading, [...path, 'every'], every, term);
  const graceMillis = compileGrace(reading, path, written.grace);
  const naming = (triggers: typeof fulfilling, field: string) => ({
    triggers: triggers.map(({ trigger }) => trigger),
    field,
  });
  const complete =
    head !== undefined && written.party !== undefined && every !== undefined && fulfilledBy?.period !== undefined;
  const kind = `duty:${id}`;
  return {
    id,
    fieldsRead,
    feeds: [
      ...(fulfilledBy?.period === undefined ? [] : feedsOf(kind, fulfillingTypes, { field: fulfilledBy.period })),
      ...(opens?.period === undefined
        ? []
        : feedsOf(
            kind,
            openingTypes.filter((type) => !fulfillingTypes.includes(type)),
            { field: opens.period },
          )),
    ],
    duty: complete
      ? {
          ...head,
          party: written.party,
          periods,
          every: unit,
          opens:
            opens?.period === undefined
              ? { by: opensAt === 'period start' ? 'period-start' : 'period-end' }
              : { by: 'fact', fact: naming(opening, opens.period), amountField: opens.amount ?? null },
          within: within ?? null,
          fulfilledBy: naming(fulfilling, fulfilledBy.period),
          paidField: fulfilledBy.amount ?? null,
          warnings,
          graceMillis,
          overdueUnit: written.overdueIn ?? null,
        }
      : undefined,
  };
}

function periodsAt(reading: Reading, path: Path, every: LooseDuty['every'], { days }: CompiledTerm): readonly Period[] {
  if (every === undefined) return [];
  const { zone, file } = reading;
  const cycle = { every: file.cycle?.every ?? 'month', startsOn: file.cycle?.startsOn ?? 1 } as const;
  if (typeof every === 'string') return periodsOf(every, days, cycle, zone);
  let before: Temporal.PlainDate | undefined;
  const dates = every.flatMap((written, index) => {
    const at = [...path, index];
    const date = dateAt(reading, at, written);
    if (date === undefined) return [];
    if (Temporal.PlainDate.compare(date, days.from) < 0 || Temporal.PlainDate.compare(date, days.end) >= 0)
      reading.report(
        at,
        `${date.toString()} lies outside the term (allowed: ${days.from.toString()} to ${days.end.subtract({ days: 1 }).toString()})`,
      );
    if (before !== undefined && Temporal.PlainDate.compare(date, before) <= 0)
      reading.report(
        at,
        `${date.toString()} does not come after ${before.toString()} (allowed: dates in order, once each)`,
      );
    before = date;
    return [date];
  });
  return datePeriods(dates, zone);
}
