import { formatInstant, parseInstant, type Calendar, type Instant } from '#libs/calendar';
import type { JsonObject } from '#libs/contract';
import { Random } from './random.js';

/** One line of the sample traffic, and when it reaches the stream. */
interface TrafficLine {
  readonly at: Instant;
  readonly text: string;
}

export interface Traffic {
  readonly from: Instant;
  readonly to: Instant;
  /** In order of arrival. */
  readonly lines: readonly TrafficLine[];
  /** Verdict ids of the breaches put in on purpose; each must be decided and delivered. */
  readonly planted: readonly string[];
  /** Of these, the ones that late evidence takes back. */
  readonly withdrawn: readonly string[];
}

export interface TrafficRequest {
  readonly seed: number;
  readonly contract: string;
  readonly office: Calendar;
  readonly staffed: Calendar;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** May 2026: five days of holiday at its start and a make-up working day on Saturday the 9th. */
const FROM = parseInstant('2026-05-01T00:00:00+08:00')!;
const TO = parseInstant('2026-06-01T00:00:00+08:00')!;
const DAYS = 31;

type Priority = 'urgent' | 'high' | 'normal';

/**
 * A month of a small service desk: inquiries, complaints, requests between the parties, most of it kept, some breaches put in on
 * purpose, with the disturbances of a real stream: repeated, reordered, late, corrected and broken lines.
 * The same seed gives the same traffic.
 */
export function makeTraffic(request: TrafficRequest): Traffic {
  const desk = new Desk(request);
  for (let day = 0; day < DAYS; day++) desk.workDay(FROM + day * DAY);
  desk.reports();
  desk.dealings();
  desk.heartbeats();
  return desk.traffic();
}

class Desk {
  private readonly random: Random;
  private readonly lines: TrafficLine[] = [];
  private readonly planted: string[] = [];
  private readonly withdrawn: string[] = [];
  private readonly numbers = new Map<string, number>();

  constructor(private readonly request: TrafficRequest) {
    this.random = new Random(request.seed);
  }

  workDay(morning: Instant): void {
    const { random } = this;
    for (let left = random.between(6, 10); left > 0; left--) this.inquiry(morning + this.hours(8, 23));
    for (let left = random.between(2, 5); left > 0; left--) this.complaint(morning + this.hours(8, 20));
  }

  /** What is owed once a month or a quarter, in time, from the start of the term on. */
  reports(): void {
    const report = (at: string, kind: string, period: string) =>
      this.send(parseInstant(at)!, 'report.submitted', `REP-${period}`, { kind, period }, '/provider/ops');
    report('2026-02-04T10:00:00+08:00', 'monthly', '2026-01');
    report('2026-03-04T10:00:00+08:00', 'monthly', '2026-02');
    report('2026-04-03T10:00:00+08:00', 'monthly', '2026-03');
    report('2026-04-10T10:00:00+08:00', 'research', '2026-Q1');
    report('2026-05-09T10:00:00+08:00', 'monthly', '2026-04');
    const closed = parseInstant('2026-03-20T17:00:00+08:00')!;
    this.send(closed, 'survey.round_closed', 'S-0', { round: 'S-0', quarter: '2026-Q1' }, '/platform/survey');
    this.send(closed + 6 * DAY, 'proposal.submitted', 'P-0', { round: 'S-0' }, '/provider/ops');
  }

