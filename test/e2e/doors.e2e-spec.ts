import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kafka, logLevel, Partitioners, type Producer } from 'kafkajs';
import { DEFAULT_PARTITIONS, homePartition, TOPICS } from '#libs/bus';
import { watermarkRecord } from '#libs/events';
import { eventually } from '#libs/testkit';
import { aConfigFolder, type ConfigFolder } from './a-config-folder.js';
import { startProduct, STAMP_KEY, type Product } from './a-product.js';
import { allPages } from './all-pages.js';
import { dismissMembers } from './dismiss-members.js';
import { IntakeProcess } from './intake-process.js';
import { describeWithKafka, startOwnBroker, type OwnBroker } from './own-broker.js';
import { DEPOT, parcelContract } from './parcel-contract.js';
import { readTopic } from './read-topic.js';

const FOREIGN = 'depot.log';
const FOREIGN_PARTITIONS = 3;
const COUNTER = '/counter';
const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** Contracts that share no partition. */
const [KILLED, CALM, HELD] = contractIds(3) as [string, string, string];

function contractIds(count: number): string[] {
  const found = new Map<number, string>();
  for (let n = 1; found.size < count; n++) {
    const home = homePartition(`PARCELS-${n}`, DEFAULT_PARTITIONS);
    if (!found.has(home)) found.set(home, `PARCELS-${n}`);
  }
  return [...found.values()];
}

/** The parcels' contract in minutes instead of seconds, its depot behind a door, beside a counter that is not. */
function contractBehindDoor(id: string, now: number): string {
  return parcelContract(id, now)
    .replaceAll(/PT(\d)S (round the clock|working time)/g, 'PT$1M $2')
    .replace(
      /^ {2}\/depot: .*$/m,
      `  ${DEPOT}: { trust: trusted, delay: PT10M, door: depot }\n  ${COUNTER}: { trust: trusted }`,
    );
}

const DOOR = `door: depot
topics:
  - { topic: ${FOREIGN}, mapping: depot.yaml, logAppendTime: true }
`;

const MAPPING = `mapping: depot
input: ndjson
events:
  - type: '{what}'
    source: ${DEPOT}
    subject: '{parcel}'
    contractid: '{customer}'
    time: { field: when, format: epoch-millis }
    data: { speed: { field: speed, optional: true } }
`;

interface Verdict {
  readonly obligation: string;
  readonly subject: string;
  readonly instance: number;
  readonly state: string;
  readonly startedAt: string;
  readonly dueAt: string | null;
  readonly stoppedAt: string | null;
}

