import { formatInstant, parseInstant, readCalendar, type Calendar, type Instant } from '#libs/calendar';
import { readContract, type Contract, type Fact, type JsonObject, type JsonValue } from '#libs/contract';

/** An invented contract with every kind of clock, for specs: a desk that answers tickets, ships orders, reports batches. */
const CALENDAR = `
id: desk-hours
zone: Asia/Shanghai
weekly:
  monday-friday: ['09:00-12:00', '13:30-18:00']
  saturday-sunday: closed
`;

const CONTRACT = `
contract: DESK-1
title: Desk
parties: { client: { name: Buyer }, provider: { name: Desk } }
term: { from: 2026-01-01, to: 2026-12-31, survives: P1Y }
zone: Asia/Shanghai
calendar: desk-hours
sources:
  /desk: { trust: trusted }
  /phone: { trust: trusted }
  /post: { trust: trusted, precision: date }
vocabulary: { correction: fact.corrected }
clauses:
  '1': Tickets are answered and solved in time.
  '1.1': A first answer comes within four working hours.
  '1.2': Every later message is answered within eight working hours.
  '1.3': A ticket is solved within three working days.
  '2': Orders are shipped when promised.
  '3': Every batch is reported.
events:
  ticket.opened: { data: { urgency: [urgent, high, normal], team: text? } }
  ticket.ranked: { data: { urgency: [urgent, high, normal] } }
  ticket.answered:
  ticket.replied:
  ticket.waiting:
  ticket.resumed:
  ticket.solved:
  ticket.reopened:
  ticket.dropped:
  order.placed: { data: { promised: { type: [instant, date], optional: true } } }
  order.promised: { data: { promised: { type: [instant, date] } } }
  order.packed:
  order.unpacked:
  order.shipped:
  batch.closed: { data: { batch: id } }
  report.sent: { data: { batch: id } }
subjects:
  ticket:
    title: Ticket
    opened: ticket.opened
    answered: [ticket.answered, ticket.solved]
    solved: ticket.solved
    reopened: ticket.reopened
    cancelled: ticket.dropped
    priority: { field: urgency, setBy: [ticket.opened, ticket.ranked] }
    dimensions: [team]
  order:
    title: Order
    opened: order.placed
  batch:
    title: Batch
    opened: batch.closed
    key: { batch.closed: batch, report.sent: batch }
obligations:
  answer:
    clauses: ['1', '1.1']
    party: provider
    subject: ticket
    start: ticket.opened
    stop: [ticket.answered, ticket.solved]
    target: { byPriority: { urgent: PT30M round the clock, high: PT2H working time, normal: PT4H working time } }
    reopen: { countedFrom: ticket.solved, within: 7 calendar days, inside: ignore, after: new-instance }
    warnings: [50%, 80%]
  reply:
    clauses: ['1.2']
    party: provider
    subject: ticket
    turns: each-turn
    start: { on: ticket.replied, where: case.answered && !case.solved && !case.cancelled }
    stop: [ticket.answered, ticket.solved]
    target: PT8H working time
  solve:
    clauses: ['1.3']
    party: provider
    subject: ticket
    start: ticket.opened
    stop: ticket.solved
    pause: ticket.waiting
    resume: ticket.resumed
    target: { byPriority: { urgent: PT24H round the clock, high: 1 working day, normal: 3 working days } }
    reopen: { countedFrom: ticket.solved, within: 7 calendar days, inside: continue, after: new-instance }
    overdueIn: working-days
    warnings: [PT4H]
  ship:
    clauses: ['2']
    party: provider
    subject: order
    start: order.placed
    stop: order.shipped
    target: { dueField: promised, setBy: [order.placed, order.promised], counting: working time }
    warnings: [PT2H]
  pack:
    clauses: ['2']
    party: provider
    subject: order
    start: order.placed
    stop: order.packed
    reset: order.unpacked
    target: PT2H round the clock
    grace: PT10M
  report:
    clauses: ['3']
    party: client
    subject: batch
    start: batch.closed
    stop: report.sent
    target: 10 calendar days
`;

export const deskHours: Calendar = read(readCalendar('desk-hours.yaml', CALENDAR));
export const desk: Contract = readDesk(CONTRACT);

