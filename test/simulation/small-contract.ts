import { createHash } from 'node:crypto';
import { homePartition } from '#libs/bus';

/** A file as it is published. */
export interface PublishedFile {
  readonly text: string;
  readonly hash: string;
}

function file(text: string): PublishedFile {
  return { text, hash: createHash('sha256').update(text).digest('hex') };
}

function hoursThrough(lastYear: number): PublishedFile & { readonly id: string } {
  const text = `id: hours
zone: Asia/Shanghai
years: { first: 2025, last: ${lastYear} }
weekly:
  monday-friday: ['09:00-12:00', '13:30-18:00']
  saturday-sunday: closed
`;
  return { id: 'hours', ...file(text) };
}

/** The calendar that a version is published with. What the first promises beyond its years cannot be judged; the second can. */
export const hours = { 1: hoursThrough(2026), 2: hoursThrough(2028) };

/** The source whose records need not name their contract, where the contract says so. */
export const COUNTER = '/counter';
export const PHONE = '/phone';
export const POST = '/post';
export const ARBITER = '/arbiter';
/** Each party speaks for itself, and has two hours to do so. */
export const SHOP = '/shop';
export const WORKS = '/works';

/** How much of a contract there is. */
export interface Extent {
  readonly isDefault: boolean;
  readonly hasMoney: boolean;
  /** Local dates, and the days of the window in which jobs taken up in time are counted. */
  readonly from: string;
  readonly to: string;
  readonly window: number;
}

/**
 * Every kind of clock that the language has, in one small contract: jobs, deliveries, lots, parts, reports and bills, all that
 * may excuse them; of one that has money what it costs, too: a cycle ends in the first night. The second version gives other
 * times, and another sum.
 */
