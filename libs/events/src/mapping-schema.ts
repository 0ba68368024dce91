import { z } from 'zod';

/** How digits without an offset are understood. */
export const READINGS = ['local', 'utc', 'local-minus-offset'] as const;
/** What a value becomes in `data`. */
export const VALUE_KINDS = ['string', 'integer', 'number', 'decimal', 'boolean', 'instant', 'date', 'json'] as const;

const text = z.string().min(1, 'must be a text that is not empty');
const json: z.ZodType<unknown> = z.lazy(() =>
  z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(json), z.record(z.string(), json)]),
);

/** Short forms are written out before they are checked, so that a mistake in the long form is told by its own field. */
const shortFor = (long: (short: string) => unknown) => (written: unknown) =>
  typeof written === 'string' ? long(written) : written;
const listOf = (written: unknown) => (written === undefined || Array.isArray(written) ? written : [written]);

const timed = {
  field: text.optional(),
  template: text.optional(),
  format: z.preprocess(listOf, z.array(text).min(1).optional()),
  zone: text.optional(),
  reading: z.enum(READINGS).optional(),
};

const value = z.preprocess(
  shortFor((template) => ({ template })),
  z.strictObject({
    ...timed,
    const: json.optional(),
    as: z.enum(VALUE_KINDS).optional(),
    optional: z.boolean().optional(),
    map: z.record(z.string(), json).optional(),
    otherwise: json.optional(),
  }),
);

const condition = z.preprocess(
  shortFor((expression) => ({ expression })),
  z.strictObject({
    expression: text.optional(),
    field: text.optional(),
    present: z.boolean().optional(),
    equals: z.string().optional(),
    in: z.array(z.string()).min(1).optional(),
  }),
);

const event = z.strictObject({
  type: text,
  id: text.optional(),
  source: text,
  subject: text.optional(),
  contractid: text.optional(),
  time: z.strictObject(timed),
  sequence: text.optional(),
  when: z.preprocess(listOf, z.array(condition).min(1).optional()),
  data: z.record(z.string().min(1), value).optional(),
});

const oneCharacter = z.string().length(1, 'must be one character');

/** The mapping file as it is written, short forms written out. */
export const mappingSchema = z.strictObject({
  mapping: text,
  title: text.optional(),
  input: z.enum(['csv', 'ndjson']),
  csv: z
    .strictObject({
      delimiter: oneCharacter.optional(),
      quote: oneCharacter.optional(),
      comment: oneCharacter.optional(),
    })
    .optional(),
  zone: text.optional(),
  reading: z.enum(READINGS).optional(),
  events: z.array(event).min(1, 'must name at least one event'),
});

export type MappingFile = z.infer<typeof mappingSchema>;
export type EventRule = MappingFile['events'][number];
export type ValueRule = NonNullable<EventRule['data']>[string];
export type ConditionRule = NonNullable<EventRule['when']>[number];
