import { formatInstant } from '#libs/calendar';
import { readContract, type Contract } from '#libs/contract';
import type { ContractVersions } from '../src/contract-versions.js';
import { evaluateFacts } from '../src/fact-set.js';
import type { Verdict } from '../src/verdict.js';
import { at, deskHours, facts, local, read } from './desk.js';

/**
 * An invented contract with everything that lies beside the clocks of a case, for specs: duties of every kind, prohibitions,
 * exemptions, waivers, waits for the other party, an agreed window, sources that may be late. On the calendar of the desk.
 */
const CONTRACT = `
contract: CARE-1
title: Care
parties: { client: { name: Buyer }, provider: { name: Carer } }
term: { from: 2026-01-01, to: 2026-06-30, survives: P1Y }
zone: Asia/Shanghai
calendar: desk-hours
currency: CNY
cycle: { every: month, startsOn: 1 }
sources:
  /desk: { trust: trusted, delay: PT10M }
  /post: { trust: trusted, precision: date }
  /court: { trust: trusted, delay: PT10M, arbiter: true }
  /ours: { trust: asserted, party: provider, delay: 1 working day }
  /theirs: { trust: asserted, party: client, delay: 1 working day }
vocabulary: { correction: fact.corrected }
clauses:
  '1': Jobs are answered and done in time.
  '2': The buyer supplies what is asked for.
  '3': The carer reports and surveys.
  '4': The buyer pays.
  '5': Secrets are kept.
events:
  job.opened: { data: { urgency: [high, normal] } }
  job.ranked: { data: { urgency: [high, normal] } }
  job.answered:
  job.waiting:
  job.resumed:
  job.done:
  job.reopened:
  job.dropped:
  job.rated: { data: { score: number } }
  supply.asked: { data: { for: { type: list of id, optional: true } } }
  supply.given:
  report.sent: { data: { period: month, kind: [monthly, other] } }
  survey.closed: { data: { quarter: quarter } }
  bill.received: { data: { cycle: month, amount: amount } }
  money.received: { data: { cycle: month, amount: amount } }
  secret.told: { data: { by: [client, provider] } }
  law.broken: { data: { by: [client, provider] } }
  rating.given: { data: { score: number } }
  notice.served: { data: { about: id, kind: text? } }
  excuse.claimed: { data: { begins: instant, ends: instant, affects: list of id } }
  excuse.accepted: { data: { begins: instant, ends: instant, affects: list of id } }
  excuse.rejected: { data: { begins: instant, ends: instant, affects: list of id } }
  breach.forgiven: { data: { instance: id } }
  breach.recalled: { data: { instance: id } }
  evidence.accepted: { data: { fact: { fields: { source: id, id: id } } } }
  evidence.rejected: { data: { fact: { fields: { source: id, id: id } } } }
subjects:
  job:
    title: Job
    opened: job.opened
    answered: [job.answered, job.done]
    solved: job.done
    reopened: job.reopened
    cancelled: job.dropped
    priority: { field: urgency, setBy: [job.opened, job.ranked] }
  request:
    title: Request
    opened: supply.asked
obligations:
  answer:
    clauses: ['1']
    party: provider
    subject: job
    start: job.opened
    stop: [job.answered, job.done]
    target: PT4H working time
  finish:
    clauses: ['1']
    party: provider
    subject: job
    start: job.opened
    stop: job.done
    pause: job.waiting
    resume: job.resumed
    target: { byPriority: { high: PT24H round the clock, normal: 3 working days } }
    reopen: { countedFrom: job.done, within: 7 calendar days, inside: continue, after: new-instance }
    material:
      notice: { on: notice.served, where: "!has(data.kind) || data.kind != 'reminder'", about: about }
      within: 2 working days
  supply:
    clauses: ['2']
    party: client
    subject: request
    start: supply.asked
    stop: supply.given
    target: 2 working days
duties:
  report:
    clauses: ['3']
    party: provider
    every: month
    opens: period end
    within: 5 working days ending at 24:00
    fulfilledBy: { on: report.sent, where: data.kind == 'monthly', period: period }
    overdueIn: calendar-days
  survey:
    clauses: ['3']
    party: provider
    every: quarter
    opens: period start
    fulfilledBy: { on: survey.closed, period: quarter }
  fee:
    clauses: ['4']
    party: client
    every: cycle
    opens: { on: bill.received, period: cycle, amount: amount }
    within: 15 calendar days
    fulfilledBy: { on: money.received, period: cycle, amount: amount }
prohibitions:
  secrecy:
    clauses: ['5']
    party: { field: by }
    on: secret.told
    survives: P1Y
  lawfulness:
    clauses: ['5']
    party: { field: by, only: provider }
    on: law.broken
excuses:
  exemptions:
    claimed: excuse.claimed
    accepted: excuse.accepted
    rejected: excuse.rejected
    from: begins
    to: ends
    affects: affects
    notice: 5 calendar days
  waivers: { agreed: breach.forgiven, revoked: breach.recalled, instance: instance }
  evidence: { accepted: evidence.accepted, rejected: evidence.rejected, fact: fact }
  waits:
    - { lateWith: supply, standstill: [finish], subjects: { field: for } }
  windows:
    upgrade:
      affects: [answer]
      dated: [{ from: '2026-04-01T10:00:00+08:00', to: '2026-04-01T11:00:00+08:00' }]
`;

