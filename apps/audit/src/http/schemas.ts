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
