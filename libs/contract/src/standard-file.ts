import { z } from 'zod';
import {
  choice,
  clauses,
  condition,
  date,
  decimalText,
  duration,
  fieldName,
  fields,
  identifier,
  party,
  text,
  trigger,
  whole,
  words,
} from './file-shapes.js';
import { remedies } from './money-file.js';

/** Standards as they are written. */

const cancelledAs = choice('excluded', 'met', 'missed');
const measure = z
  .discriminatedUnion(
    'figure',
    [
      fields({
        figure: z.literal('share-met').describe('Share of the instances of an obligation that were met.'),
        instancesOf: identifier,
        placedBy: choice('start', 'due').describe('What places an instance in a period.'),
        cancelled: z
          .union([cancelledAs, fields({ upTo: duration, as: cancelledAs, later: cancelledAs })], {
            error: 'excluded, met, missed, or {upTo, as, later}',
          })
          .optional()
          .describe('What a cancelled instance counts as (default: excluded).'),
        undecided: choice('wait', 'leave-out')
          .optional()
          .describe('Whether the period stays open until all instances are decided (default: leave-out).'),
      }),
      fields({ figure: z.literal('share'), of: trigger, good: trigger }),
      fields({ figure: z.literal('mean'), of: trigger, field: fieldName }),
      fields({ figure: z.literal('sum'), of: trigger, field: fieldName }),
      fields({ figure: z.literal('count'), of: trigger }),
      fields({ figure: z.literal('percentile'), of: trigger, field: fieldName, percent: decimalText('95') }),
      fields({
        figure: z.literal('rate'),
        of: trigger,
        per: trigger,
        perCount: whole('a number from 1 to 1000000000', 1, 1_000_000_000),
      }),
    ],
    { error: 'share-met, share, mean, sum, count, percentile, rate' },
  )
  .describe('The formula of the figure.');

const bound = words('such as at least 95%, at most 2%, at least 4.50', /^at (least|most) \d{1,15}(\.\d{1,6})?%?$/);
const target = bound.describe('Such as `at least 95%`, `at most 2%`, `at least 4.50`.');
const challenge = bound.optional().describe('The value from which on the bonus is full, such as `at least 4.80`.');
const minimumSample = whole('a whole number from 0', 0, 1_000_000_000)
  .optional()
  .describe('Fewer items than this: not judged.');

export const standard = fields({
  title: text.optional(),
  clauses,
  party,
  every: choice('month', 'quarter', 'year', 'cycle').optional(),
  rolling: words('a number of days such as 30 days', /^[1-9]\d{0,3} days$/)
    .optional()
    .describe('Judged for each day over so many days that end with it.'),
  measure,
  target,
  challenge,
  minimumSample,
  excluded: z
    .array(fields({ title: text, from: date, to: date.describe('The last day that is left out.') }), {
      error: 'a list of {title, from, to}',
    })
    .optional()
    .describe('Days whose items are left out.'),
  segments: z
    .record(
      identifier,
      fields({ title: text.optional(), where: condition, target: target.optional(), challenge, minimumSample }),
      { error: 'segments by name' },
    )
    .optional()
    .describe('Each segment is a standard of its own, `id.segment`, of the items for which its condition holds.'),
  remedies: remedies.optional(),
});
