import { z } from 'zod';
import {
  choice,
  clauses,
  condition,
  date,
  duration,
  eventTypes,
  fieldName,
  fields,
  overdueIn,
  party,
  period,
  text,
  trigger,
  warnings,
} from './file-shapes.js';
import { material, remedies } from './money-file.js';

/** Recurring duties and prohibitions as they are written. */

export const duty = fields({
  title: text.optional(),
  clauses,
  party,
  every: z
    .union(
      [
        choice('month', 'quarter', 'year', 'cycle'),
        z.array(date, { error: 'a list of dates' }).min(1, { error: 'at least one date' }),
      ],
      { error: 'month, quarter, year, cycle, or a list of dates' },
    )
    .describe('The periods of the term for each of which it is owed once.'),
  opens: z
    .union(
      [
        choice('period start', 'period end'),
        fields({
          on: eventTypes,
          where: condition.optional(),
          period: fieldName.describe('The field of data that names the period.'),
          amount: fieldName.optional().describe('The field of data that carries the sum due.'),
        }),
      ],
      { error: 'period start, period end, or {on, where, period, amount}' },
    )
    .describe('When it shows: at the start or the end of its period, or with a fact, not before the end.'),
  within: period.optional().describe("Counted from where it opens; default: due at the period's end."),
  fulfilledBy: fields({
    on: eventTypes,
    where: condition.optional(),
    period: fieldName.describe('The field of data that names the period.'),
    amount: fieldName.optional().describe('The field of data that carries what was paid; part payments add up.'),
  }),
  warnings,
  grace: duration.optional(),
  overdueIn,
  remedies: remedies.optional(),
  material: material.optional(),
});

export const prohibition = fields({
  title: text.optional(),
  clauses,
  party: z
    .union([party, fields({ field: fieldName, only: party.optional() })], {
      error: 'client, provider, or {field, only}',
    })
    .describe('Who breaches: always the same party, or the one that a field of data names.'),
  on: trigger,
  survives: duration.optional().describe('How long it outlives the term, such as P3Y.'),
  remedies: remedies.optional(),
});
