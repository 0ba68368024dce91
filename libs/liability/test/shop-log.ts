import { createHash } from 'node:crypto';
import { parseInstant, type Instant } from '#libs/calendar';
import type { Fact, JsonObject } from '#libs/contract';
import {
  newContractMemory,
  packState,
  PartitionJudge,
  restoreBearing,
  unpackState,
  versionsOf,
  type ContractMemory,
  type FollowingDecision,
  type IdEntry,
  type JudgeItem,
  type JudgeOutcome,
  type LoadedRows,
  type LoadPlan,
} from '#libs/evaluation';
import type { RecordedStatement } from '../src/recorded-statement.js';
import { BREACH_KIND, StatementCloser } from '../src/statement-closer.js';
import { shop } from './shop.js';

const versions = versionsOf([shop]);
const published = [{ version: shop.version, hash: shop.hash, calendars: {}, from: shop.inForceFrom }];

/** Instants as `2026-03-02 10:00`, on the clocks of the shop. */
function shopTime(text: string): Instant {
  const at = parseInstant(`${text.replace(' ', 'T')}:00+08:00`);
  if (at === undefined) throw new Error(`'${text}' is no instant`);
  return at;
}

/** The stream of the shop as its owner judges it, over tables in memory; another owner may take over at any time. */
export class ShopLog {
  readonly followed: FollowingDecision[] = [];
  readonly numbers: number[] = [];
  private readonly states = new Map<string, { readonly packed: string; readonly nextInstant: Instant | null }>();
  private readonly ids = new Map<string, IdEntry>();
  private readonly waiting = new Map<string, LoadedRows['waiting'][number]>();
  private readonly rows = new Map<string, string>();
  private contract: ContractMemory;
  private closer: StatementCloser;
  private judge: PartitionJudge;
  private offset = 0;

  constructor(private readonly newCloser = (): StatementCloser => new StatementCloser()) {
    this.closer = newCloser();
    this.contract = newContractMemory(shop.id);
    this.contract.versions = versions;
    this.contract.published = published;
    this.contract.clock = shopTime('2026-01-01 00:00');
    this.contract.hasFacts = true;
    this.judge = new PartitionJudge([this.contract], undefined, [this.closer]);
  }

  tick(at: string): this {
    return this.take({ kind: 'tick', at: shopTime(at), offset: this.offset++ });
  }

  /** A fact of now, or one that happened earlier. */
  fact(
    at: string,
    type: string,
    fields: { from?: string; of?: string; id?: string; time?: string; data?: JsonObject } = {},
  ): this {
    const { from = '/till', of, id = `f${this.offset}`, time = at, data = {} } = fields;
    const content = JSON.stringify([type, of, time, data]);
    const fact: Fact = {
      contract: shop.id,
      source: from,
      id,
      type,
      subject: of,
      occurredAt: shopTime(time),
      appendedAt: shopTime(at),
      sequence: undefined,
      data,
      contentHash: createHash('sha256').update(content).digest('hex'),
    };
    return this.take({
      kind: 'fact',
      fact,
      at: fact.appendedAt,
      stamped: false,
      importId: null,
      offset: this.offset++,
    });
  }

