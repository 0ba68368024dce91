import type { Batch, Consumer, ConsumerRunConfig, Kafka } from 'kafkajs';
import { eventually } from '#libs/testkit';
import type { LogBatch, Subscriber } from '../port.js';
import { FetchedRecord } from './fetched-record.js';
import { KafkaSubscription } from './subscription.js';

/** A consumer that does nothing by itself: the test plays Kafka. */
class PlayedConsumer {
  readonly events = { GROUP_JOIN: 'join', CRASH: 'crash', END_BATCH_PROCESS: 'end' };
  readonly calls: string[] = [];
  private readonly listeners = new Map<string, (event: { payload: unknown }) => void>();
  private each!: NonNullable<ConsumerRunConfig['eachBatch']>;

  on(name: string, listener: (event: { payload: unknown }) => void): void {
    this.listeners.set(name, listener);
  }
  connect = (): Promise<void> => Promise.resolve();
  subscribe = (): Promise<void> => Promise.resolve();
  run = ({ eachBatch }: ConsumerRunConfig): Promise<void> => {
    this.each = eachBatch!;
    return Promise.resolve();
  };
  disconnect = (): Promise<void> => {
    this.calls.push('disconnect');
    return Promise.resolve();
  };
  /** What Kafka says to a position from one that is no member any more. */
  refusal: Error | undefined;
  commitOffsets = (offsets: { partition: number; offset: string }[]): Promise<void> => {
    if (this.refusal !== undefined) {
      this.calls.push('commit refused');
      return Promise.reject(this.refusal);
    }
    for (const { partition, offset } of offsets) this.calls.push(`commit ${partition} at ${offset}`);
    return Promise.resolve();
  };
  pause = ([one]: { partitions: number[] }[]): number => this.calls.push(`pause ${one!.partitions[0]}`);
  resume = ([one]: { partitions: number[] }[]): number => this.calls.push(`resume ${one!.partitions[0]}`);
  seek = ({ partition, offset }: { partition: number; offset: string }): number =>
    this.calls.push(`seek ${partition} to ${offset}`);

  join(partitions: readonly number[], memberId = 'me'): void {
    this.listeners.get('join')!({
      payload: { memberId, memberAssignment: partitions.length > 0 ? { t: partitions } : {} },
    });
  }
  crash(error: Error, restart: boolean): void {
    this.listeners.get('crash')!({ payload: { error, restart } });
  }
  controlOnly(partition: number, lastOffset: number): void {
    this.listeners.get('end')!({ payload: { topic: 't', partition, batchSize: 0, lastOffset: `${lastOffset}` } });
  }
  async fetch(partition: number, fetchedOffset: number, offsets: readonly number[]): Promise<void> {
    const messages = offsets.map((offset) => {
      const record = { topic: 't', partition, offset, key: null, value: null, headers: {}, appendedAt: 0 };
      return new FetchedRecord(offset, record, { producerId: '-1', inTransaction: false }, false);
    });
    const lastOffset = (): string => `${offsets[offsets.length - 1] ?? fetchedOffset}`;
    const batch = { topic: 't', partition, fetchedOffset, messages, highWatermark: '100', lastOffset };
    await this.each({ batch: batch as unknown as Batch } as Parameters<typeof this.each>[0]);
  }
}

async function playing(given: Partial<Subscriber> = {}) {
  const consumer = new PlayedConsumer();
  const batches: LogBatch[] = [];
  const happened: string[] = [];
  const fatal: Error[] = [];
  const subscription = new KafkaSubscription(
    {
      group: 'g',
      topics: ['t'],
      onAssigned: (_, partition) => {
        happened.push(`assigned ${partition}`);
        return Promise.resolve(10);
      },
      onRevoked: (_, partition) => {
        happened.push(`revoked ${partition}`);
        return Promise.resolve();
      },
      onBatch: (batch) => {
        batches.push(batch);
        return Promise.resolve();
      },
      onFatal: (error) => fatal.push(error),
      ...given,
    },
    {
      client: {
        kafka: { consumer: () => consumer as unknown as Consumer } as unknown as Kafka,
        connections: { ended: false, end: () => consumer.calls.push('end') },
      },
      bounds: () => Promise.resolve([{ partition: 0, low: 50, high: 60 }]),
      logger: undefined,
      stall: { afterMillis: 30_000, everyMillis: 3_600_000, now: () => 0 },
    },
  );
  await subscription.start();
  const offsets = (): number[] => batches.flatMap(({ records }) => records.map(({ offset }) => offset));
  return { consumer, subscription, batches, offsets, happened, fatal };
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
}

