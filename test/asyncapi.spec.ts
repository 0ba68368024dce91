import { readFileSync } from 'node:fs';
import { Parser, type AsyncAPIDocumentInterface } from '@asyncapi/parser';
import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import { Decimal } from 'decimal.js';
import { TOPICS, type NewRecord } from '#libs/bus';
import type { Fact, RefusalReason } from '#libs/contract';
import {
  newContractMemory,
  type Decision,
  type DecisionType,
  type FactRole,
  type JudgeOutcome,
  type PartitionJudge,
  type StandardDecision,
  type Verdict,
  type VerdictState,
} from '#libs/evaluation';
import { StatementCloser } from '#libs/liability';
import { eventLimits, parseJsonEvent, refusedRecord, reservedExtensions, watermarkRecord } from '#libs/events';
import type { OutboxRow } from '#libs/store';
import { loadContract, type LoadedContract } from '../apps/cli/src/load-contracts.js';
import { publishContracts } from '../apps/cli/src/publish-contracts.js';
import { sendEvents } from '../apps/cli/src/send-events.js';
import type { Servers } from '../apps/cli/src/servers.js';
import { toStreamRecord } from '../apps/intake/src/to-stream-record.js';
import { IMPORT_EXTENSION, ownTypes, ownWriters, tickRecord } from '../apps/monitor/src/own-records.js';
import type { PartitionSession } from '../apps/monitor/src/partition-session.js';
import { toSave } from '../apps/monitor/src/to-save.js';
import { ALERT_KINDS } from '../apps/notifier/src/alert.js';
import { readAlert } from '../apps/notifier/src/read-alert.js';
import { factRecord, type StreamFact } from '../apps/notifier/src/stream-fact.js';
import { emptyOutcome } from '../libs/evaluation/src/judge-outcome.js';
import { judgeStandard } from '../libs/evaluation/src/judge-standard.js';
import { ShopLog } from '../libs/liability/test/shop-log.js';

const FILE = 'libs/events/asyncapi.yaml';
const NOW = Date.parse('2026-03-24T05:04:47Z');
const STAMP_KEY = Buffer.from('a key of the deployment');

const STATEMENT_TYPES = ['compliance.statement.frozen', 'compliance.statement.revised', 'compliance.statement.final'];
const RIGHT_TYPE = 'compliance.right.raised';
const FOLLOWING_TYPES = [...STATEMENT_TYPES, RIGHT_TYPE];

// The compiler refuses a list that lacks one or has one too many.
const DECISION_TYPES = Object.keys({
  'compliance.verdict.opened': true,
  'compliance.verdict.met': true,
  'compliance.verdict.paused': true,
  'compliance.verdict.resumed': true,
  'compliance.verdict.rescheduled': true,
  'compliance.verdict.cancelled': true,
  'compliance.verdict.excused': true,
  'compliance.verdict.unknown': true,
  'compliance.verdict.faulted': true,
  'compliance.verdict.withdrawn': true,
  'compliance.breach.declared': true,
  'compliance.breach.revised': true,
  'compliance.breach.withdrawn': true,
  'compliance.breach.reinstated': true,
  'compliance.deadline.warned': true,
} satisfies Record<DecisionType, true>) as DecisionType[];

const STANDARD_TYPES = Object.keys({
  'compliance.standard.met': true,
  'compliance.standard.missed': true,
  'compliance.standard.revised': true,
} satisfies Record<StandardDecision['type'], true>) as StandardDecision['type'][];

const STATES = Object.keys({
  met: true,
  breached: true,
  running: true,
  paused: true,
  cancelled: true,
  excused: true,
  unknown: true,
  faulted: true,
  withdrawn: true,
} satisfies Record<VerdictState, true>);

const ROLES = Object.keys({
  start: true,
  stop: true,
  pause: true,
  resume: true,
  reset: true,
  cancel: true,
  reopen: true,
  priority: true,
  due: true,
  correction: true,
  payment: true,
  breach: true,
  excuse: true,
  waiver: true,
  acceptance: true,
} satisfies Record<FactRole, true>);

