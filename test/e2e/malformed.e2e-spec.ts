import { CompressionTypes, Kafka, logLevel } from 'kafkajs';
import { DEFAULT_PARTITIONS, homePartition, TOPICS, type LogRecord, type NewRecord } from '#libs/bus';
import { parseEvent } from '#libs/events';
import { eventually } from '#libs/testkit';
import { aConfigFolder, type ConfigFolder } from './a-config-folder.js';
import { startProduct, type Product } from './a-product.js';
import { describeWithKafka, startOwnBroker, type OwnBroker } from './own-broker.js';
import { DEPOT, parcelContract } from './parcel-contract.js';
import { readTopic } from './read-topic.js';

/** As a process that lacks the decoder of a codec. */
const NO_DECODER = 'there is no decoder for it here';
jest.mock('kafkajs-snappy', () => {
  const createSnappy = jest.requireActual<() => object>('kafkajs-snappy');
  return () => ({ ...createSnappy(), decompress: () => Promise.reject(new Error(NO_DECODER)) });
});

const CONTRACT = 'PARCELS-1';
const HOME = homePartition(CONTRACT, DEFAULT_PARTITIONS);
/** Lives in the same partition, and was never published. */
const NOBODY = Array.from({ length: 1_000 }, (_, index) => `NOBODY-${index}`).find(
  (id) => homePartition(id, DEFAULT_PARTITIONS) === HOME,
)!;
const STRUCTURED = 'application/cloudevents+json';
const BATCH = 'application/cloudevents-batch+json';
const MANY = 10_000;

interface Problem {
  readonly status: number;
  readonly detail: string;
  readonly errors: readonly { readonly field: string; readonly reason?: string }[];
}

interface Quarantined {
  readonly offset: number;
  readonly reason: string;
  readonly detail: string;
}

let cases = 0;

/** A parcel that nobody has told of yet. */
function accepted(difference: object = {}): { readonly id: string; readonly subject: string } {
  cases += 1;
  return {
    ...{ specversion: '1.0', id: `e-${cases}`, source: DEPOT, type: 'parcel.accepted', subject: `P-${cases}` },
    ...{ time: new Date().toISOString(), contractid: CONTRACT, data: { speed: 'fast' } },
    ...difference,
  };
}

const without = (name: string): object => ({ ...accepted(), [name]: undefined });
const inAnHour = (): string => new Date(Date.now() + 3_600_000).toISOString();
const spliced = (member: string): string => `{${member},${JSON.stringify(accepted()).slice(1)}`;
const bomb = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;

/** What comes, what it is quarantined for, what HTTP answers, and which field HTTP names. */
const MALFORMED: readonly [string, () => Buffer | string | object, string, number, string][] = [
  ['bytes that are not UTF-8', () => Buffer.from([0x7b, 0xff, 0x7d]), 'SCHEMA', 400, 'event'],
  ['zero bytes', () => Buffer.alloc(0), 'SCHEMA', 400, 'event'],
  ['JSON that is cut off', () => JSON.stringify(accepted()).slice(0, -5), 'SCHEMA', 400, 'event'],
  ['10 MB of what is no JSON', () => `{"data":"${'x'.repeat(10 * 1024 * 1024)}`, 'SCHEMA', 400, 'event'],
  ['JSON that is no object', () => '["event"]', 'SCHEMA', 400, 'event'],
  [
    'data nested without end',
    () => spliced(`"data":${bomb}`).replace(/,"data":\{"speed":"fast"\}/, ''),
    'SCHEMA',
    400,
    'data',
  ],
  ['a prototype', () => spliced('"__proto__":{"polluted":"yes"}'), 'SCHEMA', 400, '__proto__'],
  [
    'a prototype in its data',
    () => accepted({ data: JSON.parse('{"__proto__":{"speed":"fast"}}') as object }),
    'SCHEMA',
    422,
    'data.speed',
  ],
  ['a number for its type', () => accepted({ type: 1 }), 'SCHEMA', 400, 'type'],
  ['text for its data', () => accepted({ data: 'text' }), 'SCHEMA', 400, 'data'],
  ['a number for a word', () => accepted({ data: { speed: 1 } }), 'SCHEMA', 422, 'data.speed'],
  ['a word that is not allowed', () => accepted({ data: { speed: 'soon' } }), 'SCHEMA', 422, 'data.speed'],
  [
    'a character that nobody can store',
    () => accepted({ data: { speed: 'fast', lane: '\0' } }),
    'SCHEMA',
    400,
    'data.lane',
  ],
  ['no subject', () => without('subject'), 'SCHEMA', 422, 'subject'],
  ['no id', () => without('id'), 'SCHEMA', 400, 'id'],
  ['no such instant', () => accepted({ time: '2026-02-30T12:00:00Z' }), 'SCHEMA', 400, 'time'],
  ['a time in the future', () => accepted({ time: inAnHour() }), 'TIME_IMPLAUSIBLE', 422, 'time'],
  ['an unknown contract', () => accepted({ contractid: NOBODY }), 'UNKNOWN_CONTRACT', 422, 'contractid'],
];

