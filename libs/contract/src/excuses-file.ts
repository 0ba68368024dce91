import { z } from 'zod';
import { choice, eventTypes, fieldName, fields, identifier, period, ruleIds, text, words } from './file-shapes.js';

/** Excuses as they are written: why a breach or a span of time does not count. */

const timeOfDay = words('a local time such as 02:00', /^([01]\d|2[0-3]):[0-5]\d$/);
const untilTime = words('a local time such as 04:00, or 24:00', /^(([01]\d|2[0-3]):[0-5]\d|24:00)$/);
const day = choice('monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday');
const moment = words('an instant with an offset, such as 2026-05-01T02:00:00+08:00');

export const excuses = fields({
  exemptions: fields({
    claimed: eventTypes,
    accepted: eventTypes,
    rejected: eventTypes,
    from: fieldName.describe('The field of data with the first instant of the span.'),
    to: fieldName.describe('The field of data with the end of the span.'),
    affects: fieldName.describe('The field of data that lists obligations and standards.'),
    notice: period.optional().describe('A claim must come within this period from the start of its span.'),
  })
    .optional()
    .describe('Force majeure and the like: claimed by a party, decided by the other one or the arbiter.'),
  waivers: fields({
    agreed: eventTypes,
    revoked: eventTypes,
    instance: fieldName.describe('The field of data that names the instance, as obligation/subject/number.'),
  })
    .optional()
    .describe('A breach that the other party lets go.'),
  evidence: fields({
    accepted: eventTypes,
    rejected: eventTypes,
    fact: fieldName.describe('The field of data with {source, id} of the late fact.'),
  })
    .optional()
    .describe('Who accepts or rejects evidence that came late.'),
  waits: z
    .array(
      fields({
        lateWith: identifier.describe('An obligation of the other party.'),
        standstill: ruleIds.describe('The obligations whose clocks stand still meanwhile.'),
        subjects: z
          .union([choice('all'), fields({ field: fieldName })], { error: 'all, or {field}' })
          .describe('All subjects, or those that a field of the fact that starts the other duty lists.'),
      }),
      { error: 'a list of waits' },
    )
    .optional()
    .describe('While the other party is itself late with a duty, the named clocks do not run.'),
  windows: z
    .record(
      identifier,
      fields({
        title: text.optional(),
        affects: ruleIds.describe('Obligations and standards.'),
        weekly: z
          .array(fields({ on: day, from: timeOfDay, to: untilTime }), { error: 'a list of {on, from, to}' })
          .optional(),
        dated: z.array(fields({ from: moment, to: moment }), { error: 'a list of {from, to}' }).optional(),
      }),
      { error: 'windows by name' },
    )
    .optional()
    .describe('Agreed maintenance windows: clocks stand still, and items of standards do not count.'),
});