const REASONS = Object.keys({
  SCHEMA: true,
  ID_REUSE: true,
  TIME_IMPLAUSIBLE: true,
  UNKNOWN_CONTRACT: true,
  FORGED: true,
  MISROUTED: true,
  POISON: true,
  UNREADABLE: true,
  TOO_LARGE: true,
} satisfies Record<RefusalReason, true>);

let document: AsyncAPIDocumentInterface;
let problems: readonly string[];

beforeAll(async () => {
  const { document: parsed, diagnostics } = await new Parser().parse(readFileSync(FILE, 'utf8'));
  // 0 and 1 are errors and warnings; a newer version of the specification is only a hint.
  problems = diagnostics
    .filter(({ severity }) => severity < 2)
    .map(({ path, message }) => `${path.join('.')}: ${message}`);
  if (parsed !== undefined) document = parsed;
});

function messagesOf(topic: string) {
  const channel = document
    .channels()
    .all()
    .find((one) => one.address() === topic);
  if (channel === undefined) throw new Error(`${FILE} has no channel '${topic}'`);
  return channel.messages().all();
}

function namesOf(topic: string): string[] {
  return messagesOf(topic).map((message) => message.name() ?? '');
}

function schema(name: string): Record<string, never> {
  return document.components().schemas().get(name)?.json() as Record<string, never>;
}

describe('the document', () => {
  it('is valid', () => {
    expect(problems).toEqual([]);
  });

  it('has the topics of the product', () => {
    const addresses = document
      .channels()
      .all()
      .map((channel) => channel.address());
    expect(addresses).toEqual(Object.values(TOPICS));
  });

  it('has the types of messages that the code knows', () => {
    expect(namesOf(TOPICS.decisions).sort()).toEqual([...DECISION_TYPES, ...STANDARD_TYPES, RIGHT_TYPE].sort());
    expect(namesOf(TOPICS.alerts).sort()).toEqual(ALERT_KINDS.map((kind) => `compliance.alert.${kind}`).sort());
    expect(namesOf(TOPICS.events)).toEqual(['fact', ...Object.values(ownTypes)]);
    expect(namesOf(TOPICS.quarantine)).toEqual(['compliance.record.quarantined']);
    expect(namesOf(TOPICS.statements)).toEqual(STATEMENT_TYPES);
  });

  it('has the values that the code knows', () => {
    const at = (name: string, ...path: string[]): unknown =>
      path.reduce<Record<string, unknown>>((inner, step) => inner[step] as Record<string, unknown>, schema(name));
    expect(at('Verdict', 'properties', 'state', 'enum')).toEqual(STATES);
    expect(at('Because', 'properties', 'facts', 'items', 'properties', 'role', 'enum')).toEqual(ROLES);
    expect(at('Quarantined', 'properties', 'reason', 'enum')).toEqual(REASONS);
    expect(at('AlertFields', 'properties', 'kind', 'enum')).toEqual([...ALERT_KINDS]);
  });

  it('has the extension attributes that the code knows', () => {
    const headers = Object.keys(schema('CloudEventHeaders')['properties'] as unknown as object);
    const known = [...Object.values(reservedExtensions), IMPORT_EXTENSION, 'sequence', 'contractid'];
    for (const name of known) expect(headers).toContain(`ce_${name}`);
    expect(readFileSync(FILE, 'utf8')).toContain(`messages up to ${eventLimits.messageBytes / 2 ** 20} MiB`);
  });
});

interface Message {
  readonly topic: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly data: unknown;
}

/** A message the code writes, in either mode, with what it holds by the names of binary mode. */
function messageOf(record: Pick<NewRecord, 'topic' | 'headers' | 'value'>): Message {
  const { topic, headers = {}, value } = record;
  const content = JSON.parse(String(value)) as Record<string, unknown>;
  if (!String(headers['content-type']).startsWith('application/cloudevents')) return { topic, headers, data: content };
  const { data, datacontenttype: _, ...attributes } = content;
  const named = Object.entries(attributes).map(([name, attribute]) => [`ce_${name}`, attribute]);
  return { topic, headers: { 'content-type': 'application/json', ...Object.fromEntries(named) }, data };
}

function fromOutbox({ topic, headers, value }: OutboxRow): Message {
  return messageOf({ topic, headers, value: value as string });
}