/** The same desk, whose own facts come through the door `shop`; the phone, which reports batches, promises a heartbeat. */
export const deskBehindDoor: Contract = readDesk(
  CONTRACT.replace('/desk: { trust: trusted }', '/desk: { trust: trusted, door: shop }')
    .replace('/phone: { trust: trusted }', '/phone: { trust: trusted, heartbeat: PT5M, sends: report.sent }')
    .replace('correction: fact.corrected', 'correction: fact.corrected, heartbeat: source.alive'),
);

/** The same desk, which promises a heartbeat every five minutes; what else its source says, and rules beside its own. */
export function deskOnLine(source = '', rules = ''): Contract {
  return readDesk(
    `${CONTRACT.replace('/desk: { trust: trusted }', `/desk: { trust: trusted, heartbeat: PT5M${source} }`).replace(
      'correction: fact.corrected',
      'correction: fact.corrected, heartbeat: source.alive',
    )}${rules}`,
  );
}

function readDesk(text: string): Contract {
  return read(readContract('desk.yaml', text, new Map([[deskHours.id, deskHours]])));
}

export function read<T>(checked: { ok: true; value: T } | { ok: false; problems: readonly object[] }): T {
  if (!checked.ok) throw new Error(JSON.stringify(checked.problems, null, 2));
  return checked.value;
}

/** `03-02 10:00` or `03-02 10:00:30` of 2026 on the clocks of the desk. */
export function at(local: string): Instant {
  const [date, time = '00:00'] = local.split(' ');
  const found = parseInstant(`2026-${date}T${time.length === 5 ? `${time}:00` : time}+08:00`);
  if (found === undefined) throw new Error(`'${local}' is no local time such as 03-02 10:00`);
  return found;
}

/** A fact of the desk; what is not given is ordinary. */
export function aFact(given: {
  readonly id: string;
  readonly type: string;
  readonly occurredAt: Instant;
  readonly subject?: string;
  readonly source?: string;
  readonly sequence?: string;
  readonly appendedAt?: Instant;
  readonly data?: JsonObject;
  readonly contract?: Contract;
}): Fact {
  const {
    id,
    type,
    occurredAt,
    sequence,
    appendedAt = occurredAt,
    source = '/desk',
    data = {},
    contract = desk,
  } = given;
  const subject = type === contract.vocabulary.correction ? undefined : (given.subject ?? 'T-1');
  const contentHash = JSON.stringify([type, subject ?? null, occurredAt, data]);
  return { contract: contract.id, source, id, type, subject, occurredAt, appendedAt, sequence, data, contentHash };
}

/**
 * One fact a line: `03-02 10:00 ticket.opened urgency=normal`, time on the clocks of the desk, type, data. Ids are f1, f2 …
 * in the order of the lines; `id=`, `of=T-2` (the subject), `from=/post` (a source) and `came=03-03T10:00` (when it was
 * appended) say otherwise. Data may be written as JSON.
 */
export function facts(lines: readonly string[], contract: Contract = desk): Fact[] {
  return lines.map((line, index) => {
    const [date = '', time = '', type = '', ...pairs] = line.split(' ');
    const fields: JsonObject = Object.fromEntries(
      pairs.map((pair) => {
        const [name = '', value = ''] = pair.split(/=(.*)/);
        return [name, /^[{[]/.test(value) ? (JSON.parse(value) as JsonValue) : value];
      }),
    );
    const { from, of, id = `f${index + 1}`, came = `${date}T${time}`, ...data } = fields;
    return aFact({
      id: String(id),
      type,
      occurredAt: at(`${date} ${time}`),
      appendedAt: at(String(came).replace('T', ' ')),
      source: typeof from === 'string' ? from : '/desk',
      ...(typeof of === 'string' ? { subject: of } : {}),
      contract,
      data,
    });
  });
}

/** `03-02 10:00` on the clocks of the desk, with seconds where there are any; a dash for none. */
export function local(instant: Instant | null): string {
  if (instant === null) return '-';
  const text = formatInstant(instant + 8 * 3_600_000);
  return `${text.slice(5, 10)} ${text.slice(11, text.endsWith(':00Z') ? 16 : 19)}`;
}
