/** OpenAPI schemas of what is answered. Field names are those of the public records. */
const text = { type: 'string' };
const instant = { type: 'string', format: 'date-time' };
const maybeInstant = { ...instant, nullable: true };
const duration = { type: 'string', description: 'ISO 8601, in the counting of the rule' };
const integer = { type: 'integer' };
const bilingual = {
  type: 'object',
  required: ['zh-CN', 'en'],
  properties: { 'zh-CN': text, en: text },
};
const lines = { type: 'array', items: text };

const verdictFields = {
  id: { type: 'string', description: 'contract/obligation/subject/instance' },
  kind: { type: 'string', enum: ['verdict'] },
  contract: text,
  obligation: text,
  clause: text,
  party: { type: 'string', enum: ['client', 'provider'] },
  subject: text,
  instance: integer,
  state: {
    type: 'string',
    enum: ['met', 'breached', 'running', 'paused', 'cancelled', 'excused', 'unknown', 'faulted', 'withdrawn'],
  },
  startedAt: instant,
  dueAt: maybeInstant,
  stoppedAt: maybeInstant,
  elapsed: { ...duration, nullable: true },
  allowed: { ...duration, nullable: true },
  overdueBy: duration,
  revision: integer,
  dimensions: { type: 'object', additionalProperties: text },
  because: { type: 'object', description: 'Everything needed to say why and to compute it again.' },
};

export const verdictSchema = { type: 'object', required: Object.keys(verdictFields), properties: verdictFields };

const decimal = { type: 'string', description: 'A decimal.' };
const party = { type: 'string', enum: ['client', 'provider'] };

const standardFields = {
  id: { type: 'string', description: 'contract/standard/period' },
  kind: { type: 'string', enum: ['standard'] },
  contract: text,
  standard: text,
  clause: text,
  party,
  period: { type: 'string', description: 'Name of the period, such as `2026-03`.' },
  from: instant,
  to: { ...instant, description: 'Not included.' },
  numerator: decimal,
  denominator: decimal,
  value: { ...decimal, nullable: true, description: 'Rounded half up to four places; the exact quotient decides.' },
  target: decimal,
  sample: integer,
  state: { type: 'string', enum: ['met', 'missed', 'not-judged', 'open', 'unknown'] },
  because: { type: 'object', description: 'What is measured, by which version, and what is left out.' },
};

export const standardSchema = {
  type: 'object',
  required: Object.keys(standardFields),
  properties: {
    ...standardFields,
    revision: {
      ...integer,
      description: 'Of what was recorded when the period closed, or since; absent where this is not recorded.',
    },
  },
};

export const statementSchema = {
  type: 'object',
  description: 'A preliminary computation and no legal advice.',
  required: ['id', 'kind', 'contract', 'cycle', 'state', 'lines', 'totals', 'net'],
  properties: {
    id: { type: 'string', description: 'contract/cycle' },
    kind: { type: 'string', enum: ['statement'] },
    contract: text,
    cycle: text,
    state: { type: 'string', enum: ['provisional', 'frozen', 'final'] },
    lines: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          party,
          remedy: text,
          clause: text,
          about: { type: 'string', description: 'Obligation, duty, prohibition or standard; of a limit its name.' },
          subject: text,
          base: decimal,
          rate: decimal,
          quantity: decimal,
          amount: { ...decimal, description: 'What the party owes; caps and waivers are negative.' },
          verdict: { ...text, nullable: true, description: 'Id of the verdict that the line comes from.' },
          standard: { ...text, nullable: true, description: 'Id of the judged standard that the line comes from.' },
        },
      },
    },
    totals: { type: 'object', properties: { provider: decimal, client: decimal } },
    net: {
      type: 'object',
      properties: { from: { type: 'string', enum: ['provider', 'client', 'none'] }, amount: decimal },
    },
  },
};

export const rightSchema = {
  type: 'object',
  required: ['kind', 'contract', 'party', 'right', 'clause', 'about', 'since', 'because'],
  properties: {
    kind: { type: 'string', enum: ['right'] },
    contract: text,
    party: { ...party, description: 'Who has the right.' },
    right: { type: 'string', enum: ['terminate'] },
    clause: text,
    about: text,
    since: instant,
    expiredAt: { ...instant, description: 'When it lapsed; only of a right that has.' },
    because: { type: 'object', description: 'The rule, the version and the notices behind it.' },
  },
};

const findingKind = {
  type: 'string',
  enum: ['NO_STANDING', 'STRAY', 'AWAITING_ACCEPTANCE'],
  description: 'Why a fact does not act.',
};