const ajv = formats.default(new Ajv({ strict: false, allErrors: true }));

/** Undefined where the document allows the message. */
function refuse({ topic, headers, data }: Message): string | undefined {
  const type = String(headers['ce_type']);
  const messages = messagesOf(topic);
  const found = messages.find((one) => one.name() === type) ?? messages.find((one) => one.name() === 'fact');
  if (found === undefined) return `${topic} has no message '${type}'`;
  for (const [part, value] of [
    [found.headers(), headers],
    [found.payload(), data],
  ] as const) {
    if (!ajv.validate(part?.json() as object, value)) return `${type}: ${ajv.errorsText()}`;
  }
  return undefined;
}

const contract = sampleContract();

function sampleContract(): LoadedContract {
  const read = loadContract('config/contracts/ecommerce-crm.yaml', {});
  if (!read.ok) throw new Error(read.problems[0]?.message);
  return read;
}

const verdict: Verdict = {
  contract: contract.contract.id,
  obligation: 'complaint-first-response',
  clause: '5.1.2',
  party: 'provider',
  subject: 'C-1001',
  instance: 1,
  state: 'breached',
  startedAt: NOW - 3 * 3_600_000,
  dueAt: NOW - 3_600_000,
  stoppedAt: null,
  elapsed: 'PT3H',
  allowed: 'PT2H',
  overdueBy: 'PT1H',
  effectiveAt: NOW - 3_600_000,
  dimensions: { channel: 'app' },
  because: {
    version: 1,
    contractHash: contract.contract.hash,
    clauses: ['3.2', '5.1.2'],
    rule: 'complaint-first-response',
    priority: 'high',
    calendar: { id: 'cn-office', hash: 'a'.repeat(64), data: 'holiday-calendar' },
    facts: [
      { source: '/platform/crm', id: 'e-1', type: 'complaint.opened', at: '2026-03-24T02:04:47Z', role: 'start' },
    ],
    spans: [{ kind: 'running', from: '2026-03-24T02:04:47Z', to: '2026-03-24T05:04:47Z' }],
    sums: { running: 'PT3H', paused: 'PT0S', closed: 'PT0S' },
    counting: 'working-time',
  },
};

function decision(difference: Partial<Decision> = {}): Decision {
  return {
    type: 'compliance.breach.declared',
    contract: verdict.contract,
    number: 7,
    revision: 2,
    supersedes: 3,
    effectiveAt: verdict.effectiveAt,
    verdict,
    cause: { kind: 'deadline', at: verdict.effectiveAt },
    ...difference,
  };
}

function standardDecision(difference: Partial<StandardDecision> = {}): StandardDecision {
  const [standard] = contract.contract.standards;
  const period = standard!.periods[2]!;
  const totals = { good: 90, items: 100, undecided: 0, sum: new Decimal(0), values: null };
  return {
    type: 'compliance.standard.missed',
    contract: contract.contract.id,
    number: 8,
    revision: 1,
    supersedes: null,
    effectiveAt: period.to,
    standard: judgeStandard(contract.contract, standard!, period, totals, period.to),
    missedBefore: false,
    cause: { kind: 'deadline', at: period.to },
    ...difference,
  };
}

/** Two months running in which an order is late: statements are frozen, disputed, signed and final, and a right is raised. */
function statedShop(): ShopLog {
  return new ShopLog()
    .fact('2026-03-02 10:00', 'order.placed', { of: 'O-1' })
    .fact('2026-03-05 10:00', 'order.sent', { of: 'O-1' })
    .fact('2026-04-13 10:00', 'order.placed', { of: 'O-3' })
    .fact('2026-04-16 10:00', 'order.sent', { of: 'O-3' })
    .tick('2026-05-05 00:00')
    .fact('2026-05-05 10:00', 'statement.disputed', { from: '/keeper', id: 'd', data: { cycle: '2026-04', line: 1 } })
    .fact('2026-05-05 11:00', 'dispute.decided', { from: '/owner', data: { dispute: 'd', outcome: 'waived' } })
    .fact('2026-05-05 12:00', 'statement.signed', { from: '/owner', data: { cycle: '2026-04', revision: 1 } })
    .tick('2026-06-02 00:00');
}

