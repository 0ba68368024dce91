import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { CompressionTypes, Kafka, logLevel, type ITopicConfig } from 'kafkajs';
import KafkaCluster from 'kafkajs/src/cluster';
import ConsumerGroup from 'kafkajs/src/consumer/consumerGroup';
import type { Logger } from '#libs/telemetry';
import { eventually } from '#libs/testkit';
import type { Log, LogBatch, Subscriber, Subscription } from '../port.js';
import { createKafkaLog } from './create-kafka-log.js';
import { OffsetGoneError } from './offset-gone-error.js';
import { StalledError } from './stall-watch.js';

const brokers = process.env.PACTWATCH_TEST_KAFKA?.split(',');

async function until(there: () => boolean, what: string): Promise<void> {
  await eventually(
    () => {
      if (!there()) throw new Error(`waited in vain for ${what}`);
      return true;
    },
    { within: 90_000 },
  );
}

/** A group of its own, that writes down what it reads. */
async function reading(log: Log, topic: string, start: number, given: Partial<Subscriber> = {}) {
  const batches: LogBatch[] = [];
  const fatal: Error[] = [];
  const subscription: Subscription = await log.subscribe({
    group: `group-${randomUUID()}`,
    topics: [topic],
    onAssigned: () => Promise.resolve(start),
    onRevoked: () => Promise.resolve(),
    onBatch: (batch) => {
      batches.push(batch);
      return Promise.resolve();
    },
    onFatal: (error) => fatal.push(error),
    ...given,
  });
  const values = (): (string | undefined)[] =>
    batches.flatMap(({ records }) => records.map(({ value }) => value?.toString()));
  const next = (): number | undefined => batches[batches.length - 1]?.nextOffset;
  return { subscription, batches, values, next, fatal };
}

const describeWithKafka = brokers === undefined ? describe.skip : describe;

