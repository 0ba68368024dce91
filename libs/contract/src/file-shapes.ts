import { z } from 'zod';

/** Shapes that several parts of the contract file share. Every error text says what is allowed. */

/** A map with fixed fields; an unknown field is a problem that lists the known ones. */
export function fields<S extends z.ZodRawShape>(shape: S) {
  const known = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? known : `the fields ${known}`),
  });
}

export const words = (allowed: string, pattern?: RegExp) => {
  const text = z.string({ error: allowed });
  return pattern === undefined ? text.min(1, { error: allowed }) : text.regex(pattern, { error: allowed });
};
export const choice = <const T extends readonly [string, ...string[]]>(...values: T) =>
  z.enum(values, { error: values.join(', ') });
export const whole = (allowed: string, from: number, to: number) =>
  z.number({ error: allowed }).int({ error: allowed }).min(from, { error: allowed }).max(to, { error: allowed });
export const flag = z.boolean({ error: 'true, false' });

export const identifier = words(
  'letters, digits, dots, dashes and underscores, at most 100',
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/,
);
export const eventTypeName = words('an event type: text without spaces', /^\S{1,200}$/);
export const sourceName = words("a source's URI reference without spaces, such as /platform/crm", /^\S{1,200}$/);
export const fieldName = words('the name of a field of data, without dots and spaces', /^[^\s.]{1,100}$/);
export const date = words('a date such as 2026-01-31', /^\d{4}-\d{2}-\d{2}$/);
export const clause = words("a clause in quotes, such as '5.1.2'", /^\S(.*\S)?$/);
export const language = choice('zh-CN', 'en');
export const party = choice('client', 'provider');

export const text = z
  .union([words('text'), fields({ 'zh-CN': words('text'), en: words('text') })], {
    error: 'text, or {zh-CN: …, en: …}',
  })
  .describe('One text for both languages, or one for each.');

export const period = words(
  "'PT4H working time', 'PT24H round the clock', '3 working days', '7 calendar days', '1 month', '3 years'",
)
  .describe(
    'PT30M round the clock | PT4H working time [of CALENDAR] | N working days, calendar days, months or years [of CALENDAR] [ending at close | ending at 24:00]',
  )
  .meta({
    pattern:
      '^(P\\S+ (round the clock|working time)|[0-9]+ (working days?|calendar days?|months?|years?))( of \\S+)?( ending at (close|24:00))?$',
  });
export const duration = words('an ISO 8601 duration such as PT30M').describe('ISO 8601, such as PT10M.');
export const condition = words('a CEL expression over data, case and at').describe(
  'CEL over `data` (the fields of the event), `case` (answered, solved, cancelled, priority) and `at` (date, time, weekday).',
);

export const eventTypes = z.union(
  [
    eventTypeName,
    z.array(eventTypeName, { error: 'a list of event types' }).min(1, { error: 'at least one event type' }),
  ],
  { error: 'an event type, or a list of event types' },
);
const triggerFields = fields({ on: eventTypes, where: condition.optional() });
export const trigger = z
  .union(
    [
      eventTypeName,
      triggerFields,
      z
        .array(z.union([eventTypeName, triggerFields], { error: 'an event type, or {on, where}' }))
        .min(1, { error: 'at least one event type' }),
    ],
    {
      error: 'an event type, {on, where}, or a list of these',
    },
  )
  .describe('An event type, a type with a condition, or a list of these.');

export const clauses = z
  .array(clause, { error: "a list of clauses in quotes, such as ['3.2', '5.1.2']" })
  .min(1, { error: 'at least one clause' })
  .describe('General to specific; the last one stands in records.');
export const warnings = z
  .array(words('a share such as 80%, or a duration before due such as PT4H'), {
    error: 'a list of shares or durations before due',
  })
  .optional();
export const overdueIn = choice('working-days', 'calendar-days', 'hours')
  .optional()
  .describe('Unit in which lateness is counted; default: as the rule counts.');
export const ruleIds = z
  .array(identifier, { error: 'a list of rules' })
  .min(1, { error: 'at least one rule' })
  .describe('Ids of obligations, duties, prohibitions or standards.');
export const notice = fields({
  on: eventTypes,
  where: condition.optional(),
  about: fieldName.describe('The field of data that names what the notice is about, as rule/subject.'),
}).describe('The notice that starts the further period.');

const sumText = "an amount in quotes such as '100.00', or a share of the fee such as 2%";
/** An amount, or a share of the fee. */
export const sum = words(sumText, /^(\d{1,15}(\.\d{1,2})?|\d{1,6}(\.\d{1,6})?%)$/).describe(
  "An amount in quotes, such as '100.00', or a share of the cycle's fee, such as 2%.",
);
export const percent = (example: string) => words(`a percentage such as ${example}`, /^\d{1,6}(\.\d{1,6})?%$/);
export const decimalText = (example: string) =>
  words(`a decimal in quotes, such as '${example}'`, /^\d{1,15}(\.\d{1,6})?$/);
export const figure = words("a figure in quotes such as '4.50', or a share such as 95%", /^\d{1,15}(\.\d{1,6})?%?$/);