describeWithKafka('what comes in broken', () => {
  const client = () => new Kafka({ brokers: [broker.brokers], logLevel: logLevel.NOTHING });
  let broker: OwnBroker;
  let config: ConfigFolder;
  let product: Product;

  beforeAll(async () => {
    broker = await startOwnBroker();
    config = aConfigFolder([parcelContract(CONTRACT, Date.now())]);
    const { contracts, folder } = config;
    product = await startProduct({ contracts, configFolder: folder, brokers: broker.brokers });
  }, 600_000);
  afterAll(async () => {
    await product?.close();
    await broker?.close();
    config?.remove();
  });

  const asRecord = (value: Buffer | string | null): NewRecord => ({
    ...{ topic: TOPICS.events, key: CONTRACT, partition: HOME, value },
    headers: { 'content-type': STRUCTURED },
  });
  const asBytes = (given: Buffer | string | object): Buffer | string =>
    Buffer.isBuffer(given) || typeof given === 'string' ? given : JSON.stringify(given);

  async function append(...values: readonly (Buffer | string | null)[]): Promise<number[]> {
    return (await product.servers.log.append(values.map(asRecord))).map(({ offset }) => offset);
  }

  function post(body: Buffer | string, type = STRUCTURED): Promise<Response> {
    const headers = { 'content-type': type };
    return fetch(`${product.url}/v1/events`, { method: 'POST', headers, body: new Uint8Array(Buffer.from(body)) });
  }

  async function select<T extends object>(sql: string, values: readonly unknown[] = []): Promise<T[]> {
    return (await product.servers.store.pool.query<T>(sql, [...values])).rows;
  }

  const quarantinedFrom = (offset: number): Promise<Quarantined[]> =>
    select(
      `SELECT record_offset::int AS offset, reason, detail FROM quarantine
        WHERE topic = $1 AND partition = $2 AND record_offset >= $3 ORDER BY record_offset`,
      [TOPICS.events, HOME, offset],
    );

  /** Waits until this parcel is judged: everything before it has had its turn then. */
  const judged = (subject: string): Promise<true> =>
    eventually(
      async () => {
        const found = await select('SELECT FROM decision WHERE contract = $1 AND subject = $2', [CONTRACT, subject]);
        return found.length > 0 ? true : undefined;
      },
      { within: 120_000 },
    );

  const end = async (): Promise<number> =>
    (await product.servers.log.bounds(TOPICS.events)).find(({ partition }) => partition === HOME)!.high;

  /** In the stream from there on, but for what the product writes itself to move its clock. */
  async function cameAfter(from: number): Promise<LogRecord[]> {
    const records: LogRecord[] = [];
    for (let offset = from; offset < (await end()); offset += 1) {
      records.push((await product.servers.log.readOne(TOPICS.events, HOME, offset))!);
    }
    return records.filter(({ headers }) => headers['ce_type']?.toString() !== 'tick');
  }

  it.each(MALFORMED)(
    'over Kafka: %s is quarantined with its reason, and what comes behind is judged',
    async (_, make, reason) => {
      const good = accepted();
      const [bad] = await append(asBytes(make()), JSON.stringify(good));
      await judged(good.subject);
      expect(await quarantinedFrom(bad!)).toEqual([
        { offset: bad, reason, detail: expect.stringMatching(/./) as unknown },
      ]);
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    },
  );

  it.each(MALFORMED)(
    'over HTTP: %s is refused with its field, nothing is stored, and what comes then is judged',
    async (_, make, reason, status, field) => {
      const from = await end();
      const response = await post(asBytes(make()));
      expect(response.headers.get('content-type')).toContain('application/problem+json');
      const problem = (await response.json()) as Problem;
      expect(problem).toMatchObject({ status, detail: expect.stringMatching(/./) as unknown, errors: [{ field }] });
      if (status === 422) expect(problem.errors).toMatchObject([{ reason }]);
      expect(response.status).toBe(status);
      expect(await cameAfter(from)).toEqual([]);
      const good = accepted();
      expect((await post(JSON.stringify(good))).status).toBe(202);
      await judged(good.subject);
      expect(await quarantinedFrom(from)).toEqual([]);
    },
  );

  it('over Kafka: no value at all is quarantined', async () => {
    const good = accepted();
    const [bad] = await append(null, JSON.stringify(good));
    await judged(good.subject);
    expect(await quarantinedFrom(bad!)).toMatchObject([{ offset: bad, reason: 'SCHEMA' }]);
  });

  it('over Kafka: a batch in a codec that cannot be decoded here is quarantined by its offsets', async () => {
    const producer = client().producer();
    await producer.connect();
    const messages = [1, 2, 3].map(() => ({ key: CONTRACT, value: JSON.stringify(accepted()), partition: HOME }));
    const from = await end();
    await producer.send({ topic: TOPICS.events, compression: CompressionTypes.Snappy, messages });
    await producer.disconnect();
    const good = accepted();
    await append(JSON.stringify(good));
    await judged(good.subject);
    const [found, ...others] = await quarantinedFrom(from);
    expect(others).toEqual([]);
    expect(found).toMatchObject({ reason: 'UNREADABLE', detail: expect.stringContaining(NO_DECODER) as unknown });
    // A tick may have come before them.
    const [first, last] = /records (\d+) to (\d+)/.exec(found!.detail)!.slice(1).map(Number);
    expect([last! - first!, found!.offset]).toEqual([2, last]);
    expect(first).toBeGreaterThanOrEqual(from);
  });

  it('over Kafka: ten thousand of them one after the other hold up nothing', async () => {
    const kinds = MALFORMED.filter(([name]) => !/10 MB|without end/.test(name));
    const lines = Array.from({ length: MANY }, (_, index) => kinds[index % kinds.length]!);
    const good = accepted();
    const from = await end();
    const offsets = await append(...lines.map(([, make]) => asBytes(make())), JSON.stringify(good));
    await judged(good.subject);
    const expected = lines.map(([, , reason], index) => ({ offset: offsets[index], reason }));
    expect((await quarantinedFrom(from)).map(({ offset, reason }) => ({ offset, reason }))).toEqual(expected);
  });

  it('over HTTP: ten thousand of them at once are refused together', async () => {
    const from = await end();
    const kinds = MALFORMED.filter(([, make]) => !Buffer.isBuffer(make()) && typeof make() !== 'string');
    const batch = Array.from({ length: MANY }, (_, index) => kinds[index % kinds.length]![1]());
    const response = await post(JSON.stringify(batch), BATCH);
    expect(response.status).toBe(400);
    const problem = (await response.json()) as Problem;
    expect(problem.detail).toContain(`of ${MANY} events are refused, so none is stored`);
    expect(problem.errors).toHaveLength(100);
    for (const { field } of problem.errors) expect(field).toMatch(/^events\.\d+/);
    expect(await cameAfter(from)).toEqual([]);
    const good = accepted();
    expect((await post(JSON.stringify(good))).status).toBe(202);
    await judged(good.subject);
  });

  it('everything that was quarantined is on the topic of quarantine, too', async () => {
    const kept = await select<{ place: string; reason: string }>(
      `SELECT topic || '/' || partition || '/' || record_offset AS place, reason FROM quarantine ORDER BY id`,
    );
    expect(kept.length).toBeGreaterThan(MANY);
    await eventually(async () => ((await select('SELECT FROM outbox')).length === 0 ? true : undefined), {
      within: 120_000,
    });
    const told = (await readTopic(product.servers.log, TOPICS.quarantine)).map((record) => {
      const parsed = parseEvent(record);
      if (!parsed.ok) throw new Error(parsed.refusal.detail);
      return { place: parsed.event.id, reason: parsed.event.data['reason'] };
    });
    // Sent again perhaps, never twice as something else.
    expect(new Map(told.map(({ place, reason }) => [place, reason]))).toEqual(
      new Map(kept.map(({ place, reason }) => [place, reason])),
    );
  });
});