describeWithKafka('Against the known traps, the log in Kafka', () => {
  const client = new Kafka({ brokers: brokers ?? [], clientId: 'pactwatch-guards', logLevel: logLevel.NOTHING });
  const admin = client.admin();
  let log: Log;

  beforeAll(async () => {
    log = createKafkaLog({ brokers: brokers ?? [], clientId: 'pactwatch-guards' });
    await admin.connect();
  });

  afterAll(async () => {
    await log.close();
    await admin.disconnect();
  });

  /** One partition, with entries of its configuration. */
  async function topicWith(configEntries: ITopicConfig['configEntries'] = []): Promise<string> {
    const topic = `guards-${randomUUID()}`;
    await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 1, configEntries }] });
    return topic;
  }

  async function append(topic: string, ...values: string[]): Promise<void> {
    await log.append(values.map((value) => ({ topic, key: 'k', value })));
  }

  it('ends where the next record was deleted unread, instead of going on behind the hole', async () => {
    const topic = await topicWith();
    await append(topic, 'a', 'b', 'c', 'd');
    await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '2' }] });

    const { subscription, batches, fatal } = await reading(log, topic, 0);
    await until(() => fatal.length > 0, 'the fatal error');
    expect(fatal[0]).toBeInstanceOf(OffsetGoneError);
    expect(fatal[0]).toMatchObject({ partition: 0, offset: 0, bounds: { low: 2, high: 4 } });
    expect(batches).toEqual([]);
    await subscription.close();
  });

  it('ends where the log is shorter than it was', async () => {
    const topic = await topicWith();
    await append(topic, 'a');
    const { subscription, batches, fatal } = await reading(log, topic, 7);
    await until(() => fatal.length > 0, 'the fatal error');
    expect(fatal[0]).toMatchObject({ offset: 7, bounds: { low: 0, high: 1 } });
    expect(batches).toEqual([]);
    await subscription.close();
  });

  it('warns of a topic whose times are its senders’, or that is compacted', async () => {
    const warned: object[] = [];
    const logger = { trace() {}, debug() {}, info() {}, warn: (fields: object) => warned.push(fields) };
    const options = { brokers: brokers!, clientId: 'pactwatch-guards', logger: logger as unknown as Logger };
    const mine = createKafkaLog(options);
    const fits = { name: 'message.timestamp.type', value: 'LogAppendTime' };
    const [asked, found] = [
      await topicWith([fits]),
      await topicWith([{ name: 'cleanup.policy', value: 'compact,delete' }]),
    ];
    await mine.ensureTopics([asked, found].map((topic) => ({ topic, partitions: 1 })));
    await mine.close();
    expect(warned).toEqual([
      { topic: found, 'message.timestamp.type': 'CreateTime' },
      { topic: found, 'cleanup.policy': 'compact,delete' },
    ]);
  });

  it('goes past records of transactions, finished and aborted', async () => {
    const topic = await topicWith();
    const producer = client.producer({
      transactionalId: `guards-${randomUUID()}`,
      maxInFlightRequests: 1,
      idempotent: true,
    });
    await producer.connect();
    for (const [value, outcome] of [
      ['a', 'commit'],
      ['b', 'abort'],
      ['c', 'abort'],
    ] as const) {
      const transaction = await producer.transaction();
      await transaction.send({ topic, messages: [{ value }] });
      await transaction[outcome]();
    }
    await producer.disconnect();

    const { subscription, values, next, fatal } = await reading(log, topic, 0);
    // Two records with a marker each, and at last an aborted one: nothing to hand over, yet the way goes on.
    await until(() => next() === 6, 'the end of the log');
    expect(values()).toEqual(['a']);
    await append(topic, 'd');
    await until(() => next() === 7, 'the record behind');
    expect(values()).toEqual(['a', 'd']);
    expect(fatal).toEqual([]);
    await subscription.close();
  });

  it('goes past offsets where there is nothing but what transactions leave behind', async () => {
    const topic = await topicWith();
    const producer = client.producer({
      transactionalId: `guards-${randomUUID()}`,
      maxInFlightRequests: 1,
      idempotent: true,
    });
    await producer.connect();
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: [{ value: 'a' }] });
    await transaction.abort();
    await producer.disconnect();

    const { subscription, values, next } = await reading(log, topic, 0);
    await until(() => next() === 2, 'the end of the log');
    expect(values()).toEqual([]);
    await subscription.close();
  });

  it.each(['gzip', 'snappy', 'lz4', 'zstd'])("reads what Kafka's own %s wrote", async (codec) => {
    const topic = await topicWith([{ name: 'compression.type', value: codec }]);
    const sent = ['a', 'b'.repeat(300_000), '投诉'.repeat(1_000), ...Array.from({ length: 500 }, (_, i) => `${i}`)];
    await append(topic, ...sent);
    const { subscription, values, next } = await reading(log, topic, 0);
    await until(() => next() === sent.length, 'all records');
    expect(values()).toEqual(sent);
    expect((await log.readOne(topic, 0, 2))?.value?.toString()).toBe(sent[2]);
    await subscription.close();
  });

  it('reads what kafkajs compressed', async () => {
    const topic = await topicWith();
    const producer = client.producer();
    await producer.connect();
    await producer.send({ topic, compression: CompressionTypes.GZIP, messages: [{ value: 'a' }, { value: 'b' }] });
    await producer.disconnect();
    const { subscription, values, next } = await reading(log, topic, 1);
    await until(() => next() === 2, 'the record');
    expect(values()).toEqual(['b']);
    await subscription.close();
  });

  it('appends in shares that Kafka takes, in order, whatever is given at once', async () => {
    const topic = await topicWith();
    const values = Array.from({ length: 9_000 }, (_, index) => `${index}`.padEnd(340, '.'));
    const results = await log.append(values.map((value) => ({ topic, key: 'k', value })));
    expect(results.map(({ offset }) => offset)).toEqual(values.map((_, index) => index));
    const read = await Promise.all([0, 4_321, 8_999].map((offset) => log.readOne(topic, 0, offset)));
    expect(read.map((one) => one?.value?.toString())).toEqual([values[0], values[4_321], values[8_999]]);
  });

  it('refuses one record that Kafka does not take, and no other that was appended beside it', async () => {
    const topic = await topicWith([{ name: 'max.message.bytes', value: '20000' }]);
    const beside = [log.append([{ topic, key: 'k', value: 'a' }]), log.append([{ topic, key: 'k', value: 'b' }])];
    const tooLarge = log.append([{ topic, key: 'k', value: 'x'.repeat(50_000) }]);
    const outcome = expect(tooLarge).rejects.toMatchObject({ retriable: false });
    const after = log.append([{ topic, key: 'k', value: 'c' }]);
    await outcome;
    const offsets = (await Promise.all([...beside, after])).flatMap((one) => one.map(({ offset }) => offset));
    expect(offsets).toEqual([0, 1, 2]);
  });

  it('leaves out headers that a caller left undefined', async () => {
    const topic = await topicWith();
    const headers = { ce_id: 'a', ce_subject: undefined } as unknown as Record<string, string>;
    await log.append([{ topic, key: 'k', value: 'a', headers }]);
    expect((await log.readOne(topic, 0, 0))?.headers).toEqual({ ce_id: Buffer.from('a') });
  });

  it('tells Kafka how far it is, for those who watch the lag', async () => {
    const topic = await topicWith();
    const group = `group-${randomUUID()}`;
    await append(topic, 'a', 'b', 'c');
    const { subscription, next } = await reading(log, topic, 0, { group });
    await until(() => next() === 3, 'all records');
    await subscription.close();
    const [offsets] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
    expect(offsets?.partitions).toMatchObject([{ partition: 0, offset: '3' }]);
  });

  it('waits where no broker knows the coordinator of a group yet', async () => {
    const topic = await topicWith();
    await append(topic, 'a');
    const find = KafkaCluster.prototype.findGroupCoordinatorMetadata;
    let asked = 0;
    const unknown = jest.spyOn(KafkaCluster.prototype, 'findGroupCoordinatorMetadata').mockImplementation(function (
      this: KafkaCluster,
      group,
    ) {
      asked += 1;
      if (asked > 2) return find.call(this, group);
      const nobody = { brokerPool: { withBroker: () => Promise.resolve(null) } };
      return find.call(Object.assign(Object.create(KafkaCluster.prototype) as KafkaCluster, nobody), group);
    });
    try {
      const { subscription, values, fatal } = await reading(log, topic, 0);
      await until(() => values().length === 1 || fatal.length > 0, 'the record');
      expect(fatal).toEqual([]);
      expect(asked).toBeGreaterThan(2);
      await subscription.close();
    } finally {
      unknown.mockRestore();
    }
  });

  describe('which looks often for a standstill,', () => {
    let watchful: Log;
    beforeAll(() => {
      watchful = createKafkaLog({ brokers: brokers ?? [], clientId: 'pactwatch-guards', stallMillis: 3_000 });
    });
    afterAll(() => watchful.close());

    it('ends where kafkajs fetches no more and says nothing', async () => {
      const topic = await topicWith();
      await append(topic, 'a');
      const { subscription, values, fatal } = await reading(watchful, topic, 0);
      await until(() => values().length === 1, 'the first record');
      const loop = ConsumerGroup.prototype as unknown as { fetch(): Promise<unknown> };
      let free!: (fetched: []) => void;
      const silent = jest.spyOn(loop, 'fetch').mockReturnValue(new Promise((resolve) => (free = resolve)));
      try {
        await append(topic, 'b');
        await until(() => fatal.length > 0 || values().length === 2, 'the end, or a fetch that was under way');
        await append(topic, 'c');
        await until(() => fatal.length > 0, 'the fatal error');
      } finally {
        silent.mockRestore();
        free([]);
      }
      expect(fatal[0]).toBeInstanceOf(StalledError);
      expect(fatal[0]?.message).toMatch(new RegExp(`^${topic}/0 stands at offset [12] of [23] `));
      await subscription.close();
    });

    it('ends where a batch is never done', async () => {
      const topic = await topicWith();
      await append(topic, 'a');
      let done!: () => void;
      const { subscription, fatal } = await reading(watchful, topic, 0, {
        onBatch: () => new Promise((resolve) => (done = resolve)),
      });
      await until(() => fatal.length > 0, 'the fatal error');
      expect(fatal[0]).toBeInstanceOf(StalledError);
      done();
      await subscription.close();
    });
  });

  it('says within a second or two that nobody answers, and that it may pass', async () => {
    const nobody = createKafkaLog({ brokers: ['127.0.0.1:1'], clientId: 'pactwatch-guards' });
    await expect(nobody.ping()).rejects.toMatchObject({
      retriable: true,
      message: expect.stringContaining('127.0.0.1:1'),
    });
    await nobody.close();
  });
});

