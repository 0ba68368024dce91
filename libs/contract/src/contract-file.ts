import { z } from 'zod';
import type { JsonObject } from './fact.js';

/**
 * The contract file as it is written: shapes only. What needs more than one value (names that must exist, conditions,
 * periods, dates in order) is checked where the file is compiled. Every error text says what is allowed.
 */

/** A map with fixed fields; an unknown field is a problem that lists the known ones. */
function fields<S extends z.ZodRawShape>(shape: S) {
  const known = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? known : `the fields ${known}`),
  });
}

const words = (allowed: string, pattern?: RegExp) => {
  const text = z.string({ error: allowed });
  return pattern === undefined ? text.min(1, { error: allowed }) : text.regex(pattern, { error: allowed });
};
const choice = <const T extends readonly [string, ...string[]]>(...values: T) =>
  z.enum(values, { error: values.join(', ') });
const whole = (allowed: string, from: number, to: number) =>
  z.number({ error: allowed }).int({ error: allowed }).min(from, { error: allowed }).max(to, { error: allowed });
const flag = z.boolean({ error: 'true, false' });

const identifier = words(
  'letters, digits, dots, dashes and underscores, at most 100',
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/,
);
const eventTypeName = words('an event type: text without spaces', /^\S{1,200}$/);
const sourceName = words("a source's URI reference without spaces, such as /platform/crm", /^\S{1,200}$/);
const fieldName = words('the name of a field of data, without dots and spaces', /^[^\s.]{1,100}$/);
const date = words('a date such as 2026-01-31', /^\d{4}-\d{2}-\d{2}$/);
const clause = words("a clause in quotes, such as '5.1.2'", /^\S(.*\S)?$/);
const language = choice('zh-CN', 'en');
const party = choice('client', 'provider');

const text = z
  .union([words('text'), fields({ 'zh-CN': words('text'), en: words('text') })], {
    error: 'text, or {zh-CN: …, en: …}',
  })
  .describe('One text for both languages, or one for each.');

const period = words(
  "'PT4H working time', 'PT24H round the clock', '3 working days', '7 calendar days', '1 month', '3 years'",
)
  .describe(
    'PT30M round the clock | PT4H working time [of CALENDAR] | N working days, calendar days, months or years [of CALENDAR] [ending at close | ending at 24:00]',
  )
  .meta({
    pattern:
      '^(P\\S+ (round the clock|working time)|[0-9]+ (working days?|calendar days?|months?|years?))( of \\S+)?( ending at (close|24:00))?$',
  });
const duration = words('an ISO 8601 duration such as PT30M').describe('ISO 8601, such as PT10M.');
const condition = words('a CEL expression over data, case and at').describe(
  'CEL over `data` (the fields of the event), `case` (answered, solved, cancelled, priority) and `at` (date, time, weekday).',
);

const eventTypes = z.union(
  [
    eventTypeName,
    z.array(eventTypeName, { error: 'a list of event types' }).min(1, { error: 'at least one event type' }),
  ],
  { error: 'an event type, or a list of event types' },
);
const triggerFields = fields({ on: eventTypes, where: condition.optional() });
const trigger = z
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

const dataTypes =
  'text, id, number, integer, boolean, amount, date, instant, month, quarter, period, object, any, list of …';
const dataType = words(`${dataTypes}; with ? at the end where it may be missing`);
const scalar = z.union([words('text'), z.number(), flag], { error: 'text, a number, true or false' });
const allowedValues = z.array(words('text'), { error: 'a list of texts' }).min(1, { error: 'at least one value' });
const dataField = z
  .union(
    [
      dataType,
      allowedValues,
      fields({
        type: z.union([dataType, z.array(dataType).min(1)], { error: `${dataTypes}, or a list of these` }).optional(),
        oneOf: allowedValues.optional(),
        from: z.number({ error: 'a number' }).optional(),
        to: z.number({ error: 'a number' }).optional(),
        fields: z.record(fieldName, dataType, { error: 'fields with their types' }).optional(),
        optional: flag.optional(),
        requiredWhen: z
          .record(fieldName, scalar, { error: 'fields with the value that makes this one needed' })
          .optional(),
      }),
    ],
    { error: `${dataTypes}; a list of allowed values; or {type, oneOf, from, to, fields, optional, requiredWhen}` },
  )
  .describe(`${dataTypes} (? at the end: may be missing); a list of allowed values; or the long form.`);

const contact = fields({
  name: words('text'),
  email: words('a mail address such as name@example.com', /^[^\s@]+@[^\s@]+$/).optional(),
  phone: words('a phone number in quotes').optional(),
  webhook: words('an http or https address', /^https?:\/\/\S+$/).optional(),
  language: language.optional(),
});
const partyFields = fields({
  name: words('text'),
  contacts: z
    .record(identifier, contact, { error: 'contacts by role' })
    .optional()
    .describe('Contacts by role, such as account-manager, supervisor, legal.'),
});

