import type { Instant } from '#libs/calendar';
import type { Contract, PartyId } from '#libs/contract';
import type { Breach, Dispute, Signature, StandardVerdict } from '#libs/evaluation';
import { lastRevision } from '../src/last-revision.js';
import type { LastRevision, LiveStatement } from '../src/live-statement.js';
import type { RecordedStatement } from '../src/recorded-statement.js';
import { finalInstant, freezingInstant, liveStatements } from '../src/statement-life.js';
import { toLiveRecord } from '../src/to-record.js';
import { at } from './a-world.js';

export type Revision = Pick<RecordedStatement, 'cycle' | 'revision' | 'state' | 'lines' | 'totals'> & {
  readonly change: string;
};

/** The statements of a contract through time: what happens is told in order, and what is recorded is kept. */
export class ALife {
  readonly breaches = new Map<string, Breach>();
  readonly standards: StandardVerdict[] = [];
  readonly history: Revision[] = [];
  private readonly disputes: Dispute[] = [];
  private readonly signatures: Signature[] = [];
  private readonly last = new Map<string, LastRevision>();
  private number = 0;
  private now: Instant;

  constructor(
    readonly contract: Contract,
    from = '2026-01-01',
  ) {
    this.now = at(from);
  }

  /** Lets time pass: what closes on the way is recorded at its instant. */
  until(local: string): this {
    return this.untilInstant(at(local));
  }

  untilInstant(to: Instant): this {
    for (let next = this.nextClosing(); next !== undefined && next < to; next = this.nextClosing()) {
      this.now = Math.max(this.now, next);
      this.settle(true);
    }
    this.now = Math.max(this.now, to);
    this.settle(false);
    return this;
  }

  breach(one: Breach): this {
    this.breaches.set(`${one.rule}/${one.subject}/${one.instance}`, one);
    return this.settle(false);
  }

  withdraw(subject: string): this {
    for (const [key, one] of this.breaches) if (one.subject === subject) this.breaches.delete(key);
    return this.settle(false);
  }

  dispute(id: string, cycle: string, line: string | number, by: PartyId = 'provider'): this {
    const { now } = this;
    this.disputes.push({ source: `/${by}`, id, at: now, cycle, by, line, reason: 'why', decision: null });
    return this.settle(false);
  }

  decide(id: string, outcome: 'upheld' | 'waived' | 'adjusted', amount: string | null = null): this {
    const place = this.disputes.findIndex((one) => one.id === id);
    const decision = { source: '/client', id: `on ${id}`, at: this.now, by: 'client', outcome, amount } as const;
    this.disputes[place] = { ...this.disputes[place]!, decision };
    return this.settle(false);
  }

  sign(party: PartyId, cycle: string, revision: number): this {
    const id = `${party} ${revision} ${this.signatures.length}`;
    this.signatures.push({ source: `/${party}`, id, at: this.now, cycle, party, revision });
    return this.settle(false);
  }

  /** As of now, all cycles that have begun. */
  statements(): LiveStatement[] {
    return this.live(false);
  }

  statement(cycle: string): LiveStatement {
    const found = this.statements().find((one) => one.cycle.name === cycle);
    if (found === undefined) throw new Error(`cycle ${cycle} has not begun`);
    return found;
  }

  /** `remedy quantity amount` of each line. */
  lines(cycle: string): string[] {
    return this.statement(cycle).lines.map(
      ({ remedy, quantity, amount }) => `${remedy} ${quantity} ${amount.toFixed(2)}`,
    );
  }

  /** `change state total of the provider` of each revision of a cycle. */
  revisions(cycle: string): string[] {
    return this.history
      .filter((one) => one.cycle === cycle)
      .map(({ change, state, totals }) => `${change} ${state} ${totals.provider}`);
  }

  private live(passed: boolean): LiveStatement[] {
    return liveStatements(
      [this.contract],
      {
        judged: {
          breaches: [...this.breaches.values()].filter((one) => one.at <= this.now),
          standards: this.standards,
        },
        facts: { disputes: this.disputes, signatures: this.signatures },
        last: this.last,
        waitsTo: -Infinity,
      },
      { at: this.now, passed },
    );
  }

  private settle(passed: boolean): this {
    for (;;) {
      const next = this.live(passed).find(({ change }) => change !== null);
      if (next === undefined) return this;
      if (this.history.length > 10_000) throw new Error('it does not come to rest');
      const cycle = next.cycle.name;
      const before = this.last.get(cycle);
      const revision = (before?.revision ?? 0) + 1;
      // What is recorded goes through its JSON, as it does in the database.
      const record = JSON.parse(
        JSON.stringify({
          ...toLiveRecord(next),
          revision,
          number: ++this.number,
          supersedes: before?.number ?? null,
          linesRevision: next.linesChanged ? revision : before!.linesRevision,
        }),
      ) as RecordedStatement;
      this.last.set(cycle, lastRevision(record));
      this.history.push({ ...record, change: next.change! });
    }
  }

  private nextClosing(): Instant | undefined {
    const instants = this.contract.cycles.flatMap((cycle): Instant[] => {
      const last = this.last.get(cycle.name);
      if (last === undefined) return [freezingInstant(this.contract, cycle)!];
      const isOpen = last.disputes.some(({ state }) => state === 'open');
      return last.state === 'final' || isOpen ? [] : [finalInstant(this.contract, last.frozenAt)!];
    });
    return instants.length === 0 ? undefined : Math.min(...instants);
  }
}
