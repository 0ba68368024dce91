import { z } from 'zod';
import { parseInstant } from '#libs/calendar';
import { parseEvent } from '#libs/events';
import type { Because, StandardRecord, Verdict } from '#libs/evaluation';
import type { StatementLifeRecord } from '#libs/liability';
import type { LogRecord } from '#libs/bus';
import { ALERT_KINDS, type Alert, type AlertKind } from './alert.js';

const PREFIX = 'compliance.alert.';

const instant = z.string().transform((text, context) => {
  const at = parseInstant(text);
  if (at === undefined) {
    context.addIssue({ code: 'custom', message: `no such instant: '${text}' (allowed: RFC 3339)` });
    return z.NEVER;
  }
  return at;
});
const party = z.enum(['client', 'provider']);
const times = { from: z.string(), to: z.string() };
const reason = z.looseObject({
  reason: z.enum(['exemption', 'other-party-late', 'window']),
  about: z.string(),
  facts: z.array(z.looseObject({ source: z.string(), id: z.string() })),
});
const span = z.discriminatedUnion('kind', [
  z.looseObject({ kind: z.enum(['running', 'paused']), ...times }),
  z.looseObject({ kind: z.literal('excused'), ...times, reasons: z.array(reason) }),
]);
const fact = z.looseObject({ source: z.string(), id: z.string(), type: z.string(), at: z.string(), role: z.string() });

const because = z.looseObject({
  clauses: z.array(z.string()),
  facts: z.array(fact),
  spans: z.array(span),
  sums: z.looseObject({ running: z.string(), paused: z.string(), closed: z.string() }),
  counting: z.string(),
});

const verdict = z.looseObject({
  contract: z.string(),
  obligation: z.string(),
  clause: z.string(),
  party,
  subject: z.string(),
  instance: z.number().int(),
  state: z.enum(['met', 'breached', 'running', 'paused', 'cancelled', 'excused', 'unknown', 'faulted', 'withdrawn']),
  startedAt: instant,
  dueAt: instant.nullable(),
  stoppedAt: instant.nullable(),
  elapsed: z.string().nullable(),
  allowed: z.string().nullable(),
  overdueBy: z.string(),
  dimensions: z.record(z.string(), z.string()).default({}),
  because,
});

const summary = z.looseObject({
  import: z.string(),
  from: instant.nullable().default(null),
  to: instant.nullable().default(null),
  decisions: z.number().int(),
  breaches: z.array(z.looseObject({ obligation: z.string(), party, count: z.number().int() })),
  open: z.number().int(),
});

const feed = z.looseObject({
  kind: z.enum(['door', 'source']),
  name: z.string().min(1),
  state: z.enum(['silent', 'heard']),
  lastSign: instant,
  noticedAt: instant,
  limit: z.string(),
});

const kinds = z.array(z.enum(ALERT_KINDS)).optional();
const texts = z.array(z.string()).optional();
const standard = z.looseObject({
  standard: z.string(),
  clause: z.string(),
  party,
  period: z.string(),
  numerator: z.string(),
  denominator: z.string(),
  value: z.string().nullable(),
  target: z.string(),
  sample: z.number().int(),
  state: z.string(),
  because: z.looseObject({ clauses: z.array(z.string()), comparison: z.enum(['at-least', 'at-most']) }),
});
const statement = z.looseObject({
  contract: z.string(),
  cycle: z.string(),
  state: z.string(),
  lines: z.array(
    z.looseObject({ party, clause: z.string(), about: z.string(), subject: z.string(), amount: z.string() }),
  ),
  totals: z.object({ client: z.string(), provider: z.string() }),
  net: z.object({ from: z.enum(['client', 'provider', 'none']), amount: z.string() }),
  finalDueAt: z.string().nullable(),
});
const who = z.looseObject({ name: z.string() });
const match = z.looseObject({
  incidents: texts,
  obligations: texts,
  clauses: texts,
  subjects: texts,
  parties: z.array(party).optional(),
  kinds,
});

/** What the facts hold that an alert may tell of. */
const factData = {
  acknowledged: z.looseObject({ by: who, note: z.string().nullable().default(null) }),
  silenced: z.looseObject({ by: who, reason: z.string(), from: instant, to: instant, match }),
  escalation: z.looseObject({ route: z.string(), step: z.number().int().positive(), run: z.number().int().positive() }),
  'delivery.failed': z.looseObject({
    channel: z.string(),
    recipient: z.string(),
    incidents: z.array(z.string()).min(1),
    attempts: z.number().int(),
    response: z.string().nullable(),
  }),
  test: z.looseObject({ route: z.string(), language: z.enum(['zh-CN', 'en']).nullable().default(null) }),
};
type FactKind = keyof typeof factData;

const data = z.looseObject({
  incident: z.string().min(1),
  change: z.number().int(),
  contract: z.string().min(1),
  contractHash: z.string(),
  generation: z.number().int(),
  number: z.number().int(),
  mode: z.enum(['each', 'summary']),
  import: z.string().optional(),
  decidedAt: instant,
  effectiveAt: instant,
  warning: z.string().optional(),
  verdict: verdict.nullable(),
  summary: summary.optional(),
  feed: feed.optional(),
  standard: standard.optional(),
  statement: statement.optional(),
  fact: z.looseObject({ id: z.string().min(1), at: instant, data: z.unknown() }).optional(),
});