const source = fields({
  trust: choice('trusted', 'asserted'),
  party: party.optional().describe('Whose side an asserted source is on.'),
  delay: words("an ISO 8601 duration such as PT10M, or '1 working day'")
    .optional()
    .describe('How late its facts may come by agreement: ISO 8601, or counted days such as `1 working day`.'),
  precision: choice('instant', 'date').optional(),
  heartbeat: duration.optional().describe('The source promises a sign of life this often.'),
  door: words('the name of a door').optional(),
  default: flag.optional().describe('Events of this source without a contract id belong to this contract.'),
});

const priority = fields({ field: fieldName, setBy: eventTypes });
const kind = fields({
  title: text.optional(),
  opened: trigger,
  answered: trigger.optional(),
  solved: trigger.optional(),
  reopened: trigger.optional(),
  cancelled: trigger.optional(),
  priority: priority.optional(),
  dimensions: z
    .array(
      z.union([fieldName, fields({ field: fieldName, setBy: eventTypes })], { error: 'a field, or {field, setBy}' }),
      {
        error: 'a list of fields',
      },
    )
    .optional(),
  key: z
    .record(eventTypeName, fieldName, { error: 'event types with the field that names the subject' })
    .optional()
    .describe("Where the subject's id is not the event's `subject`: event type -> field of data."),
});

const target = z
  .union(
    [
      period,
      fields({ byPriority: z.record(identifier, period, { error: 'priorities with their periods' }) }),
      fields({
        dueField: fieldName,
        setBy: eventTypes.optional(),
        counting: choice('round the clock', 'working time', 'working days', 'calendar days').optional(),
      }),
    ],
    { error: 'a period, {byPriority: …}, or {dueField, setBy, counting}' },
  )
  .describe('A period; a period for each priority; or a due instant that the event carries.');

const reopenAction = choice('continue', 'restart', 'new-instance', 'ignore');
const obligation = fields({
  title: text.optional(),
  clauses: z
    .array(clause, { error: "a list of clauses in quotes, such as ['3.2', '5.1.2']" })
    .min(1, { error: 'at least one clause' })
    .describe('General to specific; the last one stands in records.'),
  party,
  subject: identifier.describe('The kind of subject it is about.'),
  start: trigger,
  stop: trigger,
  pause: trigger.optional(),
  resume: trigger.optional(),
  reset: trigger.optional(),
  cancel: trigger.optional(),
  turns: choice('once', 'each-turn').optional(),
  target,
  reopen: fields({
    on: trigger.optional(),
    countedFrom: eventTypes,
    within: period,
    inside: reopenAction,
    after: reopenAction,
  }).optional(),
  warnings: z
    .array(words('a share such as 80%, or a duration before due such as PT4H'), {
      error: 'a list of shares or durations before due',
    })
    .optional(),
  grace: duration.optional(),
  overdueIn: choice('working-days', 'calendar-days', 'hours').optional(),
});

export const contractFile = fields({
  contract: identifier.describe('The id of the contract; the events carry it as `contractid`.'),
  version: whole('a whole number from 1', 1, 1_000_000).optional(),
  title: text.optional(),
  language: language.optional().describe('Language of messages to the parties.'),
  parties: fields({ client: partyFields, provider: partyFields }),
  caseLink: words('an address with {subject} in it', /^https?:\/\/\S*\{subject\}\S*$/).optional(),
  term: fields({
    from: date,
    to: date.describe('Last day of the term.'),
    survives: duration.optional().describe('How long the last duty outlives the term, such as P3Y.'),
  }),
  inForceFrom: words('a date, or an instant with an offset').optional(),
  zone: words('an IANA time zone such as Asia/Shanghai'),
  calendar: identifier,
  currency: words('an ISO 4217 code such as CNY', /^[A-Z]{3}$/).optional(),
  cycle: fields({
    every: choice('month', 'quarter', 'year'),
    startsOn: whole('a day from 1 to 28', 1, 28).optional(),
  }).optional(),
  fees: z
    .array(
      fields({ from: date, amount: words('an amount in quotes with at most two places', /^\d{1,15}(\.\d{1,2})?$/) }),
      { error: 'a list of {from, amount}' },
    )
    .optional(),
  sources: z.record(sourceName, source, { error: 'sources by name' }),
  vocabulary: fields({ correction: eventTypeName.optional(), heartbeat: eventTypeName.optional() }).optional(),
  clauses: z
    .record(clause, words('the words of the clause'), { error: 'clauses with their words' })
    .describe("The words of the contract's clauses that the rules quote."),
  events: z.record(
    eventTypeName,
    fields({
      title: text.optional(),
      data: z.record(fieldName, dataField, { error: 'fields with their types' }).optional(),
    }).nullable(),
    { error: 'event types' },
  ),
  subjects: z.record(identifier, kind, { error: 'kinds of subjects' }),
  obligations: z.record(identifier, obligation, { error: 'obligations by id' }),
});

export type ContractFile = z.infer<typeof contractFile>;

/** JSON Schema (draft 2020-12) of the contract file, for editors. */
export function contractJsonSchema(): JsonObject {
  const schema = z.toJSONSchema(contractFile, { target: 'draft-2020-12', io: 'input' }) as JsonObject;
  return { ...schema, title: 'Contract file' };
}
