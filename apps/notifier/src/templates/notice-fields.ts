import type { FieldTable } from './template.js';

/** What every template may name. `name`: the reader's; `zone`: says once which local time is meant. */
const EVERYWHERE = {
  name: 'text',
  contract: 'text',
  contractTitle: 'text',
  contractVersion: 'text',
  zone: 'text',
  incident: 'text',
  breachesUrl: 'text',
  acknowledgeUrl: 'text',
  silenceUrl: 'text',
} as const satisfies FieldTable;

/** A rule of the contract, as it is known to the version that judged. `owes`: it is the reader's own party that owes it. */
const RULE = {
  duty: 'text',
  clause: 'text',
  clauses: 'text',
  wording: 'text',
  party: 'text',
  partyAtStart: 'text',
  owes: 'flag',
} as const satisfies FieldTable;

/** One case under a duty. All empty where judging failed before there was any verdict. */
const CASE = {
  ...EVERYWHERE,
  ...RULE,
  case: 'text',
  caseAtStart: 'text',
  priority: 'text',
  started: 'text',
  due: 'text',
  ended: 'text',
  done: 'flag',
  taken: 'text',
  allowed: 'text',
  left: 'text',
  overdue: 'text',
  explanation: 'text',
  dimensions: { label: 'text', value: 'text' },
  verdict: 'text',
  decision: 'text',
  caseUrl: 'text',
  verdictUrl: 'text',
} as const satisfies FieldTable;

/** By kind of notice, the fields that its template may name. */
export const NOTICE_FIELDS = {
  warning: { ...CASE, shareUsed: 'text', timeLeft: 'text' },
  breach: CASE,
  revision: CASE,
  withdrawal: CASE,
  resolved: CASE,
  faulted: CASE,
  escalation: { ...CASE, since: 'text', role: 'text' },
  acknowledged: { ...CASE, by: 'text', at: 'text', note: 'text' },
  silenced: { ...CASE, by: 'text', at: 'text', note: 'text', until: 'text' },
  'import-summary': {
    ...EVERYWHERE,
    from: 'text',
    to: 'text',
    decisions: 'number',
    breaches: 'number',
    open: 'number',
    duties: { duty: 'text', client: 'flag', breaches: 'number' },
  },
  'feed.silent': {
    ...EVERYWHERE,
    silent: 'flag',
    door: 'flag',
    feed: 'text',
    lastSign: 'text',
    noticed: 'text',
    allowed: 'text',
  },
  'standard.missed': {
    ...EVERYWHERE,
    ...RULE,
    withdrawn: 'flag',
    period: 'text',
    value: 'text',
    target: 'text',
    atLeast: 'flag',
    numerator: 'text',
    denominator: 'text',
    sample: 'text',
    standardUrl: 'text',
  },
  'statement.frozen': {
    ...EVERYWHERE,
    cycle: 'text',
    currency: 'text',
    clientOwes: 'text',
    providerOwes: 'text',
    net: 'text',
    payer: 'text',
    finalDue: 'text',
    lines: { client: 'flag', clause: 'text', about: 'text', subject: 'text', amount: 'text' },
    statementUrl: 'text',
  },
  'delivery.failed': {
    ...EVERYWHERE,
    channel: 'text',
    receiver: 'text',
    message: 'text',
    attempts: 'number',
    response: 'text',
  },
  test: { ...EVERYWHERE, channel: 'text', route: 'text' },
  digest: {
    ...EVERYWHERE,
    late: 'flag',
    breaches: 'number',
    warnings: 'number',
    withdrawn: 'number',
    standing: 'number',
    sentences: { sentence: 'text' },
    more: { caseAtStart: 'text', duty: 'text', warning: 'flag', overdue: 'text' },
    withdrawals: { caseAtStart: 'text', duty: 'text' },
    cases: { caseAtStart: 'text', url: 'text' },
  },
} as const satisfies Readonly<Record<string, FieldTable>>;

export type NoticeKind = keyof typeof NOTICE_FIELDS;
export const NOTICE_KINDS = Object.keys(NOTICE_FIELDS) as readonly NoticeKind[];

/** Fields as values: a text may be null. */
type ValuesOf<T extends FieldTable> = {
  readonly [Name in keyof T]: T[Name] extends 'text'
    ? string | null
    : T[Name] extends 'flag'
      ? boolean
      : T[Name] extends 'number'
        ? number
        : T[Name] extends FieldTable
          ? readonly ValuesOf<T[Name]>[]
          : never;
};
export type FieldsOf<Kind extends NoticeKind> = ValuesOf<(typeof NOTICE_FIELDS)[Kind]>;
export type CaseFields = ValuesOf<typeof CASE>;
export type CommonFields = ValuesOf<typeof EVERYWHERE>;

/** Greeting, footer and the note where a message was cut short: around every notice. */
export const FRAME_FIELDS = EVERYWHERE;

/** The layout of mails, over a notice that is written already. */
export const LAYOUT_FIELDS = {
  language: 'text',
  subject: 'text',
  greeting: 'text',
  paragraphs: { paragraph: 'text' },
  rows: { label: 'text', value: 'text' },
  advice: 'text',
  links: { label: 'text', url: 'text' },
  footer: 'text',
} as const satisfies FieldTable;
