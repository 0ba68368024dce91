import { createHash } from 'node:crypto';
import { readCalendar, type Calendar } from '#libs/calendar';
import { readContract, type Contract } from '#libs/contract';

export interface PublishedText {
  readonly contract: Contract;
  readonly text: string;
  /** SHA-256 (hex) of the text. */
  readonly hash: string;
}

const CALENDAR_TEXT = `id: always
zone: Asia/Shanghai
weekly: { every-day: ['00:00-24:00'] }
`;
const calendar: Calendar = valueOf(readCalendar('always.yaml', CALENDAR_TEXT));

/** The one calendar of the lab's contracts. */
export const always = { id: calendar.id, text: CALENDAR_TEXT, hash: sha256(CALENDAR_TEXT) };

/** Whose records belong to the contract that names it as default. */
export const LAB = '/lab';

/**
 * An invented contract about samples: each is answered in time by its urgency (`now` one second, `soon` half an hour), and
 * a finding is to be filed within an hour.
 */
export function labContract(
  id: string,
  {
    isDefault = false,
    version = 1,
    door,
    soon = 'PT30M',
    heartbeat,
    rules = '',
  }: {
    readonly isDefault?: boolean;
    readonly version?: number;
    readonly door?: string;
    readonly soon?: string;
    /** How often the lab promises a sign of life. */
    readonly heartbeat?: string;
    /** Beside its own, as text of the file. */
    readonly rules?: string;
  } = {},
): PublishedText {
  const text = `contract: ${id}
version: ${version}
parties: { client: { name: Clinic }, provider: { name: Lab } }
term: { from: 2020-01-01, to: 2099-12-31 }
zone: Asia/Shanghai
calendar: always
sources:
  ${LAB}: { trust: trusted, default: ${isDefault}${door === undefined ? '' : `, door: ${door}`}${heartbeat === undefined ? '' : `, heartbeat: ${heartbeat}`} }
vocabulary: { correction: note.mended${heartbeat === undefined ? '' : ', heartbeat: lab.alive'} }
clauses:
  '1': Every sample is answered in time.
  '2': Every finding is filed within an hour.
events:
  sample.received: { data: { urgency: [now, soon] } }
  sample.answered:
  finding.made:
  finding.filed:
  note.mended:
subjects:
  sample: { opened: sample.received, priority: { field: urgency, setBy: [sample.received] } }
  finding: { opened: finding.made }
obligations:
  answer:
    clauses: ['1']
    party: provider
    subject: sample
    start: sample.received
    stop: sample.answered
    target: { byPriority: { now: PT1S round the clock, soon: ${soon} round the clock } }
    warnings: [50%]
  file:
    clauses: ['2']
    party: client
    subject: finding
    start: finding.made
    stop: finding.filed
    target: PT1H round the clock
${rules}`;
  const contract = valueOf(readContract(`${id}.yaml`, text, new Map([[calendar.id, calendar]])));
  return { contract, text, hash: sha256(text) };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function valueOf<T>(checked: { ok: true; value: T } | { ok: false; problems: readonly object[] }): T {
  if (!checked.ok) throw new Error(JSON.stringify(checked.problems, null, 2));
  return checked.value;
}
