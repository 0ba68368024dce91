import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { IncidentFilter, IncidentPlace } from '#libs/store';
import { ProblemException } from '#libs/web';
import { SEVERITIES } from './alert.js';
import { INCIDENT_STATES } from './channels/channel.js';

const many = <T extends z.ZodType>(one: T) =>
  z.union([one.transform((value) => [value]), z.array(one).max(50)]).optional();
const text = z
  .string()
  .min(1)
  .max(512)
  .refine((value) => !value.includes('\u0000'), 'holds a NUL');

const schema = z.strictObject({
  contract: many(text),
  rule: text.optional(),
  clause: text.optional(),
  party: z.enum(['client', 'provider']).optional(),
  subject: text.optional(),
  state: many(z.enum(INCIDENT_STATES)),
  severity: many(z.enum(SEVERITIES)),
  limit: z
    .string()
    .regex(/^\d{1,4}$/, 'is no number from 1 to 1000')
    .transform(Number)
    .refine((value) => value >= 1 && value <= 1_000, 'is no number from 1 to 1000')
    .default(100),
  cursor: z.string().max(2_048).optional(),
});

export interface IncidentQuestion {
  readonly filter: IncidentFilter;
  readonly limit: number;
  readonly after: IncidentPlace | null;
  /** The cursor that leads on behind a place. */
  readonly cursorOf: (place: IncidentPlace) => string;
}

/**
 * The parameters of `GET /v1/incidents`. A cursor carries a hash of its question, so that it cannot lead on in another list.
 *
 * @throws ProblemException `unknown-parameter` with all that is wrong.
 */
export function readIncidentQuery(raw: unknown): IncidentQuestion {
  const read = schema.safeParse(raw);
  if (!read.success) {
    const errors = read.error.issues.map((issue) => ({ field: fieldOf(issue), detail: issue.message }));
    throw new ProblemException('unknown-parameter', describe(errors), errors);
  }
  const { limit, cursor, contract, state, severity, ...rest } = read.data;
  const filter = { contracts: contract, states: state, severities: severity, ...rest };
  const question = createHash('sha256').update(JSON.stringify(filter)).digest('base64url').slice(0, 12);
  const after = cursor === undefined ? null : readCursor(cursor, question);
  if (after === undefined) {
    const detail = 'is not a place in this list (allowed: `next` of a page of the same parameters, unchanged)';
    throw new ProblemException('unknown-parameter', `cursor ${detail}`, [{ field: 'cursor', detail }]);
  }
  return {
    filter,
    limit,
    after,
    cursorOf: ({ changedAt, incident }) =>
      Buffer.from(JSON.stringify([question, changedAt, incident])).toString('base64url'),
  };
}

function fieldOf(issue: z.core.$ZodIssue): string {
  return issue.code === 'unrecognized_keys' ? issue.keys.join(', ') : issue.path.join('.');
}

function describe(errors: readonly { readonly field: string; readonly detail: string }[]): string {
  return errors.map(({ field, detail }) => `${field}: ${detail}`).join('; ');
}

const cursorSchema = z.tuple([z.string(), z.number(), text]);

function readCursor(cursor: string, question: string): IncidentPlace | undefined {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
  const read = cursorSchema.safeParse(value);
  if (!read.success || read.data[0] !== question) return undefined;
  return { changedAt: read.data[1], incident: read.data[2] };
}