  /** Nothing is left but what was saved. */
  takeOver(): this {
    const { clock, lastNumber, hasFacts, circumstancesAt, standards } = this.contract;
    this.contract = Object.assign(newContractMemory(shop.id), {
      versions,
      published,
      clock,
      lastNumber,
      hasFacts,
      circumstancesAt,
      standards,
    });
    for (const [key, { nextInstant }] of this.states) this.contract.deadlines.set(key, nextInstant);
    restoreBearing(
      this.contract,
      [...this.states]
        .filter(([key]) => /^[a-z]+:\//.test(key))
        .map(([key, { packed }]) => ({ key, state: unpackState(key, packed) })),
    );
    this.closer = this.newCloser();
    const last = new Map(this.recorded().map((one) => [one.cycle, one]));
    this.closer.restore({
      contract: shop.id,
      versions,
      breaches: [...this.rows]
        .filter(([key]) => key.startsWith(`${BREACH_KIND}/`))
        .map(([key, packed]) => ({ key, packed })),
      statements: [...last.values()],
      rights: this.followed
        .filter(({ type }) => type === 'compliance.right.raised')
        .map(({ rule, subject: about, effectiveAt: since }) => ({ rule, about, since })),
    });
    this.judge = new PartitionJudge([this.contract], undefined, [this.closer]);
    return this;
  }

  /** Revisions of statements, as they come out of the database. */
  recorded(): RecordedStatement[] {
    return this.followed
      .filter(({ type }) => type !== 'compliance.right.raised')
      .map(({ record, number }) => JSON.parse(JSON.stringify({ ...record, number })) as RecordedStatement);
  }

  /** `cycle type total of the provider` of each. */
  told(): string[] {
    return this.followed.map(({ type, subject, record }) =>
      type === 'compliance.right.raised'
        ? `right ${subject}`
        : `${subject} ${type.slice('compliance.statement.'.length)} ${(record as RecordedStatement).totals.provider}`,
    );
  }

  /** Provisional ones too, as of the clock. */
  statement(cycle: string) {
    return this.closer.statements(this.contract).find((one) => one.cycle.name === cycle)!;
  }

  private take(item: JudgeItem): this {
    for (let plan = this.judge.plan([item]); plan.items === 0; plan = this.judge.plan([item])) {
      const slice = this.judge.planSlice([item]);
      if (slice === undefined) throw new Error('nothing fits, and nothing is to be fired before');
      this.load(slice);
      this.judge.fireSlice(slice.contract, slice.to);
      this.save(this.judge.take());
    }
    this.load(this.judge.plan([item]));
    this.judge.judge([item]);
    this.save(this.judge.take());
    for (let slice = this.judge.nextSweep(); slice !== undefined; slice = this.judge.nextSweep()) {
      const { kinds = [] } = slice;
      const keys =
        slice.keys ?? [...this.states.keys()].filter((key) => kinds.includes(key.slice(0, key.indexOf('/')))).sort();
      this.load({ ids: [], keys: keys.map((key) => ({ contract: shop.id, key })) });
      this.judge.sweep(slice, keys);
      this.save(this.judge.take());
    }
    return this;
  }

  private load(plan: Pick<LoadPlan, 'ids' | 'keys'>): void {
    this.judge.accept(this.read(plan), plan);
    for (let more = this.judge.follow(plan); more.ids.length + more.keys.length > 0; more = this.judge.follow(more))
      this.judge.acceptMore(this.read(more), more);
  }

  private read({ ids, keys }: Pick<LoadPlan, 'ids' | 'keys'>): LoadedRows {
    const entries = ids.flatMap(({ source, id, withStates }) => {
      const entry = this.ids.get(`${source}\n${id}`);
      return entry === undefined ? [] : [{ contract: shop.id, source, id, entry, withStates }];
    });
    const wanted = new Set([
      ...keys.map(({ key }) => key),
      ...entries.flatMap(({ entry, withStates }) => (withStates ? entry.keys : [])),
    ]);
    const states = [...wanted].flatMap((key) => {
      const row = this.states.get(key);
      return row === undefined ? [] : [{ contract: shop.id, key, state: unpackState(key, row.packed) }];
    });
    const asked = new Set(ids.map(({ source, id }) => `${source}\n${id}`));
    const waiting = [...this.waiting.values()].filter((one) =>
      asked.has(`${one.waiting.targetSource}\n${one.waiting.targetId}`),
    );
    return { ids: entries, waiting, states };
  }

  private save(outcome: JudgeOutcome): void {
    for (const { key, state, nextInstant } of outcome.states.values())
      this.states.set(key, { packed: packState(state), nextInstant });
    for (const { source, id, entry } of outcome.ids.values()) this.ids.set(`${source}\n${id}`, entry);
    for (const { source, id } of outcome.waitingRemoved) this.waiting.delete(`${source}\n${id}`);
    for (const row of outcome.waitingAdded) {
      const { source, id } = row.waiting.correction;
      this.waiting.set(`${source}\n${id}`, row);
    }
    for (const { key, packed } of outcome.kept.values()) this.rows.set(key, packed);
    this.followed.push(...outcome.followed);
    const decided = [...outcome.decisions, ...outcome.standards, ...outcome.followed].map(({ number }) => number);
    this.numbers.push(...decided.sort((a, b) => a - b));
    this.judge.saved(outcome);
  }
}
