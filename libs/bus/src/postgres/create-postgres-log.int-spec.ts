import { randomUUID } from 'node:crypto';
import { Store } from '#libs/store';
import { eventually, freshDatabase, type FreshDatabase } from '#libs/testkit';
import { describeLogContract } from '../log-contract.js';
import type { Log, LogBatch, Subscriber } from '../port.js';
import { createPostgresLog } from './create-postgres-log.js';

let database: FreshDatabase;
const stores: Store[] = [];

/** As another process would see it: with connections of its own. */
async function connect(): Promise<{ readonly log: Log; readonly store: Store }> {
  const store = await Store.connect({ url: database.url, poolSize: 4 });
  stores.push(store);
  return { store, log: createPostgresLog({ pool: store.pool }) };
}

beforeAll(async () => {
  database = await freshDatabase();
  await (await connect()).store.migrate();
});

afterAll(async () => {
  await Promise.all(stores.map((store) => store.close()));
  await database.drop();
});

describeLogContract('PostgreSQL', async () => (await connect()).log);

describe('the log in PostgreSQL', () => {
  let log: Log;
  let store: Store;

  beforeAll(async () => {
    ({ log, store } = await connect());
  });

  afterAll(() => log.close());

  async function topicOf(partitions: number): Promise<string> {
    const topic = `log-${randomUUID()}`;
    await log.ensureTopics([{ topic, partitions }]);
    return topic;
  }

  it('gives no offset twice and leaves none out when many processes append to the same partitions', async () => {
    const topic = await topicOf(3);
    const others = await Promise.all([1, 2, 3, 4].map(connect));
    const rounds = Array.from({ length: 25 }, (_, round) => round);
    const appends = others.map(async ({ log: other }, who) => {
      // Each names the partitions in another order: taken in that order, they would wait for each other in a circle.
      const order = [0, 1, 2, 0, 1, 2].slice(who % 3, (who % 3) + 3);
      const results = [];
      for (const round of rounds) {
        const records = order.map((partition) => ({ topic, partition, key: null, value: `${who}/${round}` }));
        results.push(...(await other.append(records)));
      }
      return results;
    });
    const appended = (await Promise.all(appends)).flat();

    for (const partition of [0, 1, 2]) {
      const here = appended.filter((one) => one.partition === partition).sort((a, b) => a.offset - b.offset);
      expect(here.map(({ offset }) => offset)).toEqual(Array.from({ length: 100 }, (_, offset) => offset));
      const times = here.map(({ appendedAt }) => appendedAt);
      expect(times).toEqual([...times].sort((a, b) => a - b));
    }
    const { rows } = await store.pool.query<{ count: string }>('SELECT count(*) FROM bus_record WHERE topic = $1', [
      topic,
    ]);
    expect(rows[0]?.count).toBe('300');
  });

  it('keeps the order of calls that nobody waited for', async () => {
    const topic = await topicOf(1);
    const calls = Array.from({ length: 50 }, (_, index) => log.append([{ topic, key: 'k', value: `${index}` }]));
    const offsets = (await Promise.all(calls)).map(([one]) => one?.offset);
    expect(offsets).toEqual(Array.from({ length: 50 }, (_, offset) => offset));
  });

  it('appends nothing of a call with one record that it refuses', async () => {
    const topic = `log-${randomUUID()}`;
    await log.ensureTopics([{ topic, partitions: 2, maxMessageBytes: 1_000 }]);
    const good = { topic, key: 'k', value: 'v', partition: 0 };
    for (const [bad, reason] of [
      [{ ...good, partition: 2 }, `the topic ${topic} has no partition 2, only 0 to 1`],
      [{ ...good, value: 'x'.repeat(1_000) }, 'too large'],
      [{ ...good, headers: { 'a\0b': 'v' } }, 'header name'],
    ] as const) {
      await expect(log.append([good, bad])).rejects.toThrow(reason);
    }
    expect(await log.bounds(topic)).toEqual([
      { partition: 0, low: 0, high: 0 },
      { partition: 1, low: 0, high: 0 },
    ]);
  });

  it('keeps headers that JSON cannot hold', async () => {
    const topic = await topicOf(1);
    const headers = {
      nul: 'a\0b',
      lone: '\ud800',
      __proto__x: '1',
      ['__proto__']: 'p',
      empty: '',
      bytes: Buffer.of(0),
    };
    await log.append([{ topic, key: null, value: null, headers }]);
    const read = (await log.readOne(topic, 0, 0))?.headers;
    expect(Object.entries(read ?? {}).sort()).toEqual(
      Object.entries(headers)
        .map(([name, value]) => [name, Buffer.from(value as string)])
        .sort(),
    );
  });

  it('goes on after a failure that may pass from where the handler then says', async () => {
    const topic = await topicOf(1);
    await log.append(['a', 'b', 'c'].map((value) => ({ topic, key: 'k', value })));
    const { batches, seen, steps, subscribe } = follow(topic);
    let first = true;
    const subscription = await subscribe({
      onAssigned: () => Promise.resolve(first ? 0 : 2),
      onBatch: () => {
        if (!first) return Promise.resolve();
        first = false;
        return Promise.reject(Object.assign(new Error('not now'), { retriable: true }));
      },
    });
    await eventually(() => batches.length === 2 || undefined);
    expect(seen).toEqual(['a', 'b', 'c', 'c']);
    expect(steps).toEqual(['assigned 0', 'revoked 0', 'assigned 0']);
    await subscription.close();
  });

  it('ends a batch where enough bytes have come together', async () => {
    const topic = await topicOf(1);
    const value = Buffer.alloc(3 * 1024 * 1024, 'x');
    await log.append(Array.from({ length: 4 }, () => ({ topic, key: 'k', value })));
    const { batches, subscribe } = follow(topic);
    const subscription = await subscribe({});
    await eventually(() => batches.at(-1)?.nextOffset === 4 || undefined);
    expect(batches.map(({ records }) => records.length)).toEqual([2, 2]);
    await subscription.close();
  });

  it.each([
    ['was deleted before it was read', 0],
    ['is not there yet', 6],
  ])('ends where the record to go on from %s', async (_, start) => {
    const topic = await topicOf(1);
    await log.append(['a', 'b', 'c', 'd', 'e'].map((value) => ({ topic, key: 'k', value })));
    await store.pool.query('DELETE FROM bus_record WHERE topic = $1 AND record_offset < 2', [topic]);
    const { seen, fatal, subscribe } = follow(topic);
    const subscription = await subscribe({ onAssigned: () => Promise.resolve(start) });
    await eventually(() => fatal[0]);
    expect(fatal[0]?.message).toContain(`does not hold offset ${start}`);
    expect(fatal[0]?.message).toContain('it holds 2 up to, not including, 5');
    expect(seen).toEqual([]);
    await subscription.close();
  });

  it('ends where a record in the middle is missing', async () => {
    const topic = await topicOf(1);
    await log.append(['a', 'b', 'c'].map((value) => ({ topic, key: 'k', value })));
    await store.pool.query('DELETE FROM bus_record WHERE topic = $1 AND record_offset = 1', [topic]);
    const { fatal, subscribe } = follow(topic);
    const subscription = await subscribe({});
    await eventually(() => fatal[0]);
    expect(fatal[0]?.message).toContain('records are missing');
    await subscription.close();
  });

  it('has one member of a group read a topic, and the next one when its connection is lost', async () => {
    const topic = await topicOf(2);
    const group = `group-${randomUUID()}`;
    const holders: string[] = [];
    const member = (name: string): Partial<Subscriber> => ({
      group,
      onAssigned: (_, partition) => {
        holders.push(`${name} has ${partition}`);
        return Promise.resolve(0);
      },
      onRevoked: (_, partition) => {
        holders.splice(holders.indexOf(`${name} has ${partition}`), 1);
        return Promise.resolve();
      },
    });
    const one = follow(topic);
    const other = follow(topic);
    const first = await one.subscribe(member('first'));
    await eventually(() => holders.length === 2 || undefined);
    const second = await other.subscribe(member('second'), (await connect()).log);

    const [lock] = await advisoryLocks();
    await store.pool.query('SELECT pg_terminate_backend($1)', [lock]);
    // Whoever asks first has it: the first member comes back as well.
    await eventually(async () => {
      const [now] = await advisoryLocks();
      return now !== undefined && now !== lock ? true : undefined;
    });
    await eventually(
      () => (holders.length === 2 && new Set(holders.map((one) => one.split(' ')[0])).size === 1) || undefined,
    );
    expect(one.fatal).toEqual([]);

    await log.append([{ topic, key: 'k', value: 'v', partition: 1 }]);
    await eventually(() => one.seen.length + other.seen.length === 1 || undefined);
    await Promise.all([first.close(), second.close()]);
    expect(holders).toEqual([]);
    expect(await advisoryLocks()).toEqual([]);
  });

  it('says to those who listen that something was appended', async () => {
    const topic = await topicOf(1);
    const client = await store.pool.connect();
    try {
      const heard: (string | undefined)[] = [];
      client.on('notification', ({ payload }) => heard.push(payload?.split(' ')[1]));
      await client.query('LISTEN pactwatch_log');
      await log.append([{ topic, key: 'k', value: 'v' }]);
      await eventually(() => heard.includes(topic) || undefined);
    } finally {
      client.release(true);
    }
  });

  it('refuses to read a topic that does not exist', async () => {
    await expect(follow('nowhere').subscribe({})).rejects.toThrow('the topic nowhere does not exist');
  });

  async function advisoryLocks(): Promise<number[]> {
    const { rows } = await store.pool.query<{ pid: number }>(
      `SELECT pid FROM pg_locks l JOIN pg_database d ON d.oid = l.database
       WHERE locktype = 'advisory' AND granted AND datname = current_database()`,
    );
    return rows.map(({ pid }) => pid);
  }

  /** Writes down what a member is told. */
  function follow(topic: string) {
    const batches: LogBatch[] = [];
    const seen: string[] = [];
    const steps: string[] = [];
    const fatal: Error[] = [];
    const subscribe = (given: Partial<Subscriber>, by: Log = log) =>
      by.subscribe({
        group: `group-${randomUUID()}`,
        topics: [topic],
        ...given,
        onAssigned: (name, partition) => {
          steps.push(`assigned ${partition}`);
          return given.onAssigned?.(name, partition) ?? Promise.resolve(0);
        },
        onRevoked: (name, partition) => {
          steps.push(`revoked ${partition}`);
          return given.onRevoked?.(name, partition) ?? Promise.resolve();
        },
        onBatch: async (batch) => {
          batches.push(batch);
          seen.push(...batch.records.map(({ value }) => String(value)));
          await given.onBatch?.(batch);
        },
        onFatal: (error) => fatal.push(error),
      });
    return { batches, seen, steps, fatal, subscribe };
  }
});