/** What the monitor would write after judging. */
function written(difference: Partial<JudgeOutcome>): readonly OutboxRow[] {
  const memory = newContractMemory(verdict.contract);
  memory.versions = [contract.contract];
  memory.clock = NOW;
  const session: PartitionSession = {
    topic: TOPICS.events,
    partition: 3,
    epoch: 1,
    generation: 1,
    judge: { contracts: new Map([[verdict.contract, memory]]) } as unknown as PartitionJudge,
    statements: new StatementCloser(),
    nextOffset: 10,
    slice: 0,
    outboxNumber: 0,
    last: null,
    recordedAt: NOW,
    trial: null,
    saving: Promise.resolve(),
    lastProgressAt: NOW,
    closed: false,
  };
  const outcome: JudgeOutcome = {
    ...emptyOutcome(),
    ...difference,
  };
  const headers = { ce_id: Buffer.from('e-9') };
  const record = { topic: TOPICS.events, partition: 3, offset: 9, key: null, value: Buffer.from('?'), headers };
  return toSave(session, outcome, {
    records: new Map([[9, { ...record, appendedAt: NOW }]]),
    strays: [],
    recordedAt: NOW,
    toOffset: 11,
    toSlice: 0,
    last: null,
  }).outbox;
}

const BY = { name: '陈晨', party: 'provider', role: 'account-manager', via: 'link' };
const INCIDENT = 'CRM-2026-001/complaint-first-response/C-1001/1';
const NOTICE = {
  ...{ message: 'k', kind: 'breach', incidents: [INCIDENT], channel: 'mail', recipient: 'a@example.com', route: 'r' },
  ...{ to: { party: 'provider', role: 'legal', name: 'A', language: 'en' }, outcome: 'failed', attempts: 18 },
  response: '451 try later',
};
/** What people and the notifier tell the stream. */
const NOTICES: readonly Pick<Fact, 'type' | 'data'>[] = [
  { type: ownTypes.noticeSent, data: NOTICE },
  { type: ownTypes.alertAcknowledged, data: { incident: INCIDENT, run: 1, by: BY, note: null } },
  {
    type: ownTypes.alertSilenced,
    data: {
      by: BY,
      match: { clauses: ['5.1'] },
      reason: 'r',
      from: '2026-03-24T05:00:00Z',
      to: '2026-03-24T06:00:00Z',
    },
  },
  { type: ownTypes.alertEscalated, data: { incident: INCIDENT, run: 1, route: 'r', step: 1 } },
  { type: ownTypes.alertTest, data: { incident: 'CRM-2026-001/test/1', route: 'r', language: null } },
];

function noticeFact({ type, data }: Pick<Fact, 'type' | 'data'>) {
  const source = ownWriters[type] ?? '';
  const fact = {
    contract: verdict.contract,
    source,
    id: type,
    type,
    occurredAt: NOW,
    appendedAt: NOW,
    data,
    contentHash: '',
  };
  return { fact: { ...fact, subject: undefined, sequence: undefined }, offset: 9 };
}

