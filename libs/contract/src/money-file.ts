import { z } from 'zod';
import {
  choice,
  clause,
  decimalText,
  eventTypeName,
  fields,
  figure,
  identifier,
  notice,
  party,
  percent,
  period,
  ruleIds,
  sum,
  whole,
} from './file-shapes.js';

/** Money as it is written: remedies of a rule, limits over them, statements, and the rights that breaches give. */

const NAMES =
  'per-breach, per-day-late, per-unit-late, per-point, per-step, tier, fee-share, bonus, interest, service-extension';
const counted = choice('started', 'completed');
const per = whole('a number of units from 1 to 1000', 1, 1000)
  .optional()
  .describe('How many units of delay each sum is for, such as 12 hours; default: one.');

export const remedy = z.discriminatedUnion(
  'remedy',
  [
    fields({
      remedy: z.literal('per-breach'),
      sum,
      byPriority: z.record(identifier, sum, { error: 'priorities with their sums' }).optional(),
    }),
    fields({
      remedy: z.literal('per-day-late'),
      sum,
      unit: choice('working-days', 'calendar-days'),
      per,
      counted,
      cap: sum.optional(),
    }),
    fields({
      remedy: z.literal('per-unit-late'),
      sum,
      unit: choice('hours', 'weeks'),
      per,
      counted,
      cap: sum.optional(),
    }),
    fields({ remedy: z.literal('per-point'), sum, counted, cap: sum.optional() }),
    fields({ remedy: z.literal('per-step'), sum, step: decimalText('0.10'), counted, cap: sum.optional() }),
    fields({
      remedy: z.literal('tier'),
      tiers: z
        .array(fields({ below: figure.optional(), above: figure.optional(), sum }), {
          error: 'a list of {below, sum}, or of {above, sum}',
        })
        .min(1, { error: 'at least one tier' })
        .describe(
          '`below` where the target is at least a figure, from the highest down; `above` where it is at most one, from the lowest up. Only the worst tier reached applies.',
        ),
    }),
    fields({ remedy: z.literal('fee-share'), sum: percent('2%') }),
    fields({ remedy: z.literal('bonus'), sum }),
    fields({ remedy: z.literal('interest'), dailyRate: percent('0.05%'), cap: sum.optional() }),
    fields({ remedy: z.literal('service-extension'), days: whole('a number of days from 1 to 3660', 1, 3660) }),
  ],
  { error: NAMES },
);
const remedyList = z.array(remedy, { error: 'a list of remedies' }).min(1, { error: 'at least one remedy' });

export const remedies = z
  .union(
    [
      remedyList,
      fields({
        combine: choice('all', 'greatest', 'smallest').optional(),
        of: remedyList,
        earnBack: fields({
          periods: whole('a number of periods from 1 to 100', 1, 100),
        })
          .optional()
          .describe('What a miss cost is given back when each of the next so many periods is met.'),
      }),
    ],
    { error: 'a list of remedies, or {combine, of, earnBack}' },
  )
  .describe('What follows a breach: all of the list, or the greatest or smallest of it.');

export const material = fields({ notice, within: period }).describe(
  'A breach becomes material when it is not made good within this period after a notice.',
);

export const limits = z
  .array(
    fields({
      id: identifier.describe('Stands on the line that the limit makes, such as cap-cycle.'),
      kind: choice('cap', 'floor'),
      clause,
      party: choice('client', 'provider', 'both'),
      over: choice('cycle', 'rolling-12-months', 'contract'),
      sum,
      feeMonths: whole("of how many months' fees the share is, from 1 to 1200", 1, 1200)
        .optional()
        .describe("Of how many months' fees the share is; default: of the cycle's fee."),
      except: ruleIds.optional().describe('Rules whose lines do not count into it.'),
    }),
    { error: 'a list of limits' },
  )
  .describe('Caps and floors over many lines, in the order of application.');

export const statements = fields({
  disputed: eventTypeName,
  decided: eventTypeName,
  signed: eventTypeName,
  finalAfter: period.optional(),
}).describe('The life of a statement: its event types, and when an undisputed one is final without a signature.');

const when = z.discriminatedUnion(
  'after',
  [
    fields({
      after: z.literal('missed-running'),
      standards: ruleIds,
      periods: whole('a number of periods from 2 to 100', 2, 100),
    }),
    fields({
      after: z.literal('capped'),
      limit: identifier,
      times: whole('a number from 1 to 100', 1, 100),
      of: whole('a number of cycles from 1 to 100', 1, 100),
    }),
    fields({ after: z.literal('breach'), rule: identifier }),
    fields({
      after: z.literal('breaches'),
      rules: ruleIds,
      times: whole('a number from 2 to 1000', 2, 1000),
      cycles: whole('a number of cycles from 1 to 100', 1, 100).optional(),
    }),
    fields({ after: z.literal('uncured'), rule: identifier, notice, within: period }),
  ],
  { error: 'missed-running, capped, breach, breaches, uncured' },
);

export const rights = z.record(
  identifier,
  fields({
    right: choice('terminate'),
    clause,
    party: party.optional().describe('Who has it; default: the party that did not breach.'),
    when,
    exerciseWithin: period.optional().describe('How long it can be exercised from when it arises; then it lapses.'),
  }),
  { error: 'rights by id' },
);
