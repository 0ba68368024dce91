import { randomUUID } from 'node:crypto';
import { homePartition } from './home-partition.js';
import type { Log, LogBatch, LogRecord, NewRecord, Subscriber, Subscription } from './port.js';
import { ShapeError } from './shape-error.js';

const DEADLINE_MILLIS = 90_000;

/**
 * What every log must do, whichever way it does it. `makeLog` opens another connection to the same log each time it is
 * called; the suite closes what it opens, and makes topics of its own.
 */
export function describeLogContract(name: string, makeLog: () => Log | Promise<Log>): void {
  describe(`${name} as a log`, () => {
    const open: Log[] = [];
    let log: Log;

    const connect = async (): Promise<Log> => {
      const one = await makeLog();
      open.push(one);
      return one;
    };
    const topicOf = async (partitions: number): Promise<string> => {
      const topic = `contract-${randomUUID()}`;
      await log.ensureTopics([{ topic, partitions }]);
      return topic;
    };

    beforeAll(async () => {
      log = await connect();
    });

    afterAll(async () => {
      await Promise.all(open.map((one) => one.close()));
    });

    it('answers a ping', async () => {
      await expect(log.ping()).resolves.toBeUndefined();
    });

    it('makes the topics that are missing and refuses another number of partitions', async () => {
      const topic = `contract-${randomUUID()}`;
      expect(await log.partitionCount(topic)).toBe(0);

      await log.ensureTopics([{ topic, partitions: 3 }]);
      await log.ensureTopics([{ topic, partitions: 3 }]);
      expect(await log.partitionCount(topic)).toBe(3);

      const refused = (await connect()).ensureTopics([{ topic, partitions: 4 }]);
      await expect(refused).rejects.toThrow(ShapeError);
      await expect(refused).rejects.toThrow(`topic ${topic} has 3 partitions, not 4`);
    });

    it('lets two processes make the same topic at once', async () => {
      const topic = `contract-${randomUUID()}`;
      const other = await connect();
      await Promise.all([log, other].map((one) => one.ensureTopics([{ topic, partitions: 2 }])));
      expect(await log.partitionCount(topic)).toBe(2);
    });

    it('refuses to append to a topic that is not there', async () => {
      const append = log.append([{ topic: `contract-${randomUUID()}`, key: 'a', value: 'v' }]);
      await expect(append).rejects.toMatchObject({ retriable: false });
    });

    it('answers each record with its place and an append time that never goes back, in the order given', async () => {
      const topic = await topicOf(2);
      const before = Date.now();
      const records = Array.from({ length: 40 }, (_, index) =>
        record(topic, { partition: index % 2, value: `${index}` }),
      );
      const results = [...(await log.append(records.slice(0, 20))), ...(await log.append(records.slice(20)))];

      expect(results.map(({ partition, offset }) => [partition, offset])).toEqual(
        records.map((_, index) => [index % 2, Math.floor(index / 2)]),
      );
      for (const partition of [0, 1]) {
        const times = results.filter((one) => one.partition === partition).map((one) => one.appendedAt);
        expect(times).toEqual([...times].sort((a, b) => a - b));
        expect(times[0]).toBeGreaterThanOrEqual(before - 1_000);
        expect(times[times.length - 1]).toBeLessThanOrEqual(Date.now() + 1_000);
      }
      expect(await log.append([])).toEqual([]);
    });

    it('gives each record of appends made at once an offset of its own', async () => {
      const topic = await topicOf(1);
      const appends = Array.from({ length: 30 }, (_, call) =>
        log.append([record(topic, { value: `${call}/0` }), record(topic, { value: `${call}/1` })]),
      );
      const results = (await Promise.all(appends)).flatMap((one, call) =>
        one.map(({ offset }, index) => ({ offset, value: `${call}/${index}` })),
      );
      expect(results.map(({ offset }) => offset).sort((a, b) => a - b)).toEqual(results.map((_, index) => index));
      const read = await Promise.all(results.slice(0, 6).map(({ offset }) => log.readOne(topic, 0, offset)));
      expect(read.map((one) => one?.value?.toString())).toEqual(results.slice(0, 6).map(({ value }) => value));
    });

    it("puts keys where Kafka's own clients put them, unless a partition is named", async () => {
      const topic = await topicOf(7);
      const keys = ['CRM-2026-001', 'boston-311', '合同-2026', '', ...Array.from({ length: 20 }, (_, i) => `key ${i}`)];
      const placed = await log.append(keys.map((key) => ({ topic, key, value: key })));
      expect(placed.map(({ partition }) => partition)).toEqual(keys.map((key) => homePartition(key, 7)));

      const [stray] = await log.append([{ topic, key: 'key 1', value: 'v', partition: 6 }]);
      expect(stray?.partition).toBe(6);
    });

    it('reads one record again as it was appended, and nothing where there is none', async () => {
      const topic = await topicOf(1);
      const value = Buffer.from([0, 255, 1, 254]);
      const headers = { ce_id: 'a', raw: Buffer.from([200, 0]), '': 'unnamed', ce_subject: '投诉' };
      const [, at] = await log.append([record(topic, {}), { topic, key: '键', value, headers }]);
      await log.append([{ topic, key: null, value: null }]);

      expect(await log.readOne(topic, 0, 1)).toEqual({
        topic,
        partition: 0,
        offset: 1,
        key: Buffer.from('键'),
        value,
        headers: {
          ce_id: Buffer.from('a'),
          raw: Buffer.from([200, 0]),
          '': Buffer.from('unnamed'),
          ce_subject: Buffer.from('投诉'),
        },
        appendedAt: at?.appendedAt,
      });
      expect(await log.readOne(topic, 0, 2)).toMatchObject({ key: null, value: null, headers: {} });
      expect(await log.readOne(topic, 0, 3)).toBeUndefined();
      expect(await log.readOne(topic, 0, 300)).toBeUndefined();
    });

    it('says where each partition begins and ends', async () => {
      const topic = await topicOf(3);
      await log.append([
        record(topic, { partition: 0 }),
        record(topic, { partition: 2 }),
        record(topic, { partition: 2 }),
      ]);
      expect(await log.bounds(topic)).toEqual([
        { partition: 0, low: 0, high: 1 },
        { partition: 1, low: 0, high: 0 },
        { partition: 2, low: 0, high: 2 },
      ]);
    });

    it('asks where to begin for each partition, silent ones too, and begins there', async () => {
      const topic = await topicOf(3);
      await log.append(Array.from({ length: 5 }, (_, index) => record(topic, { partition: 1, value: `${index}` })));
      const member = await join(log, topic, { onAssigned: (_, partition) => Promise.resolve(partition === 1 ? 3 : 0) });

      await until(() => member.values(1).length === 2, 'both records from the start offset on');
      expect(member.values(1)).toEqual(['3', '4']);
      await until(() => member.asked.length === 3, 'all partitions');
      expect([...member.asked].sort()).toEqual([0, 1, 2]);
      expect(member.assigned()).toEqual([0, 1, 2]);
      await member.close();
    });

    it('hands over nothing of a partition before its beginning is known, and everything after', async () => {
      const topic = await topicOf(2);
      const gate = deferred<number>();
      const member = await join(log, topic, {
        onAssigned: (_, partition) => (partition === 0 ? gate.promise : Promise.resolve(0)),
      });
      await log.append([
        record(topic, { partition: 0, value: 'waits' }),
        record(topic, { partition: 1, value: 'goes' }),
      ]);
      await until(() => member.values(1).length === 1, 'the other partition');
      await log.append([record(topic, { partition: 1, value: 'goes on' })]);
      await until(() => member.values(1).length === 2, 'the other partition again');
      expect(member.values(0)).toEqual([]);

      gate.resolve(0);
      await until(() => member.values(0).length === 1, 'the record that waited');
      await member.close();
    });

    it('hands over what is appended while it reads, in order, with append times and the way to go', async () => {
      const topic = await topicOf(1);
      const member = await join(log, topic, {});
      const appended = [];
      for (let index = 0; index < 5; index += 1) {
        appended.push(...(await log.append([record(topic, { value: `${index}` })])));
        await until(() => member.values(0).length === index + 1, `record ${index}`);
      }
      expect(member.values(0)).toEqual(['0', '1', '2', '3', '4']);
      expect(member.records(0).map(({ appendedAt }) => appendedAt)).toEqual(
        appended.map(({ appendedAt }) => appendedAt),
      );
      const last = member.batches[member.batches.length - 1];
      expect(last).toMatchObject({ topic, partition: 0, nextOffset: 5, highWatermark: 5, undecodable: [] });
      await member.close();
    });

    it('never hands over more records at once than asked for', async () => {
      const topic = await topicOf(1);
      await log.append(Array.from({ length: 230 }, (_, index) => record(topic, { value: `${index}` })));
      const member = await join(log, topic, { maxRecords: 50 });
      await until(() => member.values(0).length >= 230, 'all records');

      expect(member.values(0)).toEqual(Array.from({ length: 230 }, (_, index) => `${index}`));
      expect(Math.max(...member.batches.map(({ records }) => records.length))).toBeLessThanOrEqual(50);
      for (const batch of member.batches)
        expect(batch.nextOffset).toBe(batch.records[batch.records.length - 1]!.offset + 1);
      await member.close();
    });

    it('carries a record of several megabytes', async () => {
      const topic = await topicOf(1);
      const value = Buffer.alloc(9 * 1024 * 1024, 'Ünïcödé 字');
      await log.append([
        record(topic, { value: 'before' }),
        { topic, key: 'k', value },
        record(topic, { value: 'after' }),
      ]);
      const member = await join(log, topic, {});
      await until(() => member.records(0).length === 3, 'all three');
      expect(member.records(0)[1]?.value?.equals(value)).toBe(true);
      await member.close();
    });

    it('goes on with other partitions while one is slow, and never calls twice at once for the same', async () => {
      const topic = await topicOf(2);
      const gate = deferred<void>();
      let running = 0;
      let most = 0;
      const member = await join(log, topic, {
        maxRecords: 2,
        onBatch: async ({ partition }) => {
          if (partition !== 0) return;
          running += 1;
          most = Math.max(most, running);
          await gate.promise;
          running -= 1;
        },
      });
      for (let index = 0; index < 10; index += 1) {
        await log.append([record(topic, { partition: 0 }), record(topic, { partition: 1 })]);
      }
      await until(() => member.records(1).length === 10, 'the quick partition');
      expect(member.batches.filter(({ partition }) => partition === 0)).toHaveLength(1);
      gate.resolve();
      await until(() => member.records(0).length === 10, 'the slow partition');
      expect(most).toBe(1);
      await member.close();
    });

    it('hands over again what failed and may pass, and nothing behind it before', async () => {
      const topic = await topicOf(1);
      let failures = 2;
      const member = await join(log, topic, {
        maxRecords: 1,
        onBatch: () => {
          failures -= 1;
          return failures >= 0 ? Promise.reject(retriable()) : Promise.resolve();
        },
      });
      await log.append([record(topic, { value: 'a' }), record(topic, { value: 'b' })]);
      await until(() => member.values(0).length === 4, 'two failures and two successes');
      expect(member.values(0)).toEqual(['a', 'a', 'a', 'b']);
      expect(member.fatal).toEqual([]);
      await member.close();
    });

    it('hands over more while something is not settled, and goes back to the place it is told where that fails', async () => {
      const topic = await topicOf(1);
      const lost = deferred<void>();
      const starts = [0, 1];
      const member = await join(log, topic, {
        maxRecords: 1,
        onAssigned: () => Promise.resolve(starts.shift() ?? 1),
        onBatch: ({ nextOffset }) => {
          const first = member.batches.filter((batch) => batch.nextOffset === 2).length === 1;
          if (nextOffset !== 2 || !first) return Promise.resolve({ settled: Promise.resolve() });
          return Promise.resolve({ settled: lost.promise.then(() => Promise.reject(retriable())) });
        },
      });
      await log.append(['a', 'b', 'c'].map((value) => record(topic, { value })));
      await until(() => member.values(0).length === 3, 'all records, one of them not settled');
      lost.resolve();
      await until(() => member.values(0).length === 5, 'the records from the lost one on');
      expect(member.values(0)).toEqual(['a', 'b', 'c', 'b', 'c']);
      expect(member.revoked).toEqual([0]);
      expect(member.asked).toEqual([0, 0]);
      expect(member.fatal).toEqual([]);
      await member.close();
    });

    it('asks again where to begin when that failed and may pass', async () => {
      const topic = await topicOf(1);
      await log.append([record(topic, { value: 'a' })]);
      let failures = 2;
      const member = await join(log, topic, {
        onAssigned: () => {
          failures -= 1;
          return failures >= 0 ? Promise.reject(retriable()) : Promise.resolve(0);
        },
      });
      await until(() => member.values(0).length === 1, 'the record');
      expect(member.asked).toEqual([0, 0, 0]);
      await member.close();
    });

    it('ends with the error of a handler that failed for good', async () => {
      const topic = await topicOf(1);
      const defect = new Error('a defect');
      const member = await join(log, topic, { maxRecords: 1, onBatch: () => Promise.reject(defect) });
      await log.append([record(topic, { value: 'a' }), record(topic, { value: 'b' })]);
      await until(() => member.fatal.length > 0, 'the fatal error');
      expect(member.fatal).toEqual([defect]);
      expect(member.values(0)).toEqual(['a']);
      await member.close();
    });

    it('reads for each group by itself', async () => {
      const topic = await topicOf(1);
      const [one, other] = [await join(log, topic, {}), await join(log, topic, {})];
      await log.append([record(topic, { value: 'a' })]);
      await until(() => one.values(0).length === 1 && other.values(0).length === 1, 'both groups');
      await Promise.all([one.close(), other.close()]);
    });

    it('gives everything up when closed, after the call under way has ended', async () => {
      const topic = await topicOf(2);
      const gate = deferred<void>();
      const member = await join(log, topic, { maxRecords: 1, onBatch: () => gate.promise });
      await until(() => member.asked.length === 2, 'both partitions');
      await log.append([record(topic, { partition: 0 }), record(topic, { partition: 0 })]);
      await until(() => member.batches.length === 1, 'the first call');

      const closed = member.close();
      expect(member.revoked).not.toContain(0);
      gate.resolve();
      await closed;
      expect([...member.revoked].sort()).toEqual([0, 1]);
      expect(member.batches).toHaveLength(1);
      expect(member.assigned()).toEqual([]);
    });

    it('lets a second member take over where its own books say, and hands the first nothing more', async () => {
      const topic = await topicOf(4);
      const group = `group-${randomUUID()}`;
      const positions = new Map<number, number>();
      const owners = new Map<number, string>();
      const clashes: string[] = [];
      const part = (who: string): Partial<Subscriber> => ({
        group,
        onAssigned: (_, partition) => {
          // Between live members the old one may hear of it a moment later; then only the new one's word counts.
          owners.set(partition, who);
          return Promise.resolve(positions.get(partition) ?? 0);
        },
        onRevoked: (_, partition) => {
          if (owners.get(partition) === who) owners.delete(partition);
          return Promise.resolve();
        },
        onBatch: ({ partition, records, nextOffset }) => {
          if (owners.get(partition) !== who) clashes.push(`${who} got records of ${partition}`);
          if (records[0]!.offset !== (positions.get(partition) ?? 0))
            clashes.push(`${partition} was not read in order`);
          positions.set(partition, nextOffset);
          return Promise.resolve();
        },
      });
      const everywhere = (value: string): NewRecord[] =>
        [0, 1, 2, 3].map((partition) => record(topic, { partition, value }));
      const all = (next: number) => () => [0, 1, 2, 3].every((partition) => positions.get(partition) === next);

      const first = await join(await connect(), topic, part('first'));
      await log.append(everywhere('1'));
      await until(all(1), 'the first member alone');

      const second = await join(await connect(), topic, part('second'));
      await log.append(everywhere('2'));
      await until(all(2), 'both members');

      await first.close();
      const seen = first.batches.length;
      await log.append(everywhere('3'));
      await until(all(3), 'the second member alone');
      await until(() => second.assigned().length === 4, 'all partitions at the second');
      expect(clashes).toEqual([]);
      expect(first.batches).toHaveLength(seen);
      await second.close();
    });
  });
}