/** What a kind cannot do without. */
const needed: Partial<Record<AlertKind, 'summary' | 'feed' | 'standard' | 'statement'>> = {
  'import-summary': 'summary',
  'feed.silent': 'feed',
  'standard.missed': 'standard',
  'statement.frozen': 'statement',
};

export type ReadAlert = { readonly ok: true; readonly alert: Alert } | { readonly ok: false; readonly problem: string };

/** An alert out of a record of `compliance.alerts`; else one sentence on what is wrong with it. */
export function readAlert(record: Pick<LogRecord, 'headers' | 'value'>): ReadAlert {
  const parsed = parseEvent({ headers: record.headers, value: record.value });
  if (!parsed.ok) return { ok: false, problem: parsed.refusal.detail };
  const { type } = parsed.event;
  const kind = ALERT_KINDS.find((one) => type === `${PREFIX}${one}`);
  if (kind === undefined) {
    const allowed = ALERT_KINDS.map((one) => PREFIX + one).join(', ');
    return { ok: false, problem: `type is not allowed: '${type}' (allowed: ${allowed})` };
  }
  return check(kind, parsed.event.data);
}

/** An alert out of what was kept of it: its data, which name its kind. */
export function readKeptAlert(record: string): Alert {
  const input = JSON.parse(record) as { readonly kind?: unknown };
  const kind = ALERT_KINDS.find((one) => one === input.kind);
  const read = kind === undefined ? undefined : check(kind, input);
  if (read?.ok === true) return read.alert;
  throw new Error(`an alert that was kept cannot be read: ${read?.problem ?? `kind is '${String(input.kind)}'`}`);
}

function check(kind: AlertKind, input: unknown): ReadAlert {
  const read = data.safeParse(input);
  if (!read.success) return { ok: false, problem: describe('data', read.error) };
  const fields = read.data;
  const part = needed[kind];
  if (part !== undefined && fields[part] === undefined) {
    return { ok: false, problem: `data.${part} is missing (a ${kind} has one)` };
  }
  const told = readFact(kind, fields.fact);
  if (typeof told === 'string') return { ok: false, problem: told };
  return {
    ok: true,
    alert: {
      kind,
      incident: fields.incident,
      change: fields.change,
      contract: fields.contract,
      contractHash: fields.contractHash,
      generation: fields.generation,
      number: fields.number,
      mode: fields.mode,
      import: fields.import ?? null,
      effectiveAt: fields.effectiveAt,
      decidedAt: fields.decidedAt,
      warning: fields.warning ?? null,
      verdict:
        fields.verdict === null
          ? null
          : {
              ...(fields.verdict as Omit<Verdict, 'because' | 'effectiveAt'>),
              effectiveAt: fields.effectiveAt,
              because: fields.verdict.because as unknown as Because,
            },
      summary: fields.summary ?? null,
      feed: fields.feed ?? null,
      standard: (fields.standard as unknown as StandardRecord | undefined) ?? null,
      statement: (fields.statement as unknown as StatementLifeRecord | undefined) ?? null,
      escalation: null,
      ...told,
      record: JSON.stringify(input),
    },
  };
}

type Told = Pick<Alert, 'fact' | 'act' | 'silence' | 'step' | 'failure' | 'test'>;

/** What an alert tells of a fact; one sentence where the fact does not hold what its kind needs. */
function readFact(kind: AlertKind, fact: z.output<typeof data>['fact']): Told | string {
  const none: Told = { fact: null, act: null, silence: null, step: null, failure: null, test: null };
  if (!Object.hasOwn(factData, kind)) return none;
  if (fact === undefined) return `data.fact is missing (a ${kind} has one)`;
  const { id, at } = fact;
  const told = { ...none, fact: id };
  const problem = (error: z.ZodError): string => describe('data.fact.data', error);
  switch (kind as FactKind) {
    case 'acknowledged': {
      const read = factData.acknowledged.safeParse(fact.data);
      if (!read.success) return problem(read.error);
      return { ...told, act: { by: read.data.by.name, at, note: read.data.note, until: null } };
    }
    case 'silenced': {
      const read = factData.silenced.safeParse(fact.data);
      if (!read.success) return problem(read.error);
      const { by, reason, from, to, match: silenced } = read.data;
      return {
        ...told,
        act: { by: by.name, at, note: reason, until: to },
        silence: { id, match: silenced, from, to },
      };
    }
    case 'escalation': {
      const read = factData.escalation.safeParse(fact.data);
      return read.success ? { ...told, step: read.data } : problem(read.error);
    }
    case 'delivery.failed': {
      const read = factData['delivery.failed'].safeParse(fact.data);
      if (!read.success) return problem(read.error);
      const { channel, recipient, incidents, attempts, response } = read.data;
      return { ...told, failure: { channel, recipient, subject: incidents[0]!, attempts, response: response ?? '' } };
    }
    case 'test': {
      const read = factData.test.safeParse(fact.data);
      return read.success ? { ...told, test: read.data } : problem(read.error);
    }
  }
}

function describe(place: string, error: z.ZodError): string {
  const [issue] = error.issues;
  return `${[place, ...(issue?.path ?? [])].join('.')}: ${issue?.message}`;
}