/** What would keep this process alive: timers that wait, connections that are open or being made. */
function underWay(): number {
  return process.getActiveResourcesInfo().filter((kind) => /^(Timeout|TCP)/.test(kind)).length;
}

/** A broker of its own in a process that does what it is told, a word at a time: its module does not load inside Jest. */
class BrokerProcess {
  private constructor(
    private readonly child: ChildProcessWithoutNullStreams,
    private readonly answers: AsyncIterator<string>,
    readonly brokers: string,
    readonly dataDir: string,
  ) {}

  static async start(): Promise<BrokerProcess> {
    const module = pathToFileURL(resolve(__dirname, '../../../../deploy/kafka/kafka-server.mjs')).href;
    const script = `
      import { createInterface } from 'node:readline';
      const { startKafka } = await import(${JSON.stringify(module)});
      const server = await startKafka();
      console.log(JSON.stringify({ brokers: server.brokers, dataDir: server.dataDir }));
      for await (const word of createInterface(process.stdin)) {
        await server[word]();
        console.log(word);
      }`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
    child.stderr.pipe(process.stderr);
    // One that has ended by itself does not take words any more; that its answer fails says so.
    child.stdin.on('error', () => undefined);
    const answers = createInterface(child.stdout)[Symbol.asyncIterator]();
    const { value, done } = await answers.next();
    if (done === true) throw new Error('the broker did not start');
    const { brokers: at, dataDir } = JSON.parse(value) as { brokers: string; dataDir: string };
    return new BrokerProcess(child, answers, at, dataDir);
  }

