import { readCalendar } from '#libs/calendar';
import { readContract, type Contract } from '#libs/contract';

/** An invented contract on money, for specs: one clock that costs, a standard, caps, a right, and the life of statements. */
const CALENDAR = `
id: shop-hours
zone: Asia/Shanghai
weekly:
  monday-friday: ['09:00-18:00']
  saturday-sunday: closed
`;

const CONTRACT = `
contract: SHOP-1
title: Shop
parties: { client: { name: Owner }, provider: { name: Keeper } }
term: { from: 2026-01-01, to: 2026-12-31 }
zone: Asia/Shanghai
calendar: shop-hours
currency: CNY
fees: [{ from: 2026-01-01, amount: '10000.00' }]
sources:
  /till: { trust: trusted, delay: P2D, default: true }
  /owner: { trust: asserted, party: client }
  /keeper: { trust: asserted, party: provider }
  /judge: { trust: trusted, arbiter: true }
vocabulary: { correction: fact.corrected }
clauses: { '1': Orders are sent within a day., '2': Most are., '9': Caps. }
events:
  order.placed:
  order.sent:
  fact.corrected:
  waiver.agreed: { data: { instance: id } }
  waiver.revoked: { data: { instance: id } }
  statement.disputed: { data: { cycle: month, line: { type: [id, integer] }, reason: text? } }
  dispute.decided:
    data: { dispute: id, outcome: [upheld, waived, adjusted], amount: { type: amount, requiredWhen: { outcome: adjusted } } }
  statement.signed: { data: { cycle: month, revision: { type: integer, from: 1 } } }
subjects: { order: { opened: order.placed } }
obligations:
  dispatch:
    clauses: ['1']
    party: provider
    subject: order
    start: order.placed
    stop: order.sent
    target: PT24H round the clock
    remedies:
      - { remedy: per-breach, sum: '100.00' }
      - { remedy: per-day-late, sum: '10.00', unit: calendar-days, counted: started, cap: '200.00' }
standards:
  dispatched:
    clauses: ['2']
    party: provider
    every: month
    measure: { figure: share-met, instancesOf: dispatch, placedBy: due, cancelled: excluded, undecided: leave-out }
    target: at least 90%
    remedies: [{ remedy: fee-share, sum: 5% }]
excuses:
  waivers: { agreed: waiver.agreed, revoked: waiver.revoked, instance: instance }
limits:
  - { id: cap-cycle, kind: cap, clause: '9', party: provider, over: cycle, sum: 8% }
statements:
  disputed: statement.disputed
  decided: dispute.decided
  signed: statement.signed
  finalAfter: 10 working days
rights:
  missed-twice:
    right: terminate
    clause: '9'
    party: client
    when: { after: missed-running, standards: [dispatched], periods: 2 }
`;

const hours = readCalendar('shop-hours.yaml', CALENDAR);
if (!hours.ok) throw new Error('the calendar of the specs is broken');
const read = readContract('shop.yaml', CONTRACT, new Map([[hours.value.id, hours.value]]));
if (!read.ok) throw new Error(read.problems.map(({ line, message }) => `${line}: ${message}`).join('\n'));

export const shop: Contract = read.value;