/** A member of a group of its own unless one is named, that writes down what happens to it. */
async function join(log: Log, topic: string, given: Partial<Subscriber>): Promise<Member> {
  const member = new Member();
  member.subscription = await log.subscribe({
    group: `group-${randomUUID()}`,
    topics: [topic],
    ...given,
    onAssigned: (name, partition) => {
      member.asked.push(partition);
      return given.onAssigned?.(name, partition) ?? Promise.resolve(0);
    },
    onRevoked: (name, partition) => {
      member.revoked.push(partition);
      return given.onRevoked?.(name, partition) ?? Promise.resolve();
    },
    onBatch: async (batch) => {
      member.batches.push(batch);
      return given.onBatch?.(batch);
    },
    onFatal: (error) => member.fatal.push(error),
  });
  return member;
}

class Member {
  subscription: Subscription | undefined;
  readonly asked: number[] = [];
  readonly revoked: number[] = [];
  readonly batches: LogBatch[] = [];
  readonly fatal: Error[] = [];

  records(partition: number): LogRecord[] {
    return this.batches.filter((batch) => batch.partition === partition).flatMap((batch) => batch.records);
  }

  values(partition: number): (string | undefined)[] {
    return this.records(partition).map(({ value }) => value?.toString());
  }

  assigned(): number[] {
    return (this.subscription?.assigned() ?? []).map(({ partition }) => partition).sort();
  }

  async close(): Promise<void> {
    await this.subscription?.close();
  }
}

function record(topic: string, given: { readonly partition?: number; readonly value?: string }): NewRecord {
  const { partition = 0, value = 'v' } = given;
  return { topic, key: 'k', value, partition };
}

function retriable(): Error {
  return Object.assign(new Error('not just now'), { retriable: true });
}

function deferred<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((done) => (resolve = done));
  return { promise, resolve };
}

/** Looks at the thing itself until it is there; the deadline is only for a defect. */
async function until(there: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + DEADLINE_MILLIS;
  while (!there()) {
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