describeWithKafka('a platform whose topic has other keys and another shape', () => {
  let broker: OwnBroker;
  let config: ConfigFolder;
  let product: Product;
  let producer: Producer;
  let intake: IntakeProcess;

  beforeAll(async () => {
    broker = await startOwnBroker();
    const kafka = new Kafka({ brokers: [broker.brokers], clientId: 'platform', logLevel: logLevel.NOTHING });
    const admin = kafka.admin();
    await admin.connect();
    // The test sets the append times of the stream, to let ten minutes of it pass in no time.
    const configEntries = [
      { name: 'message.timestamp.type', value: 'CreateTime' },
      { name: 'max.message.bytes', value: String(16 * 1024 * 1024) },
    ];
    await admin.createTopics({
      waitForLeaders: true,
      topics: [
        { topic: TOPICS.events, numPartitions: DEFAULT_PARTITIONS, configEntries },
        {
          topic: FOREIGN,
          numPartitions: FOREIGN_PARTITIONS,
          configEntries: [{ name: 'message.timestamp.type', value: 'LogAppendTime' }],
        },
      ],
    });
    await admin.disconnect();
    producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    config = aConfigFolder([KILLED, CALM, HELD].map((id) => contractBehindDoor(id, Date.now())));
    product = await startProduct({ ...config, configFolder: config.folder, brokers: broker.brokers });
    // Only now: the doors are those of the other process alone.
    for (const [name, text] of [
      ['doors/depot.yaml', DOOR],
      ['mappings/depot.yaml', MAPPING],
    ] as const) {
      mkdirSync(join(config.folder, name, '..'), { recursive: true });
      writeFileSync(join(config.folder, name), text);
    }
    intake = IntakeProcess.start(product.env);
  }, 600_000);

  afterAll(async () => {
    await intake?.discard();
    await producer?.disconnect();
    await product?.close();
    await broker?.close();
    config?.remove();
  });

  /** The platform writes to its own topic, under keys of its own. */
  async function write(records: readonly object[]): Promise<void> {
    const messages = records.map((record, n) => ({
      key: `shelf ${n}`,
      value: JSON.stringify(record),
      partition: n % FOREIGN_PARTITIONS,
    }));
    await producer.send({ topic: FOREIGN, acks: -1, messages });
  }

  const happened = (customer: string, what: string, parcel: string, when: number, more: object = {}): object => ({
    ...{ customer, what, parcel, when },
    ...more,
  });

  async function rows<T extends object>(sql: string, ...values: unknown[]): Promise<T[]> {
    return (await product.servers.store.pool.query<T>(sql, values)).rows;
  }

  const factsOf = async (contract: string): Promise<string[]> =>
    (await rows<{ id: string }>('SELECT id FROM fact WHERE contract = $1 ORDER BY id', contract)).map(({ id }) => id);

  async function judged(contract: string, count: number): Promise<void> {
    await eventually(
      async () => {
        intake.mustRun();
        return (await factsOf(contract)).length >= count ? true : undefined;
      },
      { within: 120_000 },
    );
  }

  /** A record straight into the stream, with an append time of the test's choice. */
  async function appendAt(at: number, contract: string, record: { value: string; headers?: Record<string, string> }) {
    const partition = homePartition(contract, DEFAULT_PARTITIONS);
    const messages = [{ key: contract, timestamp: String(at), partition, ...record }];
    await producer.send({ topic: TOPICS.events, acks: -1, messages });
  }

  /** At the counter a locker breaks; it is told in the stream itself. */
  async function breakLocker(contract: string, when: number, appendedAt: number): Promise<void> {
    const [type, subject, time] = ['locker.broken', 'L', new Date(when).toISOString()];
    const event = { specversion: '1.0', id: 'l', source: COUNTER, type, subject, time, contractid: contract };
    const headers = { 'content-type': 'application/cloudevents+json' };
    await appendAt(appendedAt, contract, { value: JSON.stringify(event), headers });
  }

  /** The door says, to the partition of one contract, that it has been read up to an instant. */
  async function readUpTo(contract: string, through: number): Promise<void> {
    const partition = homePartition(contract, DEFAULT_PARTITIONS);
    const { value, headers } = watermarkRecord({ door: 'depot', through }, partition, Buffer.from(STAMP_KEY));
    await appendAt(through, contract, { value, headers });
  }

  const openings = (contract: string, from: number): object[] => [
    happened(contract, 'parcel.accepted', 'A', from, { speed: 'fast' }),
    happened(contract, 'parcel.accepted', 'B', from, { speed: 'slow' }),
    happened(contract, 'parcel.accepted', 'C', from, { speed: 'fast' }),
    happened(contract, 'question.asked', 'C', from + 100),
  ];
  const answers = (contract: string, from: number): object[] => [
    happened(contract, 'parcel.scanned', 'A', from + 200),
    happened(contract, 'parcel.delivered', 'A', from + 400),
    happened(contract, 'parcel.held', 'B', from + 200),
    happened(contract, 'parcel.freed', 'B', from + 900),
    happened(contract, 'question.answered', 'C', from + 600),
  ];

  const clockOf = async (contract: string): Promise<Date | null | undefined> =>
    (await rows<{ clock: Date | null }>('SELECT clock FROM contract_state WHERE contract = $1', contract))[0]?.clock;

  /** All verdicts, with their instants counted from the beginning of the story. */
  async function verdictsOf(contract: string, from: number): Promise<object[]> {
    const since = (at: string | null): number | null => (at === null ? null : Date.parse(at) - from);
    const all = await allPages<Verdict>(product.url, `/v1/contracts/${contract}/verdicts`);
    return all.map(({ obligation, subject, instance, state, startedAt, dueAt, stoppedAt }) => ({
      ...{ obligation, subject, instance, state },
      ...{ startedAt: since(startedAt), dueAt: since(dueAt), stoppedAt: since(stoppedAt) },
    }));
  }

  const decided = async (contract: string): Promise<string[]> =>
    (
      await rows<{ type: string; subject: string; obligation: string }>(
        'SELECT type, subject, obligation FROM decision WHERE contract = $1 ORDER BY number',
        contract,
      )
    ).map(({ type, subject, obligation }) => `${type.replace('compliance.', '')} ${obligation} ${subject}`);

  async function feedAlerts(contract: string): Promise<string[]> {
    const alerts = await readTopic(product.servers.log, TOPICS.alerts);
    return alerts
      .filter(({ headers }) => String(headers['ce_type']) === 'compliance.alert.feed.silent')
      .map(({ value }) => JSON.parse(String(value)) as { contract: string; feed: { name: string; state: string } })
      .filter((alert) => alert.contract === contract)
      .map(({ feed }) => `${feed.name} ${feed.state}`);
  }

  it('has each of its records become one fact, though the intake is killed while it reads', async () => {
    const kills = 2;
    const total = 600;
    let written = 0;
    const seen: number[] = [];
    /** How many partitions of the platform's topic were taken more often than that. */
    const takenMoreThan = async (times: number): Promise<number> =>
      (await rows('SELECT FROM door_cursor WHERE epoch > $1', times)).length;
    for (let kill = 0; kill <= kills; kill++) {
      const until = Math.floor((total * (kill + 1)) / (kills + 1));
      const records = Array.from({ length: until - written }, (_, n) =>
        happened(KILLED, 'parcel.accepted', `P-${written + n}`, Date.now(), { speed: 'fast' }),
      );
      const before = (await factsOf(KILLED)).length;
      // In pieces, so that the kill falls between them.
      for (let at = 0; at < records.length; at += 10) {
        await write(records.slice(at, at + 10));
        if (kill < kills && at === 70) await judged(KILLED, before + 1);
        if (kill < kills && at === 100) {
          await eventually(async () => ((await takenMoreThan(kill)) === FOREIGN_PARTITIONS ? true : undefined));
          await intake.kill();
          seen.push((await factsOf(KILLED)).length);
        }
      }
      written = until;
      if (kill === kills) continue;
      await dismissMembers(broker.brokers, 'pactwatch-door-depot');
      intake = IntakeProcess.start(product.env);
    }
    await judged(KILLED, total);
    await product.caughtUp();
    const foreign = await readTopic(product.servers.log, FOREIGN);
    const appended = new Map(
      foreign.map(({ partition, offset, appendedAt }) => [`${FOREIGN}/${partition}/${offset}`, appendedAt]),
    );
    expect(appended.size).toBe(total);
    expect(await factsOf(KILLED)).toEqual([...appended.keys()].sort());
    // The kills fell while there was something to read, and each successor has taken every partition anew.
    seen.forEach((facts, kill) => expect(facts).toBeLessThan(Math.floor((total * (kill + 1)) / (kills + 1))));
    expect(await takenMoreThan(kills)).toBe(FOREIGN_PARTITIONS);
    // Every fact reached us when it reached the platform's topic.
    const known = await rows<{ id: string; at: number }>(
      'SELECT id, (extract(epoch FROM appended_at) * 1000)::float8 AS at FROM processed_id WHERE contract = $1',
      KILLED,
    );
    expect(known.filter(({ id, at }) => appended.get(id) !== at)).toEqual([]);
  });

  it('has what cannot be mapped kept in the quarantine, as it was', async () => {
    const value = '{"customer": 7';
    await producer.send({ topic: FOREIGN, acks: -1, messages: [{ key: 'k', value, partition: 0 }] });
    const [kept] = await eventually(
      async () => {
        const found = await rows<{ reason: string; detail: string; value: Buffer }>(
          'SELECT reason, detail, value FROM quarantine',
        );
        return found.length > 0 ? found : undefined;
      },
      { within: 120_000 },
    );
    expect(kept).toMatchObject({ reason: 'SCHEMA', value: Buffer.from(value) });
    expect(kept!.detail).toMatch(/^door 'depot', depot\.log\/0\/\d+: the value is not JSON/);
  });

  it('is judged late, but not wrongly, while its door stands still for ten minutes', async () => {
    const calmFrom = Date.now();
    await write(openings(CALM, calmFrom));
    await write(answers(CALM, calmFrom));
    await judged(CALM, 9);
    await breakLocker(CALM, calmFrom + 500, Date.now());
    await judged(CALM, 10);
    await readUpTo(CALM, calmFrom + 10 * MINUTE);
    await product.caughtUp();
    const calm = await verdictsOf(CALM, calmFrom);
    expect(calm.map((one) => Object.values(one).slice(0, 4).join(' '))).toEqual([
      'delivery A 1 met',
      'delivery B 1 breached',
      'delivery C 1 breached',
      'first-scan A 1 met',
      'first-scan B 1 breached',
      'first-scan C 1 breached',
      'mending L 1 breached',
      'question C 1 met',
    ]);

    const from = Date.now();
    await write(openings(HELD, from));
    await judged(HELD, 4);
    // The door has said up to when it has been read: from then on the contract has a clock, which waits for the door.
    await eventually(async () => (await clockOf(HELD)) ?? undefined);
    intake.freeze();
    await write(answers(HELD, from));
    await breakLocker(HELD, from + 500, from + 10 * MINUTE);
    await product.caughtUp();
    expect(await factsOf(HELD)).toHaveLength(5);
    expect((await decided(HELD)).filter((one) => !one.startsWith('verdict.opened'))).toEqual([]);
    expect((await clockOf(HELD))!.getTime()).toBeLessThan(Date.now());
    await eventually(async () => ((await feedAlerts(HELD)).length > 0 ? true : undefined));
    expect(await feedAlerts(HELD)).toEqual(['depot silent']);
    const shown = (await (await fetch(`${product.url}/v1/contracts/${HELD}`)).json()) as { feeds: object[] };
    expect(shown.feeds).toMatchObject([{ kind: 'door', name: 'depot', silent: true }]);

    intake.thaw();
    await judged(HELD, 10);
    await eventually(async () => ((await feedAlerts(HELD)).length > 1 ? true : undefined), { within: 120_000 });
    await readUpTo(HELD, from + 10 * MINUTE);
    await product.caughtUp();
    expect(await verdictsOf(HELD, from)).toEqual(calm);
    expect((await decided(HELD)).filter((one) => one.startsWith('breach')).sort()).toEqual(
      (await decided(CALM)).filter((one) => one.startsWith('breach')).sort(),
    );
    expect((await decided(HELD)).join()).not.toContain('withdrawn');
    expect(await feedAlerts(HELD)).toEqual(['depot silent', 'depot heard']);
  });
});