  /** What the parties owe each other beside the daily work: one of each late. */
  dealings(): void {
    const { office } = this.request;
    const morning = (day: number, hour: number) => FROM + (day - 1) * DAY + hour * HOUR;
    const inDays = (from: Instant, count: number) =>
      office.endOfPeriod({ from, count, unit: 'working-days', endsAt: 'close' });

    const first = morning(6, 10);
    this.send(first, 'rectification.requested', 'R-1', { ground: '5.1.2' }, '/client/ops');
    this.send(inDays(first, 2) - 3 * HOUR, 'rectification.planned', 'R-1', {}, '/provider/ops');
    this.send(inDays(first, 10) - 5 * HOUR, 'rectification.completed', 'R-1', {}, '/provider/ops');
    const second = morning(12, 15);
    this.send(second, 'rectification.requested', 'R-2', { ground: '5.1.3' }, '/client/ops');
    this.send(inDays(second, 2) + 20 * HOUR, 'rectification.planned', 'R-2', {}, '/provider/ops');
    this.plant('rectification-plan', 'R-2', inDays(second, 2));
    this.send(inDays(second, 10) - 30 * HOUR, 'rectification.completed', 'R-2', {}, '/provider/ops');

    const asked = morning(7, 9);
    this.send(asked, 'data.requested', 'D-1', {}, '/provider/ops');
    this.send(inDays(asked, 3) - HOUR, 'data.provided', 'D-1', {}, '/client/ops');
    const again = morning(18, 11);
    this.send(again, 'data.requested', 'D-2', {}, '/provider/ops');
    this.send(inDays(again, 3) + 50 * HOUR, 'data.provided', 'D-2', {}, '/client/ops');
    this.plant('data-provision', 'D-2', inDays(again, 3));

    const closed = morning(8, 17);
    this.send(closed, 'survey.round_closed', 'S-1', { round: 'S-1', quarter: '2026-Q2' }, '/platform/survey');
    this.send(inDays(closed, 10) - 26 * HOUR, 'proposal.submitted', 'P-1', { round: 'S-1' }, '/provider/ops');
  }

  /** The sources say that they are alive: so the clock of the contract goes on in the night, too. */
  heartbeats(): void {
    for (let at = FROM; at <= TO; at += HOUR) this.send(at, 'source.heartbeat', undefined, {}, '/platform/crm');
    // Broken lines are kept and shown, not lost.
    this.lines.push({ at: FROM + 9 * DAY, text: '{"specversion":"1.0","id":"broken-1","source":"/platform/crm",' });
    this.send(FROM + 11 * DAY, 'complaint.opened', 'C-broken', { priority: 'blocker' }, '/platform/crm', 'broken-2');
  }

  traffic(): Traffic {
    const lines = this.lines.filter(({ at }) => at <= TO).sort((a, b) => a.at - b.at);
    return { from: FROM, to: TO, lines, planted: this.planted, withdrawn: this.withdrawn };
  }

  private inquiry(opened: Instant): void {
    const { random } = this;
    const { staffed } = this.request;
    const subject = this.subject('Q', opened);
    const after = (seconds: number) => staffed.addWorkingTime(opened, seconds * SECOND);
    this.send(opened, 'inquiry.opened', subject, { channel: random.pick(['app', 'web', 'phone']) }, '/platform/chat');
    const fate = random.next();
    if (fate < 0.03) {
      // Answered too late, or (every third) never.
      if (!random.chance(0.33)) this.chat(after(random.between(40, 600)), 'inquiry.responded', subject);
      this.plant('inquiry-first-response', subject, after(30));
    } else if (fate < 0.04) {
      // Answered in time, but the answer reaches us eight minutes late, as its source may: the breach is declared and taken back.
      const late = after(random.between(5, 20));
      this.chat(late, 'inquiry.responded', subject, late + 8 * MINUTE);
      this.plant('inquiry-first-response', subject, after(30));
      this.withdrawn.push(this.id('inquiry-first-response', subject));
    } else if (fate < 0.08) {
      this.chat(after(random.between(6, 25)), 'inquiry.abandoned', subject);
    } else {
      const answered = after(random.between(2, 26));
      this.chat(answered, 'inquiry.responded', subject);
      // At least once is what platforms promise.
      if (random.chance(0.05)) this.repeatLast();
      this.chat(answered + random.between(2, 30) * MINUTE, 'inquiry.closed', subject);
    }
  }

  private complaint(opened: Instant): void {
    const { random } = this;
    const subject = this.subject('C', opened);
    const priority = random.pick<Priority>(['urgent', 'high', 'normal', 'normal', 'normal']);
    this.crm(opened, 'complaint.opened', subject, {
      channel: random.pick(['app', 'web', 'phone']),
      priority,
      category: random.pick(['delivery', 'quality', 'refund', 'invoice']),
    });
    const fate = random.next();
    if (fate < 0.03) {
      this.crm(this.responseDue(opened, priority) - MINUTE, 'complaint.cancelled', subject, { reason: 'customer' });
      return;
    }
    const answered =
      fate < 0.08
        ? this.responseDue(opened, priority) + random.between(1, 90) * MINUTE
        : this.shareOf(opened, this.responseDue(opened, priority), random.between(5, 75));
    this.crm(answered, 'complaint.responded', subject);
    if (fate < 0.08) this.plant('complaint-first-response', subject, this.responseDue(opened, priority));
    const due = this.solutionDue(opened, priority);
    const solved =
      fate > 0.95
        ? Math.max(due, answered) + random.between(1, 60) * HOUR
        : this.shareOf(answered, Math.max(due, answered + 2), random.between(10, 70));
    if (fate > 0.95) this.plant('complaint-resolution', subject, due);
    else if (answered >= due) throw new Error(`sample traffic: ${subject} is answered after its solution is due`);
    else if (random.chance(0.3)) this.conversation(subject, answered, solved);
    this.crm(solved, 'complaint.resolved', subject);
    this.crm(solved + DAY, 'complaint.closed', subject);
    if (fate > 0.5 && fate < 0.53) this.correction(subject, solved);
  }