describe('what the monitor writes', () => {
  it('tells of a message that was given up, but not of one that was sent or that said so itself', () => {
    const told = (data: object) =>
      written({ facts: [noticeFact({ type: ownTypes.noticeSent, data: { ...NOTICE, ...data } })] }).length;
    expect([{}, { outcome: 'sent' }, { outcome: 'suppressed' }, { kind: 'delivery.failed' }].map(told)).toEqual([
      1, 0, 0, 0,
    ]);
  });

  it.each(DECISION_TYPES)('is as described for %s', (type) => {
    const rows = written({
      decisions: [
        decision({ type, ...(type === 'compliance.deadline.warned' ? { warning: '80%' } : {}) }),
        decision({ type, supersedes: null, cause: { kind: 'fact', source: '/platform/crm', id: 'e-1' } }),
        decision({ type, endsBreach: true, backfill: { import: 'i-1', alerts: 'each' } }),
      ],
    });
    const messages = rows.map(fromOutbox);
    expect(messages.filter(({ topic }) => topic === TOPICS.decisions)).toHaveLength(3);
    expect(messages.map(refuse)).toEqual(messages.map(() => undefined));
  });

  it.each(STANDARD_TYPES)('is as described for %s', (type) => {
    const rows = written({
      standards: [
        standardDecision({ type }),
        standardDecision({ type, number: 9, missedBefore: true, supersedes: 8, revision: 2 }),
        standardDecision({ type, backfill: { import: 'i-1', alerts: 'summary' } }),
      ],
    });
    const messages = rows.map(fromOutbox);
    expect(messages.map(({ topic }) => topic)).toEqual([
      TOPICS.decisions,
      TOPICS.decisions,
      TOPICS.decisions,
      TOPICS.alerts,
    ]);
    expect(messages.map(refuse)).toEqual(messages.map(() => undefined));
  });

  it('is as described for statements in every state, and for rights', () => {
    const { followed } = statedShop();
    expect([...new Set(followed.map(({ type }) => type))].sort()).toEqual([...FOLLOWING_TYPES].sort());
    const messages = written({ followed }).map(fromOutbox);
    const about = (topic: string): number => messages.filter((one) => one.topic === topic).length;
    expect(about(TOPICS.statements) + about(TOPICS.decisions)).toBe(followed.length);
    expect(messages.map(refuse)).toEqual(messages.map(() => undefined));
  });

  it('covers every alert, and the notifier can read each', () => {
    const feed = { kind: 'door', name: 'shop', limitMillis: 60_000 } as const;
    const summary = { id: 'i-1', alerts: 'summary' as const, decisions: 3, from: NOW, to: NOW };
    const rows = written({
      decisions: [
        ...DECISION_TYPES.map((type) => decision({ type, endsBreach: true, warning: '80%' })),
        decision({ type: 'compliance.verdict.met', endsWarning: true }),
      ],
      followed: statedShop().followed.slice(0, 1),
      standards: [
        standardDecision(),
        standardDecision({ standard: { ...standardDecision().standard, state: 'met' }, missedBefore: true }),
      ],
      facts: NOTICES.map(noticeFact),
      summaries: [
        { contract: verdict.contract, import: { ...summary, breaches: { 'a/provider': 2 } }, completedAt: NOW },
        { contract: verdict.contract, import: { ...summary, from: null, to: null, breaches: {} }, completedAt: NOW },
      ],
      feeds: [
        { contract: verdict.contract, feed, silent: true, since: NOW, until: null, at: NOW },
        {
          contract: verdict.contract,
          feed: { ...feed, kind: 'source' },
          silent: false,
          since: NOW,
          until: NOW,
          at: NOW,
        },
      ],
    }).filter(({ topic }) => topic === TOPICS.alerts);
    const messages = rows.map(fromOutbox);
    expect(messages.map(refuse)).toEqual(messages.map(() => undefined));
    expect(new Set(messages.map(({ headers }) => headers['ce_type']))).toEqual(new Set(namesOf(TOPICS.alerts)));
    for (const { headers, data } of messages) {
      const asBytes = Object.entries(headers).map(([name, value]) => [name, Buffer.from(String(value))]);
      const record = { topic: TOPICS.alerts, partition: 0, offset: 0, key: null, appendedAt: NOW };
      const value = Buffer.from(JSON.stringify(data));
      expect(readAlert({ ...record, value, headers: Object.fromEntries(asBytes) })).toMatchObject({ ok: true });
    }
  });

  it('is as described for what could not be judged', () => {
    const refusal = {
      reason: 'SCHEMA',
      detail: 'id is missing or empty',
      id: null,
      source: null,
      contract: null,
    } as const;
    const messages = written({
      refused: [
        { refusal, offset: 9 },
        { refusal, offset: 8 },
      ],
    }).map(fromOutbox);
    expect(messages).toHaveLength(2);
    expect(messages.map(refuse)).toEqual([undefined, undefined]);
  });

  it('would be refused where a field were missing', () => {
    const [row] = written({ decisions: [decision()] });
    const message = fromOutbox(row!);
    const { number: _, ...data } = message.data as Record<string, unknown>;
    expect(refuse({ ...message, data })).toContain("must have required property 'number'");
    const { ce_id: __, ...headers } = message.headers;
    expect(refuse({ ...message, headers })).toContain("must have required property 'ce_id'");
  });
});