  async tell(word: 'stop' | 'kill' | 'restart' | 'discard'): Promise<void> {
    this.child.stdin.write(`${word}\n`);
    expect((await this.answers.next()).value).toBe(word);
  }

  async end(): Promise<void> {
    await this.tell('discard');
    this.child.stdin.end();
  }
}

describeWithKafka('When the broker fails, the log in Kafka', () => {
  let server: BrokerProcess;
  let log: Log;

  beforeAll(async () => {
    server = await BrokerProcess.start();
    log = createKafkaLog({ brokers: [server.brokers], clientId: 'pactwatch-faults' });
  });

  afterAll(async () => {
    await log.close();
    await server.end();
  });

  it('goes on appending and reading, without loss or change of order, when the broker is killed and comes back', async () => {
    const topic = `faults-${randomUUID()}`;
    await log.ensureTopics([{ topic, partitions: 1 }]);
    const { subscription, values, fatal } = await reading(log, topic, 0);
    await log.append([{ topic, key: 'k', value: '0' }]);
    await until(() => values().length === 1, 'the first record');

    await server.tell('kill');
    const back = server.tell('restart');
    for (let index = 1; index < 5; index += 1) {
      // A broker that is away for longer than an append waits has it sent again, as every sender must.
      await eventually(() => log.append([{ topic, key: 'k', value: `${index}` }]), { within: 120_000 });
    }
    await back;
    await until(() => values().includes('4'), 'the last record');
    expect([...new Set(values())]).toEqual(['0', '1', '2', '3', '4']);
    expect(fatal).toEqual([]);
    await subscription.close();
  });

  it('ends what it has begun when it is closed while the broker is away', async () => {
    const topic = `faults-${randomUUID()}`;
    const quiet = underWay();
    const said: string[] = [];
    const note = (_: object, text: string): number => said.push(text);
    const logger = { trace: note, debug: note, info: note, warn: note } as unknown as Logger;
    const closed = createKafkaLog({ brokers: [server.brokers], clientId: 'pactwatch-closed', logger });
    await closed.ensureTopics([{ topic, partitions: 1 }]);
    const { subscription, values, fatal } = await reading(closed, topic, 0);
    await closed.append([{ topic, key: 'k', value: 'a' }]);
    await until(() => values().length === 1, 'the record');

    await server.tell('kill');
    const late = closed.append([{ topic, key: 'k', value: 'b' }]).catch((error: unknown) => error);
    await until(() => subscription.assigned().length === 0, 'the consumer that notices');
    // In the middle of its next attempt: that one does not hear of an end.
    const starts = (): number => said.filter((one) => one.includes('Consumer: Starting')).length;
    const before = starts();
    await until(() => starts() > before, 'the consumer to begin anew');
    await closed.close();
    expect(await late).toMatchObject({ retriable: true });
    expect(fatal).toEqual([]);
    await until(() => underWay() <= quiet, 'the end of all that keeps a process alive');
    await server.tell('restart');
  });

  it('names the offsets of a batch that was damaged on disk, and goes on behind it', async () => {
    const topic = `faults-${randomUUID()}`;
    await log.ensureTopics([{ topic, partitions: 1 }]);
    for (const value of ['before', 'damaged-1', 'after']) {
      await log.append([value, `${value}, too`].map((one) => ({ topic, key: 'k', value: one })));
    }
    await server.tell('stop');
    const folder = join(server.dataDir, 'log', `${topic}-0`);
    const segment = join(
      folder,
      readdirSync(folder).find((file) => file.endsWith('.log'))!,
    );
    const bytes = readFileSync(segment);
    bytes[bytes.indexOf('damaged-1')] = 'D'.charCodeAt(0);
    writeFileSync(segment, bytes);
    await server.tell('restart');

    const { subscription, batches, values, next } = await reading(log, topic, 0);
    await until(() => next() === 6, 'the end');
    expect(values()).toEqual(['before', 'before, too', 'after', 'after, too']);
    expect(batches.flatMap(({ undecodable }) => undecodable)).toMatchObject([{ from: 2, to: 3 }]);
    expect(await log.readOne(topic, 0, 2)).toBeUndefined();
    expect((await log.readOne(topic, 0, 4))?.value?.toString()).toBe('after');
    await subscription.close();
  });
});
