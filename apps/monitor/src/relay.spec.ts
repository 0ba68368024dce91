import type { Log, NewRecord } from '#libs/bus';
import type { DecisionRow, OutboxRow, QueuedRow } from '#libs/store';
import { createLogger, createMetrics } from '#libs/telemetry';
import { aSession } from '../test/a-session.js';
import { decisionMessage } from './decision-message.js';
import type { PartitionSession } from './partition-session.js';
import { Relay } from './relay.js';

const AT = Date.parse('2026-03-02T02:00:00Z');

/** The outbox and the log as the relay meets them; what is sent is a number, written as the value. */
class World {
  readonly session: PartitionSession = aSession();
  readonly metrics = createMetrics({ node: false });
  outbox: QueuedRow[] = [];
  readonly sends: number[][] = [];
  readonly records: NewRecord[] = [];
  reads = 0;
  inFlight = 0;
  mostInFlight = 0;
  /** Awaited by what asks the log or the database. */
  beforeSend: () => Promise<void> = async () => {};
  beforeReadAnswers: () => Promise<void> = async () => {};
  beforeAck: () => Promise<void> = async () => {};
  readonly relay = new Relay(this.session, {
    store: {
      readOutbox: async (_topic, _partition, after, limit) => {
        this.reads++;
        const rows = this.outbox.filter(({ number }) => number > after).slice(0, limit);
        await this.beforeReadAnswers();
        return rows;
      },
      ackOutbox: async (_topic, _partition, through) => {
        await this.beforeAck();
        this.outbox = this.outbox.filter(({ number }) => number > through);
      },
    },
    log: {
      append: async (records: readonly NewRecord[]): ReturnType<Log['append']> => {
        this.mostInFlight = Math.max(this.mostInFlight, ++this.inFlight);
        try {
          await this.beforeSend();
          this.sends.push(records.map(({ value }) => Number(value)));
          this.records.push(...records);
          return [];
        } finally {
          this.inFlight--;
        }
      },
    },
    metrics: this.metrics,
    logger: createLogger('silent'),
  });

  get sent(): number[] {
    return this.sends.flat();
  }

  /** What a predecessor's save left in the database. */
  left(count: number): void {
    const { session } = this;
    for (let i = 0; i < count; i++)
      this.outbox.push({ ...row(++session.outboxNumber), recordedAt: AT, number: session.outboxNumber });
  }

  commit(count: number): OutboxRow[] {
    const first = this.session.outboxNumber + 1;
    const rows = Array.from({ length: count }, (_, index) => row(first + index));
    rows.forEach((one, index) => this.outbox.push({ ...one, recordedAt: AT, number: first + index }));
    return rows;
  }

  /** The answer to a commit, as `handleBatch` takes it. */
  answered(rows: OutboxRow[]): void {
    const first = this.session.outboxNumber + 1;
    this.session.outboxNumber += rows.length;
    this.relay.offer(first, rows, AT);
  }

  save(count: number): void {
    this.answered(this.commit(count));
  }

  oldest(): Promise<number | undefined> {
    return this.metrics.outboxOldest.get().then(({ values }) => values[0]?.value);
  }
}

function row(number: number): OutboxRow {
  return { topic: 'compliance.decisions', key: 'LAB-1', partition: null, headers: { a: 'b' }, value: String(number) };
}

const upTo = (last: number, first = 1): number[] => Array.from({ length: last - first + 1 }, (_, i) => first + i);

function gate(): { readonly passed: Promise<void>; readonly open: () => void } {
  let open = (): void => {};
  const passed = new Promise<void>((resolve) => (open = resolve));
  return { passed, open };
}

let world: World;
beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
  world = new World();
});
afterEach(() => {
  world.session.closed = true;
  jest.useRealTimers();
});

