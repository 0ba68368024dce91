import { z } from 'zod';
import { parseInstant } from '#libs/calendar';
import { parseEvent } from '#libs/events';
import type { Because, Verdict } from '#libs/evaluation';
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
});

export type ReadAlert = { readonly ok: true; readonly alert: Alert } | { readonly ok: false; readonly problem: string };

/** An alert out of a record of `compliance.alerts`; else one sentence on what is wrong with it. */
export function readAlert(record: LogRecord): ReadAlert {
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

/** An alert out of what was kept of it. */
export function readAlertData(kind: AlertKind, record: string): Alert {
  const read = check(kind, JSON.parse(record));
  if (!read.ok) throw new Error(`an alert that was kept cannot be read: ${read.problem}`);
  return read.alert;
}

function check(kind: AlertKind, input: unknown): ReadAlert {
  const read = data.safeParse(input);
  if (!read.success) {
    const [issue] = read.error.issues;
    return { ok: false, problem: `data.${issue?.path.join('.')}: ${issue?.message}` };
  }
  const fields = read.data;
  if (kind === 'import-summary' && fields.summary === undefined) {
    return { ok: false, problem: 'data.summary is missing (an import-summary has one)' };
  }
  if (kind === 'feed.silent' && fields.feed === undefined) {
    return { ok: false, problem: 'data.feed is missing (a feed.silent has one)' };
  }
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
      record: JSON.stringify(input),
    },
  };
}