const calendars = new Map([[deskHours.id, deskHours]]);
export const care: Contract = read(readContract('care.yaml', CONTRACT, calendars));

/** With rules beside its own; as a second version where it is in force from a later date. */
export function careWith(rules: string, inForceFrom?: string): Contract {
  const amended = `contract: CARE-1\nversion: 2\ninForceFrom: ${inForceFrom ?? ''}`;
  const text = inForceFrom === undefined ? CONTRACT : CONTRACT.replace('contract: CARE-1', amended);
  return read(readContract('care.yaml', `${text}${rules}`, calendars));
}

/** With a second version from an instant, in which what is changed reads otherwise. */
export function careAmended(
  from: string,
  ...changes: readonly (readonly [is: string, becomes: string])[]
): ContractVersions {
  let text = CONTRACT.replace('contract: CARE-1', `contract: CARE-1\nversion: 2\ninForceFrom: ${from}`);
  for (const [is, becomes] of changes) {
    if (!text.includes(is)) throw new Error(`the contract does not say '${is}'`);
    text = text.replace(is, becomes);
  }
  return [care, read(readContract('care-2.yaml', text, calendars))];
}

/** `2026-01#1 met, due 02-07 00:00, stopped 02-03 10:00, took P2D, late P0D` of every instance; a dash where there is none. */
export function outcomes(
  rule: string,
  lines: readonly string[],
  asOf: string,
  versions: ContractVersions = [care],
): string[] {
  return verdictsOf(rule, lines, asOf, versions).map(
    ({ subject, instance, state, dueAt, stoppedAt, elapsed, overdueBy }) => {
      const [due, stopped] = [local(dueAt), local(stoppedAt)];
      return `${subject}#${instance} ${state}, due ${due}, stopped ${stopped}, took ${elapsed ?? '-'}, late ${overdueBy}`;
    },
  );
}

export function verdictsOf(
  rule: string,
  lines: readonly string[],
  asOf: string,
  versions: ContractVersions = [care],
): Verdict[] {
  return evaluateFacts(versions, facts(lines, care), at(asOf))
    .map(({ verdict }) => verdict)
    .filter((verdict) => verdict.obligation === rule);
}

/** A claim of the carer and what the buyer says of it, over a span on the clocks of the desk. */
export function exemption(affects: string, begins: string, ends: string, ...said: readonly string[]): string[] {
  const [day, hour] = begins.split(' ');
  const data = `of=E-1 begins=${instant(begins)} ends=${instant(ends)} affects=["${affects}"]`;
  return [`${day} ${hour} excuse.claimed from=/ours ${data}`, ...said.map((line) => `${line} ${data}`)];
}

function instant(text: string): string {
  return formatInstant(at(text));
}