describe('the relay', () => {
  it('sends what was saved in the order of its numbers, and forgets it', async () => {
    world.save(2);
    world.save(1);
    await world.relay.ended();
    expect(world.sent).toEqual([1, 2, 3]);
    expect(world.outbox).toEqual([]);
    expect(await world.oldest()).toBeUndefined();
  });

  it('begins with what a predecessor left', async () => {
    world.left(3);
    world.relay.wake();
    world.save(1);
    await world.relay.ended();
    expect(world.sent).toEqual([1, 2, 3, 4]);
    expect(world.outbox).toEqual([]);
  });

  it('tells a decision that it has read back as it would have told it at once', async () => {
    const { session, outbox, records } = world;
    const decision: DecisionRow = {
      contract: 'LAB-1',
      number: 4,
      generation: 1,
      type: 'compliance.verdict.met',
      obligation: 'answer',
      clause: '1',
      party: 'provider',
      subject: 'S-1',
      instance: 1,
      state: 'met',
      revision: 2,
      supersedes: 3,
      effectiveAt: AT,
      record: '{"number":4}',
    };
    outbox.push({ number: ++session.outboxNumber, recordedAt: AT, decision });
    world.relay.wake();
    await world.relay.ended();
    const { topic, key, headers, value } = decisionMessage(decision, AT);
    expect(records).toEqual([{ topic, key, headers, value }]);
  });

  it('leaves the longest lists out of a message that the log would never take', async () => {
    const lines = Array.from({ length: 20_000 }, (_, index) => ({ id: index, about: 'x'.repeat(1_000) }));
    const about = { number: 4, kinds: ['late'], currency: 'CNY' };
    const statement = { topic: 'compliance.statements', key: 'LAB-1', partition: null, headers: { a: 'b' } };
    const [large, nested] = [{ ...about, lines }, { statement: { ...about, lines } }];
    const rows = [large, nested, about].map((data) => ({ ...statement, value: JSON.stringify(data) }));
    world.answered(rows);
    await world.relay.ended();
    expect(world.records.map(({ value }) => JSON.parse(String(value)) as unknown)).toEqual([
      { ...about, lines: [], omitted: ['lines'] },
      { statement: { ...about, lines: [] }, omitted: ['statement/lines'] },
      about,
    ]);
  });

  it('has one send in flight; what is saved meanwhile follows together', async () => {
    const first = gate();
    world.beforeSend = () => first.passed;
    world.save(1);
    await jest.advanceTimersByTimeAsync(0);
    world.save(1);
    world.save(2);
    await jest.advanceTimersByTimeAsync(0);
    expect(world.inFlight).toBe(1);
    first.open();
    await world.relay.ended();
    expect(world.sends).toEqual([[1], [2, 3, 4]]);
    expect(world.mostInFlight).toBe(1);
  });

  it('asks the database no more once it has caught up', async () => {
    world.save(1);
    await world.relay.ended();
    const { reads } = world;
    world.save(1);
    await world.relay.ended();
    expect(world.sent).toEqual([1, 2]);
    expect(world.reads).toBe(reads);
  });

  it('reads from the database what did not fit into memory, a thousand at a time', async () => {
    const first = gate();
    world.save(1);
    await world.relay.ended();
    world.beforeSend = () => first.passed;
    world.save(1);
    for (let i = 0; i < 11; i++) world.save(1_000);
    const { reads } = world;
    world.beforeSend = async () => {};
    first.open();
    await world.relay.ended();
    expect(world.reads).toBeGreaterThan(reads);
    expect(world.sent).toEqual(upTo(11_002));
    expect(Math.max(...world.sends.map(({ length }) => length))).toBe(1_000);
  });

  it('goes on from memory once it has read what fell out, also where every read meets a further save', async () => {
    world.left(2_500);
    world.beforeReadAnswers = () => Promise.resolve().then(() => world.save(1_000));
    world.relay.wake();
    await world.relay.ended();
    expect(world.sent).toEqual(upTo(2_500 + 3 * 1_000));
    expect(world.reads).toBe(3);
  });

  it('forgets what it has sent while the next is on its way', async () => {
    world.save(1);
    await world.relay.ended();
    const [forgetting, sending] = [gate(), gate()];
    world.save(1);
    world.beforeSend = () => (world.sends.length < 2 ? Promise.resolve() : sending.passed);
    world.beforeAck = () => forgetting.passed;
    world.save(1);
    await jest.advanceTimersByTimeAsync(0);
    expect(world.inFlight).toBe(1);
    expect(world.outbox.map(({ number }) => number)).toEqual([2, 3]);
    forgetting.open();
    await jest.advanceTimersByTimeAsync(0);
    expect(world.outbox.map(({ number }) => number)).toEqual([3]);
    sending.open();
    await world.relay.ended();
    expect(world.sent).toEqual([1, 2, 3]);
    expect(world.outbox).toEqual([]);
  });

  it('tries again after a failure, more and more slowly, and loses nothing', async () => {
    let failures = 3;
    world.beforeSend = () => (failures-- > 0 ? Promise.reject(new Error('the log is away')) : Promise.resolve());
    world.save(2);
    for (const pause of [100, 200]) {
      await jest.advanceTimersByTimeAsync(pause);
      expect(world.sent).toEqual([]);
      expect(await world.oldest()).toBe(AT / 1_000);
    }
    await jest.advanceTimersByTimeAsync(399);
    expect(world.sent).toEqual([]);
    await jest.advanceTimersByTimeAsync(1);
    await world.relay.ended();
    expect(world.sent).toEqual([1, 2]);
    expect(await world.oldest()).toBeUndefined();
  });

  it('does not send again what the log has, where only forgetting it failed', async () => {
    let failures = 1;
    world.beforeAck = () => (failures-- > 0 ? Promise.reject(new Error('the database is away')) : Promise.resolve());
    world.save(2);
    await jest.advanceTimersByTimeAsync(100);
    world.save(1);
    await world.relay.ended();
    expect(world.sent).toEqual([1, 2, 3]);
    expect(world.outbox).toEqual([]);
  });

  it('stops when the partition is given up, also while it waits to try again', async () => {
    world.beforeSend = () => Promise.reject(new Error('the log is away'));
    world.save(1);
    await jest.advanceTimersByTimeAsync(0);
    world.session.closed = true;
    world.beforeSend = async () => {};
    await jest.advanceTimersByTimeAsync(100);
    await world.relay.ended();
    expect(world.sent).toEqual([]);
    expect(world.outbox).toHaveLength(1);
  });

  it('is not waited for where the log is away', async () => {
    world.save(1);
    await world.relay.ended();
    const never = gate();
    world.beforeSend = () => never.passed;
    world.save(1);
    world.session.closed = true;
    let ended = false;
    void world.relay.ended().then(() => (ended = true));
    await jest.advanceTimersByTimeAsync(2_999);
    expect(ended).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    expect(ended).toBe(true);
    never.open();
  });

  it('sends what was saved while it looked into an outbox that was still empty', async () => {
    const answer = gate();
    world.beforeReadAnswers = () => answer.passed;
    world.relay.wake();
    await jest.advanceTimersByTimeAsync(0);
    world.save(2);
    answer.open();
    await world.relay.ended();
    expect(world.sent).toEqual([1, 2]);
  });

  it('sends once what it has read before the save was answered', async () => {
    const rows = world.commit(2);
    world.relay.wake();
    await jest.advanceTimersByTimeAsync(0);
    world.answered(rows);
    await world.relay.ended();
    world.save(1);
    await world.relay.ended();
    expect(world.sent).toEqual([1, 2, 3]);
  });
});