describe('what goes into the stream', () => {
  it.each(NOTICES)('is as described for $type', ({ type, data }) => {
    const fact = { id: 'n-1', type: type as StreamFact['type'], contract: verdict.contract, time: NOW, data };
    expect(refuse(messageOf(factRecord(STAMP_KEY, fact)))).toBeUndefined();
  });

  const line = JSON.stringify({
    specversion: '1.0',
    id: 'e-1',
    source: '/platform/crm',
    type: 'complaint.opened',
    subject: 'C-1001',
    time: '2026-03-24T10:04:47+08:00',
    contractid: verdict.contract,
    data: { priority: 'high' },
  });

  /** Servers that keep what is appended. */
  function servers(rows: readonly { readonly hash: string; readonly calendars: Record<string, string> }[]) {
    const appended: NewRecord[] = [];
    const documents = new Map<string, Buffer>([[contract.contract.hash, contract.bytes], ...contract.calendars]);
    const store = {
      publishedContracts: () =>
        Promise.resolve(rows.map((row) => ({ contract: verdict.contract, version: 1, fromInstant: 0, ...row }))),
      getDocuments: () => Promise.resolve(documents),
      putDocument: () => Promise.resolve(),
    };
    const append = (records: readonly NewRecord[]) => {
      appended.push(...records);
      return Promise.resolve([]);
    };
    return { appended, servers: { store, log: { append }, stampKey: STAMP_KEY } as unknown as Servers };
  }

  it('is as described for a published contract', async () => {
    const { servers: into, appended } = servers([]);
    await publishContracts(into, [contract], { from: null, waitMillis: 0, now: () => NOW });
    await publishContracts(into, [contract], { from: NOW, waitMillis: 0, now: () => NOW });
    const messages = appended.map(messageOf);
    expect(messages.map(({ headers }) => headers['ce_type'])).toEqual(Array(2).fill(ownTypes.contractPublished));
    expect(messages.map(refuse)).toEqual([undefined, undefined]);
  });

  it('is as described for history', async () => {
    const published = { hash: contract.contract.hash, calendars: { ...contract.contract.calendarHashes } };
    const { servers: into, appended } = servers([published]);
    await sendEvents(into, {
      lines: () => [Buffer.from(line)],
      backfill: { open: false, alerts: 'each' },
      now: () => NOW,
    });
    const messages = appended.map(messageOf);
    expect(messages.map(({ headers }) => headers['ce_type'])).toEqual([
      ownTypes.importBegun,
      'complaint.opened',
      ownTypes.importCompleted,
    ]);
    expect(messages.map(refuse)).toEqual([undefined, undefined, undefined]);
  });

  it('is as described for what doors tell', () => {
    const refusal = { reason: 'SCHEMA', detail: 'x', id: null, source: null, contract: null } as const;
    const refused = {
      door: 'shop',
      place: 'cases/2/17',
      refusal,
      raw: { key: null, value: 'eA==', headers: { h: 'x' } },
    };
    const messages = [
      watermarkRecord({ door: 'shop', through: NOW }, 3, STAMP_KEY),
      refusedRecord(refused, NOW, STAMP_KEY),
    ].map((record) => messageOf({ topic: TOPICS.events, ...record }));
    expect(messages.map(refuse)).toEqual([undefined, undefined]);
    expect(messages.map(({ headers }) => headers['ce_type'])).toEqual([ownTypes.watermark, ownTypes.recordRefused]);
  });

  it('is as described for ticks, and for what comes in over HTTP', () => {
    const parsed = parseJsonEvent(line);
    if (!parsed.ok) throw new Error(parsed.refusal.detail);
    const { event } = parsed;
    const messages = [
      { topic: TOPICS.events, ...tickRecord(3, 1, NOW, STAMP_KEY) },
      toStreamRecord(event, verdict.contract, STAMP_KEY),
      toStreamRecord({ ...event, source: '/pactwatch/client' }, verdict.contract, STAMP_KEY),
    ].map(messageOf);
    expect(messages.map(refuse)).toEqual([undefined, undefined, undefined]);
  });
});
