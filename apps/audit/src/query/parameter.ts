/** A query parameter as callers see it: what it is read from and what the OpenAPI document says of it. */
export interface Parameter {
  readonly name: string;
  readonly description: string;
  readonly schema: Readonly<Record<string, unknown>>;
  /** May be given more than once: any of the values. */
  readonly repeats: boolean;
  /** The closed list of its values; absent where there is none. */
  readonly choices?: readonly string[];
}

const VERDICT_STATES = ['met', 'breached', 'running', 'paused', 'cancelled', 'excused', 'unknown', 'faulted'] as const;
const STANDARD_STATES = ['met', 'missed', 'not-judged', 'open', 'unknown'] as const;
const PARTIES = ['client', 'provider'] as const;

export const DEFAULT_LIMIT = 100;
export const MAX_LIMIT = 1_000;

/** Prefix of the parameters that filter by a dimension of the case: `dimension.channel=app`. */
export const DIMENSION_PREFIX = 'dimension.';

const instant = { type: 'string', format: 'date-time' };
const text = { type: 'string' };
const PERIOD = { type: 'string', pattern: '^\\d{4}(-Q[1-4]|-\\d{2}(-\\d{2})?)?$' };

const all = {
  contract: many('contract', 'Contract id.', text),
  obligation: many('obligation', 'Obligation id, as the contract file names it.', text),
  clause: many('clause', 'Clause, as it stands in the record.', text),
  party: among(many('party', 'Who owes the duty.', text), PARTIES),
  state: among(many('state', 'State of the verdict.', text), VERDICT_STATES),
  subject: many('subject', 'Id of the case, request, round or period.', text),
  period: one(
    'period',
    'Local period of the contract that the due instant (without one: the start) lies in: `2026`, `2026-Q1`, `2026-03` or `2026-03-31`.',
    PERIOD,
  ),
  from: one('from', 'Started at or after this instant.', instant),
  to: one('to', 'Started before this instant.', instant),
  time: one('time', '`FROM/TO`, the same as `from` and `to`; `..` leaves an end open.', text),
  dueBefore: one('dueBefore', 'Due before this instant.', instant),
  dimension: many('dimension', '`NAME:VALUE`, the same as `dimension.NAME=VALUE`.', text),
  sort: among(
    one(
      'sort',
      'What falls due next comes first; what has no due instant last. Without: by contract, obligation, subject, instance.',
      text,
    ),
    ['dueAt'],
  ),
  asOf: one('asOf', 'What is true about this instant. Without: the clock of each contract.', instant),
  knownAt: one(
    'knownAt',
    'What was known at this instant: facts, decisions and versions recorded later do not exist. Without `asOf`, verdicts stand as they had last been decided by then, and what is derived is as of the clock that the contract had then. Not later than the last save of the contract.',
    instant,
  ),
  standard: many('standard', 'Standard id, as the contract file names it.', text),
  standardState: among(many('state', 'State of the standard in the period.', text), STANDARD_STATES),
  standardPeriod: one(
    'period',
    'Periods that lie in this one: `2026`, `2026-Q1`, `2026-03` or `2026-03-31`. A period over rolling days is named by its last day.',
    PERIOD,
  ),
  limit: one('limit', 'Size of a page.', {
    type: 'integer',
    minimum: 1,
    maximum: MAX_LIMIT,
    default: DEFAULT_LIMIT,
  }),
  cursor: one('cursor', '`next` of the page before; the other parameters stay the same.', text),
  type: many('type', 'Type of the decision, e.g. `compliance.breach.declared`.', text),
  decidedFrom: one('from', 'Recorded at or after this instant.', instant),
  decidedTo: one('to', 'Recorded before this instant.', instant),
  source: many('source', 'CloudEvents source.', text),
  reason: many('reason', 'Why it could not be judged, e.g. `SCHEMA`.', text),
  lang: among(
    one('lang', 'Language of a statement in print. Without: by `Accept-Language`, else that of the contract.', text),
    ['zh-CN', 'en'],
  ),
  lossOfClient: one(
    'lossOfClient',
    'The loss that the client states, a decimal above 0: the printed statement holds the damages of the provider against it.',
    text,
  ),
  lossOfProvider: one('lossOfProvider', 'The same for a loss that the provider states.', text),
  released: among(one('released', 'Whether it was sent back in.', text), ['true', 'false']),
} as const;

const filters = [all.obligation, all.clause, all.party, all.state, all.subject];
const moment = [all.asOf, all.knownAt];
const paging = [all.limit, all.cursor];

export const VERDICT_PARAMETERS_OF_CONTRACT: readonly Parameter[] = [
  ...filters,
  all.period,
  all.from,
  all.to,
  all.time,
  all.dueBefore,
  all.dimension,
  all.sort,
  ...moment,
  ...paging,
];
export const VERDICT_PARAMETERS: readonly Parameter[] = [all.contract, ...VERDICT_PARAMETERS_OF_CONTRACT];
export const MOMENT_PARAMETERS: readonly Parameter[] = moment;
export const STATEMENT_PARAMETERS: readonly Parameter[] = [...moment, all.lang, all.lossOfClient, all.lossOfProvider];
export const MOMENT_PAGE_PARAMETERS: readonly Parameter[] = [...moment, ...paging];
export const STANDARD_PARAMETERS: readonly Parameter[] = [
  all.standard,
  all.standardPeriod,
  all.standardState,
  all.clause,
  all.party,
  ...MOMENT_PAGE_PARAMETERS,
];
export const DECISION_PARAMETERS_OF_CONTRACT: readonly Parameter[] = [
  all.type,
  ...filters,
  all.decidedFrom,
  all.decidedTo,
  ...paging,
];
export const DECISION_PARAMETERS: readonly Parameter[] = [all.contract, ...DECISION_PARAMETERS_OF_CONTRACT];
export const QUARANTINE_PARAMETERS: readonly Parameter[] = [
  all.contract,
  all.source,
  all.reason,
  all.released,
  all.decidedFrom,
  all.decidedTo,
  ...paging,
];
export const PAGE_PARAMETERS: readonly Parameter[] = paging;
export const NO_PARAMETERS: readonly Parameter[] = [];

function one(name: string, description: string, schema: Record<string, unknown>): Parameter {
  return { name, description, schema, repeats: false };
}

function many(name: string, description: string, schema: Record<string, unknown>): Parameter {
  return { name, description, schema, repeats: true };
}

function among(parameter: Parameter, choices: readonly string[]): Parameter {
  return { ...parameter, schema: { type: 'string', enum: [...choices] }, choices };
}