export const findingSchema = {
  type: 'object',
  required: ['kind', 'contract', 'finding', 'source', 'id', 'type', 'at', 'about', 'detail'],
  properties: {
    kind: { type: 'string', enum: ['finding'] },
    contract: text,
    finding: findingKind,
    source: text,
    id: text,
    type: text,
    at: instant,
    about: text,
    detail: { type: 'object', properties: { 'zh-CN': text, en: text } },
  },
};

export const decisionSchema = {
  type: 'object',
  description: 'The record as it goes out on `compliance.decisions`.',
  properties: {
    ...verdictFields,
    type: text,
    number: { ...integer, description: 'Gapless per contract.' },
    generation: integer,
    supersedes: { ...integer, nullable: true },
    effectiveAt: instant,
    decidedAt: instant,
  },
};

export const explainedSchema = {
  type: 'object',
  properties: {
    ...verdictFields,
    explanation: { ...bilingual, nullable: true },
    timeline: { type: 'object', nullable: true, properties: { 'zh-CN': lines, en: lines } },
    title: { ...bilingual, nullable: true },
    quote: { ...text, nullable: true },
    caseLink: { ...text, nullable: true },
    decisions: { type: 'array', items: decisionSchema },
  },
};

export const contractSchema = {
  type: 'object',
  properties: {
    id: text,
    version: integer,
    hash: { type: 'string', description: 'SHA-256 of the file' },
    title: bilingual,
    zone: text,
    currency: text,
    term: { type: 'object', properties: { from: instant, to: instant } },
    inForceFrom: instant,
    clock: { ...maybeInstant, description: 'The instant up to which the contract is judged.' },
    lastNumber: { ...integer, description: 'Number of its last decision.' },
  },
};

export const contractDetailSchema = {
  type: 'object',
  properties: {
    ...contractSchema.properties,
    parties: { type: 'object' },
    calendars: { type: 'object', additionalProperties: text },
    versions: { type: 'array', items: { type: 'object' } },
    obligations: { type: 'array', items: { type: 'object' } },
    duties: { type: 'array', items: { type: 'object' } },
    prohibitions: { type: 'array', items: { type: 'object' } },
    standards: { type: 'array', items: { type: 'object' } },
    remedies: { type: 'array', items: { type: 'object' }, description: 'What follows a breach of which rule.' },
    limits: { type: 'array', items: { type: 'object' } },
    rights: { type: 'array', items: { type: 'object' } },
    sources: { type: 'array', items: { type: 'object' } },
    feeds: {
      type: 'array',
      description:
        'Doors, and sources that promise a heartbeat: when each was last heard of, and whether it is silent.',
      items: {
        type: 'object',
        properties: {
          kind: { type: 'string', enum: ['door', 'source'] },
          name: text,
          lastSign: instant,
          silent: { type: 'boolean' },
        },
      },
    },
  },
};

export const timelineSchema = {
  type: 'object',
  description: 'A fact (`occurredAt`, `appendedAt`, `recordedAt`) or a decision (`effectiveAt`, `decidedAt`).',
  properties: {
    kind: { type: 'string', enum: ['fact', 'decision'] },
    at: { ...instant, description: '`occurredAt` of a fact, `effectiveAt` of a decision.' },
    type: text,
    id: { type: 'string', description: 'Of a fact: its CloudEvents id. Of a decision: the id of its verdict.' },
    source: text,
    occurredAt: instant,
    appendedAt: instant,
    recordedAt: instant,
    data: { type: 'object' },
    number: integer,
    revision: integer,
    supersedes: { ...integer, nullable: true },
    obligation: text,
    clause: text,
    party: text,
    instance: integer,
    state: text,
    dueAt: maybeInstant,
    warning: text,
    effectiveAt: instant,
    decidedAt: instant,
    finding: { ...findingKind, description: 'Of a fact that does not act: why.' },
  },
};

export const quarantinedSchema = {
  type: 'object',
  properties: {
    kind: { type: 'string', enum: ['quarantined'] },
    number: { ...integer, description: 'Names the item to `pactwatch quarantine show` and `release`.' },
    id: { ...text, nullable: true, description: 'CloudEvents id, where one could be read.' },
    reason: text,
    detail: text,
    contract: { ...text, nullable: true },
    source: { ...text, nullable: true },
    topic: text,
    partition: integer,
    offset: integer,
    appendedAt: instant,
    recordedAt: instant,
    releasedAt: maybeInstant,
  },
};

export const keptRecordSchema = {
  type: 'object',
  properties: {
    ...quarantinedSchema.properties,
    headers: { type: 'object', additionalProperties: text },
    key: { ...text, nullable: true },
    value: { ...text, nullable: true },
    encoding: { type: 'string', enum: ['utf-8', 'base64'], description: 'Of key and value.' },
  },
};