export function smallContract(id: string, version: 1 | 2, extent: Extent): PublishedFile {
  const { isDefault, hasMoney, from, to, window } = extent;
  const costs = (lines: string): string => (hasMoney ? lines : '');
  const [urgent, delivery, fine] = version === 1 ? ['PT20M', 'PT3H', '30.00'] : ['PT35M', 'PT5H', '40.00'];
  return file(`contract: ${id}
version: ${version}
parties: { client: { name: Shop }, provider: { name: Works } }
term: { from: ${from}, to: ${to}, survives: P1Y }
zone: Asia/Shanghai
calendar: hours
${costs(`currency: CNY
cycle: { every: month, startsOn: 3 }
fees: [{ from: ${from}, amount: '2000.00' }]
`)}sources:
  ${COUNTER}: { trust: trusted, default: ${isDefault} }
  ${PHONE}: { trust: trusted }
  ${POST}: { trust: trusted, precision: date }
  ${ARBITER}: { trust: trusted, arbiter: true }
  ${SHOP}: { trust: asserted, party: client, delay: PT2H }
  ${WORKS}: { trust: asserted, party: provider, delay: PT2H }
vocabulary: { correction: entry.mended }
clauses:
  '1': Every job is taken up in time.
  '2': Every job is done in time.
  '3': Every question is answered.
  '4': Deliveries come when promised.
  '5': Lots are counted.
  '6': The shop gives the parts that are asked for.
  '7': Each month is reported and paid.
  '8': What it costs is limited.
events:
  job.came: { data: { rank: [now, soon, later], shift: text? } }
  job.ranked: { data: { rank: [now, soon, later] } }
  job.taken:
  job.asked:
  job.held:
  job.freed:
  job.done:
  job.back:
  job.dropped:
  goods.ordered: { data: { by: { type: [instant, date], optional: true } } }
  goods.promised: { data: { by: { type: [instant, date] } } }
  goods.loaded:
  goods.unloaded:
  goods.came:
  lot.closed: { data: { lot: id } }
  lot.counted: { data: { lot: id } }
  parts.asked: { data: { for: { type: list of id, optional: true } } }
  parts.given:
  report.sent: { data: { period: month } }
  bill.sent: { data: { period: month } }
  bill.paid: { data: { period: month } }
  excuse.claimed: { data: { begins: instant, ends: instant, affects: list of id } }
  excuse.accepted: { data: { begins: instant, ends: instant, affects: list of id } }
  excuse.rejected: { data: { begins: instant, ends: instant, affects: list of id } }
  breach.forgiven: { data: { instance: id } }
  breach.recalled: { data: { instance: id } }
  proof.accepted: { data: { fact: { fields: { source: id, id: id } } } }
  proof.rejected: { data: { fact: { fields: { source: id, id: id } } } }
${costs(`  account.doubted: { data: { cycle: month, line: { type: [id, integer] } } }
  account.settled:
    data: { dispute: id, outcome: [upheld, waived, adjusted], amount: { type: amount, requiredWhen: { outcome: adjusted } } }
  account.signed: { data: { cycle: month, revision: integer } }
  notice.served: { data: { about: id } }
`)}subjects:
  job:
    title: Job
    opened: job.came
    answered: [job.taken, job.done]
    solved: job.done
    reopened: job.back
    cancelled: job.dropped
    priority: { field: rank, setBy: [job.came, job.ranked] }
    dimensions: [shift]
  goods:
    title: Goods
    opened: goods.ordered
  lot:
    title: Lot
    opened: lot.closed
    key: { lot.closed: lot, lot.counted: lot }
  parts:
    title: Parts
    opened: parts.asked
obligations:
  take:
    clauses: ['1']
    party: provider
    subject: job
    start: job.came
    stop: [job.taken, job.done]
    target: { byPriority: { now: ${urgent} round the clock, soon: PT2H working time, later: PT5H working time } }
    reopen: { countedFrom: job.done, within: 5 calendar days, inside: ignore, after: new-instance }
    warnings: [50%, 90%]
${costs(`    remedies: [{ remedy: per-breach, sum: '${fine}', byPriority: { now: '50.00' } }]
`)}  say:
    clauses: ['3']
    party: provider
    subject: job
    turns: each-turn
    start: { on: job.asked, where: case.answered && !case.solved && !case.cancelled }
    stop: [job.taken, job.done]
    target: PT6H working time
  do:
    clauses: ['2']
    party: provider
    subject: job
    start: job.came
    stop: job.done
    pause: job.held
    resume: job.freed
    target: { byPriority: { now: PT10H round the clock, soon: 1 working day, later: 3 working days } }
    reopen: { countedFrom: job.done, within: 5 calendar days, inside: continue, after: new-instance }
    warnings: [PT3H]
    overdueIn: working-days
${costs(`    remedies: [{ remedy: per-day-late, sum: '10.00', unit: working-days, counted: started, cap: '60.00' }]
`)}  bring:
    clauses: ['4']
    party: provider
    subject: goods
    start: goods.ordered
    stop: goods.came
    target: { dueField: by, setBy: [goods.ordered, goods.promised], counting: working time }
    warnings: [PT1H]
  load:
    clauses: ['4']
    party: provider
    subject: goods
    start: goods.ordered
    stop: goods.loaded
    reset: goods.unloaded
    target: ${delivery} round the clock
    grace: PT5M
${costs(`    remedies: [{ remedy: per-unit-late, sum: '5.00', unit: hours, counted: completed, cap: '45.00' }]
`)}  count:
    clauses: ['5']
    party: client
    subject: lot
    start: lot.closed
    stop: lot.counted
    target: 4 calendar days
${costs(`    remedies: [{ remedy: per-breach, sum: 1% }]
`)}  supply:
    clauses: ['6']
    party: client
    subject: parts
    start: parts.asked
    stop: parts.given
    target: PT1H round the clock
duties:
  report:
    clauses: ['7']
    party: provider
    every: month
    opens: period end
    within: 2 working days
    fulfilledBy: { on: report.sent, period: period }
${costs(`    remedies: [{ remedy: per-day-late, sum: '8.00', unit: calendar-days, counted: started }]
`)}  pay:
    clauses: ['7']
    party: client
    every: month
    opens: { on: bill.sent, period: period }
    within: 2 calendar days
    fulfilledBy: { on: bill.paid, period: period }
standards:
  taken-rate:
    clauses: ['1']
    party: provider
    rolling: ${window} days
    measure: { figure: share-met, instancesOf: take, placedBy: start, cancelled: excluded, undecided: wait }
    target: at least 60%
  done-rate:
    clauses: ['2']
    party: provider
    every: month
    measure: { figure: share-met, instancesOf: do, placedBy: due, cancelled: missed, undecided: leave-out }
    target: at least ${version === 1 ? 60 : 70}%
${costs(`    remedies:
      combine: all
      of:
        - { remedy: tier, tiers: [{ below: 60%, sum: 2% }, { below: 30%, sum: 4% }] }
      earnBack: { periods: 1 }
`)}  questions:
    clauses: ['3']
    party: client
    every: month
    measure: { figure: count, of: job.asked }
    target: at most 12
${costs(`    remedies: [{ remedy: per-step, step: '1', sum: '3.00', counted: started }]
`)}excuses:
  exemptions:
    claimed: excuse.claimed
    accepted: excuse.accepted
    rejected: excuse.rejected
    from: begins
    to: ends
    affects: affects
  waivers: { agreed: breach.forgiven, revoked: breach.recalled, instance: instance }
  evidence: { accepted: proof.accepted, rejected: proof.rejected, fact: fact }
  waits:
    - { lateWith: supply, standstill: [do], subjects: { field: for } }
${costs(`limits:
  - { id: cap-cycle, kind: cap, clause: '8', party: provider, over: cycle, sum: 7% }
  - { id: cap-contract, kind: cap, clause: '8', party: provider, over: contract, sum: '300.00' }
statements:
  disputed: account.doubted
  decided: account.settled
  signed: account.signed
  finalAfter: 3 working days
rights:
  capped: { right: terminate, clause: '8', party: client, when: { after: capped, limit: cap-cycle, times: 1, of: 2 } }
  broken: { right: terminate, clause: '8', party: client, when: { after: breaches, rules: [take, do, load], times: 3 } }
  uncured:
    right: terminate
    clause: '8'
    party: client
    when: { after: uncured, rule: load, notice: { on: notice.served, about: about }, within: 1 calendar day }
`)}`);
}

/** The first ids that live in these partitions, in their order. */
export function idsAt(partitions: readonly number[], of: number): string[] {
  const ids: string[] = [];
  let n = 0;
  for (const partition of partitions) {
    while (homePartition(`WORKS-${++n}`, of) !== partition);
    ids.push(`WORKS-${n}`);
  }
  return ids;
}