  /** The customer writes again and is answered at once; in between the case waits for the customer. */
  private conversation(subject: string, from: Instant, to: Instant): void {
    const step = (to - from) / 5;
    if (step < 4 * SECOND) return;
    const at = (part: number) => Math.floor(from + part * step);
    this.crm(at(1), 'complaint.waiting', subject, { on: 'customer' });
    this.crm(at(2), 'complaint.customer_replied', subject);
    this.crm(at(2) + SECOND, 'complaint.resumed', subject);
    this.crm(at(3), 'complaint.responded', subject);
  }

  /** A message booked on the wrong case is withdrawn. */
  private correction(subject: string, solved: Instant): void {
    const id = this.crm(solved + 2 * HOUR, 'complaint.reopened', subject);
    this.crm(solved + 3 * HOUR, 'fact.corrected', undefined, { corrects: id, action: 'withdraw' });
  }

  private responseDue(opened: Instant, priority: Priority): Instant {
    const { office } = this.request;
    if (priority === 'urgent') return opened + 30 * MINUTE;
    return office.addWorkingTime(opened, (priority === 'high' ? 2 : 4) * HOUR);
  }

  private solutionDue(opened: Instant, priority: Priority): Instant {
    if (priority === 'urgent') return opened + DAY;
    const count = priority === 'high' ? 1 : 3;
    return this.request.office.endOfPeriod({ from: opened, count, unit: 'working-days', endsAt: 'close' });
  }

  private shareOf(from: Instant, to: Instant, percent: number): Instant {
    return from + Math.floor(((to - from) * percent) / 100);
  }

  private hours(from: number, to: number): number {
    return wholeSecond(this.random.between(from * HOUR, to * HOUR - 1));
  }

  private subject(letter: string, at: Instant): string {
    const name = `${letter}${formatInstant(at).slice(5, 7)}`;
    const number = (this.numbers.get(name) ?? 0) + 1;
    this.numbers.set(name, number);
    return `${name}-${String(number).padStart(4, '0')}`;
  }

  private id(obligation: string, subject: string): string {
    return `${this.request.contract}/${obligation}/${subject}/1`;
  }

  /** What falls due after the month is over is not decided within it. */
  private plant(obligation: string, subject: string, due: Instant): void {
    if (due < TO) this.planted.push(this.id(obligation, subject));
  }

  private crm(at: Instant, type: string, subject: string | undefined, data: JsonObject = {}): string {
    return this.send(at, type, subject, data, '/platform/crm');
  }

  private chat(at: Instant, type: string, subject: string, arrives = at): void {
    this.send(at, type, subject, {}, '/platform/chat', undefined, arrives);
  }

  private repeatLast(): void {
    const last = this.lines[this.lines.length - 1]!;
    this.lines.push({ ...last, at: last.at + SECOND });
  }

  private send(
    exact: Instant,
    type: string,
    subject: string | undefined,
    data: JsonObject,
    source: string,
    id = `demo-${this.lines.length + 1}`,
    arriving = exact,
  ): string {
    // A platform that tells time by whole seconds.
    const at = wholeSecond(exact);
    const arrives = wholeSecond(arriving);
    const event = {
      specversion: '1.0',
      id,
      source,
      type,
      ...(subject === undefined ? {} : { subject }),
      time: formatInstant(at),
      contractid: this.request.contract,
      ...(arrives === at ? {} : { appendedtime: formatInstant(arrives) }),
      data,
    };
    this.lines.push({ at: arrives, text: JSON.stringify(event) });
    return id;
  }
}

function wholeSecond(at: Instant): Instant {
  return at - (at % SECOND);
}