/** Of a subscription that pauses before it tries again. */
async function until(there: () => boolean): Promise<void> {
  await eventually(() => (there() ? true : undefined), { within: 15_000 });
}

describe('A subscription to Kafka', () => {
  it('stops a partition in the very moment it is assigned, until its beginning is known', async () => {
    let begin!: (offset: number) => void;
    const { consumer, subscription } = await playing({ onAssigned: () => new Promise((resolve) => (begin = resolve)) });
    consumer.join([0]);
    // Not a turn later: the fetch loop does not wait.
    expect(consumer.calls).toEqual(['pause 0']);
    await settled();
    begin(7);
    await settled();
    expect(consumer.calls).toEqual(['pause 0', 'seek 0 to 7', 'resume 0']);
    await subscription.close();
  });

  it('drops what was fetched at another offset, and seeks the right one again', async () => {
    const { consumer, subscription, offsets } = await playing();
    consumer.join([0]);
    await settled();
    consumer.calls.length = 0;
    await consumer.fetch(0, 0, [0, 1]);
    expect(consumer.calls).toEqual(['seek 0 to 10']);
    await consumer.fetch(0, 10, [10, 11]);
    await settled();
    expect(offsets()).toEqual([10, 11]);
    await subscription.close();
  });

  it('seeks again what it keeps through a rebalance, which forgets positions', async () => {
    const { consumer, subscription, happened } = await playing();
    consumer.join([0, 1]);
    await settled();
    await consumer.fetch(0, 10, [10, 11]);
    await settled();
    consumer.calls.length = 0;
    consumer.join([0]);
    expect(consumer.calls).toContain('seek 0 to 12');
    await settled();
    expect(happened).toEqual(['assigned 0', 'assigned 1', 'revoked 1']);
    await subscription.close();
  });

  it('hands over nothing of a partition that went elsewhere', async () => {
    const offsets: number[] = [];
    let free!: () => void;
    const { consumer, subscription } = await playing({
      maxRecords: 1,
      onBatch: ({ nextOffset }) => {
        offsets.push(nextOffset - 1);
        return new Promise((resolve) => (free = resolve));
      },
    });
    consumer.join([0]);
    await settled();
    await consumer.fetch(0, 10, [10, 11, 12]);
    await settled();
    consumer.join([]);
    await consumer.fetch(0, 13, [13]);
    free();
    await settled();
    expect(offsets).toEqual([10]);
    expect(subscription.assigned()).toEqual([]);
    await subscription.close();
  });

  it('goes back to where its subscriber says when what it took is not settled, and tells no position behind', async () => {
    let lose!: (error: Error) => void;
    const starts = [10, 11];
    const taken: number[] = [];
    const { consumer, subscription } = await playing({
      onAssigned: () => Promise.resolve(starts.shift()!),
      onBatch: ({ nextOffset }) => {
        taken.push(nextOffset);
        const settled = taken.length === 2 ? new Promise<void>((_, reject) => (lose = reject)) : Promise.resolve();
        return Promise.resolve({ settled });
      },
    });
    consumer.join([0]);
    await settled();
    await consumer.fetch(0, 10, [10]);
    await settled();
    await consumer.fetch(0, 11, [11, 12]);
    await settled();
    consumer.calls.length = 0;
    lose(Object.assign(new Error('not just now'), { retriable: true }));
    await until(() => consumer.calls.includes('seek 0 to 11'));
    await consumer.fetch(0, 13, [13]);
    await consumer.fetch(0, 11, [11, 12]);
    await settled();
    expect(taken).toEqual([11, 13, 13]);
    await subscription.close();
    expect(consumer.calls.filter((call) => call.startsWith('commit'))).toEqual(['commit 0 at 11', 'commit 0 at 13']);
  });

  it('begins no failed partition anew while Kafka does not take it for a member: somebody else may have it', async () => {
    const passing = Object.assign(new Error('not just now'), { retriable: true });
    const { consumer, subscription, happened, fatal } = await playing({ onBatch: () => Promise.reject(passing) });
    consumer.join([0], 'me');
    await settled();
    consumer.refusal = new Error('The coordinator is not aware of this member');
    await consumer.fetch(0, 10, [10]);
    await until(() => consumer.calls.filter((call) => call === 'commit refused').length > 1);
    expect(happened).toEqual(['assigned 0', 'revoked 0']);
    consumer.refusal = undefined;
    consumer.join([1], 'me, later');
    await until(() => happened.includes('assigned 1'));
    expect(happened).toEqual(['assigned 0', 'revoked 0', 'assigned 1']);
    expect(fatal).toEqual([]);
    await subscription.close();
  });

  it('gives a partition up before it takes it anew', async () => {
    let free!: () => void;
    const { consumer, subscription, happened } = await playing({
      onBatch: () => new Promise((resolve) => (free = resolve)),
    });
    consumer.join([0]);
    await settled();
    await consumer.fetch(0, 10, [10]);
    await settled();
    consumer.join([]);
    consumer.join([0]);
    await settled();
    expect(happened).toEqual(['assigned 0']);
    free();
    await settled();
    expect(happened).toEqual(['assigned 0', 'revoked 0', 'assigned 0']);
    await subscription.close();
  });

  it('takes its partitions anew when it comes back under another name', async () => {
    const { consumer, subscription, happened } = await playing();
    consumer.join([0], 'me');
    await settled();
    consumer.join([0], 'me, later');
    await settled();
    expect(happened).toEqual(['assigned 0', 'revoked 0', 'assigned 0']);
    await subscription.close();
  });

  it('goes past offsets that hold only control records', async () => {
    const { consumer, subscription, batches } = await playing();
    consumer.join([0]);
    await settled();
    consumer.controlOnly(0, 14);
    await settled();
    expect(batches).toMatchObject([{ records: [], nextOffset: 15 }]);
    await consumer.fetch(0, 15, [15]);
    await settled();
    expect(batches[1]).toMatchObject({ nextOffset: 16 });
    await subscription.close();
  });

  it('gives everything up when the consumer crashes and restarts by itself', async () => {
    const { consumer, subscription, happened, fatal } = await playing();
    consumer.join([0]);
    await settled();
    consumer.crash(new Error('tried often enough'), true);
    await settled();
    expect(happened).toEqual(['assigned 0', 'revoked 0']);
    expect(fatal).toEqual([]);
    await subscription.close();
  });

  it('ends when the consumer crashes for good', async () => {
    const { consumer, subscription, fatal } = await playing();
    consumer.join([0]);
    await settled();
    consumer.crash(Object.assign(new Error('wrapped'), { cause: new Error('the reason') }), false);
    await settled();
    expect(fatal.map(({ message }) => message)).toEqual(['the reason']);
    expect(consumer.calls).toContain('disconnect');
    await subscription.close();
  });

  it('gives up the other partitions in order when one has failed for good', async () => {
    let free!: () => void;
    const { consumer, subscription, happened, fatal } = await playing({
      onBatch: ({ partition }) =>
        partition === 0 ? Promise.reject(new Error('a defect')) : new Promise((resolve) => (free = resolve)),
    });
    consumer.join([0, 1]);
    await settled();
    await consumer.fetch(1, 10, [10]);
    await consumer.fetch(0, 10, [10]);
    await settled();
    expect(fatal).toHaveLength(1);
    expect(happened).not.toContain('revoked 1');
    free();
    await subscription.close();
    expect(happened).toContain('revoked 1');
  });

  it('ends once, whatever else fails', async () => {
    const { consumer, subscription, fatal } = await playing({ onBatch: () => Promise.reject(new Error('a defect')) });
    consumer.join([0, 1]);
    await settled();
    await Promise.all([consumer.fetch(0, 10, [10]), consumer.fetch(1, 10, [10])]);
    consumer.crash(new Error('and this'), false);
    await settled();
    expect(fatal.map(({ message }) => message)).toEqual(['a defect']);
    await subscription.close();
  });
});
