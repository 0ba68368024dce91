import { z } from 'zod';
import type { JsonObject } from './fact.js';
import { duty, prohibition } from './duty-file.js';
import { excuses } from './excuses-file.js';
import { limits, material, remedies, remedy, rights, statements } from './money-file.js';
import { standard } from './standard-file.js';
import {
  choice,
  clause,
  clauses,
  condition,
  date,
  duration,
  eventTypeName,
  eventTypes,
  fieldName,
  fields,
  flag,
  identifier,
  language,
  notice,
  overdueIn,
  party,
  period,
  sourceName,
  sum,
  text,
  trigger,
  warnings,
  whole,
  words,
} from './file-shapes.js';

/**
 * The contract file as it is written: shapes only. What needs more than one value (names that must exist, conditions,
 * periods, dates in order) is checked where the file is compiled. Every error text says what is allowed.
 */

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

const memberId = (app: string) =>
  words(`the id of a member of ${app}: letters, digits and . _ - @, at most 64`, /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/)
    .optional()
    .describe(`Id of the member whom a robot in a group of ${app} mentions.`);

const contact = fields({
  name: words('text'),
  email: words('a mail address such as name@example.com', /^[^\s@]+@[^\s@]+$/).optional(),
  phone: words('a phone number in quotes').optional(),
  webhook: words('an http or https address', /^https?:\/\/\S+$/).optional(),
  wecom: memberId('WeCom'),
  dingtalk: memberId('DingTalk'),
  feishu: memberId('Feishu'),
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
  arbiter: flag.optional().describe('It decides for both sides.'),
  delay: words("an ISO 8601 duration such as PT10M, or '1 working day'")
    .optional()
    .describe('How late its facts may come by agreement: ISO 8601, or counted days such as `1 working day`.'),
  precision: choice('instant', 'date').optional(),
  heartbeat: duration.optional().describe('The source promises a sign of life this often.'),
  sends: eventTypes
    .optional()
    .describe('Types of event that it reports: where its feed has a gap, what these decide is unknown (default: all).'),
  whenSilent: choice('unknown', 'not-kept')
    .optional()
    .describe('What falls due in a gap of its feed: unknown (default), or also counted as not kept.'),
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
  clauses,
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
  warnings,
  grace: duration.optional(),
  overdueIn,
  onAmendment: choice('keep', 'move')
    .optional()
    .describe('What a later version does to instances that run when it takes effect (default: keep).'),
  remedies: remedies.optional(),
  material: material.optional(),
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
    qualityTerm: fields({ from: date, to: date.describe('Last day of the quality term.') })
      .optional()
      .describe('The term of the standards where it differs from that of the contract.'),
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
  rounding: choice('half-up', 'half-even', 'down')
    .optional()
    .describe('How amounts are rounded to the fen, once per line (default: half-up).'),
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
  duties: z.record(identifier, duty, { error: 'duties by id' }).optional(),
  prohibitions: z.record(identifier, prohibition, { error: 'prohibitions by id' }).optional(),
  standards: z.record(identifier, standard, { error: 'standards by id' }).optional(),
  excuses: excuses.optional(),
  limits: limits.optional(),
  statements: statements.optional(),
  rights: rights.optional(),
});

export type ContractFile = z.infer<typeof contractFile>;

/** Parts that stand in many places: the JSON Schema has them once, by name. */
const parts = { text, period, sum, condition, trigger, dataField, notice, remedy, remedies, material };
for (const [id, part] of Object.entries(parts)) z.globalRegistry.add(part, { ...z.globalRegistry.get(part), id });

/** JSON Schema (draft 2020-12) of the contract file, for editors. */
export function contractJsonSchema(): JsonObject {
  const schema = z.toJSONSchema(contractFile, {
    target: 'draft-2020-12',
    io: 'input',
    // The name of a part is its key under $defs; as a keyword `id` would mean something else.
    override: ({ jsonSchema }) => delete jsonSchema['id'],
  }) as JsonObject;
  return { ...schema, title: 'Contract file' };
}
