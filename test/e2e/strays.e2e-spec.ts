import { DEFAULT_PARTITIONS, homePartition, TOPICS, type NewRecord } from '#libs/bus';
import { aConfigFolder, type ConfigFolder } from './a-config-folder.js';
import { startProduct, type Product } from './a-product.js';
import { allPages } from './all-pages.js';
import { describeWithKafka, startOwnBroker, type OwnBroker } from './own-broker.js';
import { DEPOT, parcelContract } from './parcel-contract.js';
import { readTopic } from './read-topic.js';

const CONTRACT = 'PARCELS-1';
const HOME = homePartition(CONTRACT, DEFAULT_PARTITIONS);
const ELSEWHERE = (HOME + 3) % DEFAULT_PARTITIONS;

type Event = Readonly<Record<string, unknown>> & { readonly id: string };

interface Verdict {
  readonly subject: string;
  readonly [field: string]: unknown;
}

interface Quarantined {
  readonly number: number;
  readonly id: string | null;
  readonly reason: string;
  readonly partition: number;
}

/** What happened to a handful of parcels, on the same instants whoever tells it: in time, late, held, returned, withdrawn. */
function story(way: string, from: number): Event[] {
  let count = 0;
  const event = (type: string, subject: string, seconds: number, data: object = {}): Event => {
    count += 1;
    const time = new Date(from + seconds * 1000).toISOString();
    return { id: `${way}-${count}`, source: DEPOT, type, subject: `${subject} by ${way}`, time, data };
  };
  const mistaken = event('parcel.scanned', 'C', 1);
  return [
    event('parcel.accepted', 'A', 0, { speed: 'fast', lane: 'north' }),
    event('parcel.scanned', 'A', 1),
    event('parcel.delivered', 'A', 3.5),
    event('parcel.accepted', 'B', 0, { speed: 'slow' }),
    event('parcel.held', 'B', 1),
    event('parcel.freed', 'B', 5),
    event('parcel.scanned', 'B', 4),
    event('parcel.delivered', 'B', 9),
    event('parcel.returned', 'B', 11),
    event('parcel.accepted', 'C', 0, { speed: 'fast' }),
    mistaken,
    {
      ...event('note.mended', 'C', 2),
      data: { corrects: mistaken.id, action: 'withdraw' },
    },
    event('question.asked', 'C', 2),
    event('question.answered', 'C', 3),
    event('locker.broken', 'D', 0),
  ];
}

function record(event: Event, difference: Partial<NewRecord> = {}): NewRecord {
  return {
    topic: TOPICS.events,
    key: CONTRACT,
    value: JSON.stringify({ specversion: '1.0', contractid: CONTRACT, ...event }),
    headers: { 'content-type': 'application/cloudevents+json' },
    ...difference,
  };
}

function theStrays(start: () => Promise<OwnBroker | undefined>): void {
  let broker: OwnBroker | undefined;
  let config: ConfigFolder;
  let product: Product;
  let from = 0;
  let proper: Event[] = [];

  const quarantine = (reason: string) => allPages<Quarantined>(product.url, '/v1/quarantine', { reason });

  /** Of parcels told about in one way, without what names the way. */
  async function verdicts(way: string): Promise<object[]> {
    const all = await allPages<Verdict>(product.url, `/v1/contracts/${CONTRACT}/verdicts`);
    return all
      .filter(({ subject }) => subject.endsWith(` by ${way}`))
      .map(({ obligation, subject, instance, state, startedAt, dueAt, stoppedAt, allowed, dimensions }) => ({
        ...{ obligation, subject: subject.split(' ')[0], instance, state },
        ...{ startedAt, dueAt, stoppedAt, allowed, dimensions },
      }));
  }

  /** Waits for what was appended, and for what was sent on meanwhile. */
  async function settled(): Promise<void> {
    for (let before = -1, now = 0; before !== now;) {
      await product.caughtUp();
      const { rows } = await product.servers.store.pool.query<{ left: number }>(
        'SELECT count(*)::int AS left FROM outbox',
      );
      before = now;
      now = (await product.servers.log.bounds(TOPICS.events)).reduce((sum, { high }) => sum + high, 0);
      if (rows[0]?.left !== 0) before = -1;
    }
  }

  async function rekeyed(): Promise<number> {
    const text = await (await fetch(`${product.url}/metrics`)).text();
    return Number(/^pactwatch_events_rekeyed_total (\d+)$/m.exec(text)?.[1]);
  }

  beforeAll(async () => {
    broker = await start();
    from = Date.now() - 60_000;
    proper = story('key', from);
    config = aConfigFolder([parcelContract(CONTRACT, from, { isDefault: true })]);
    product = await startProduct({
      contracts: config.contracts,
      configFolder: config.folder,
      brokers: broker?.brokers,
    });
    await product.servers.log.append(proper.map((event) => record(event)));
    await settled();
  }, 600_000);
  afterAll(async () => {
    await product?.close();
    await broker?.close();
    config?.remove();
  });

  it('judges what comes under its key', async () => {
    const states = (await verdicts('key')).map((one) => Object.values(one).slice(0, 4).join(' '));
    expect(states).toEqual([
      'delivery A 1 met',
      'delivery B 1 breached',
      'delivery C 1 breached',
      'first-scan A 1 met',
      'first-scan B 1 breached',
      'first-scan C 1 breached',
      'mending D 1 breached',
      'question C 1 met',
    ]);
    expect(await rekeyed()).toBe(0);
  });

  it.each<[string, string, (event: Event, index: number) => NewRecord]>([
    ['the keys of other contracts', 'foreign', (event) => record(event, { key: 'somebody else' })],
    ['no key', 'none', (event) => record(event, { key: null, partition: ELSEWHERE })],
    ['its own key in any partition', 'anywhere', (event, index) => record(event, { partition: elsewhere(index) })],
    [
      'a foreign key, and no contract but that of its source',
      'default',
      (event) => record(event, { key: 'somebody else', value: JSON.stringify({ specversion: '1.0', ...event }) }),
    ],
  ])('judges what comes under %s alike, and counts it once', async (_, way, toRecord) => {
    const before = await rekeyed();
    const events = story(way, from);
    await product.servers.log.append(events.map(toRecord));
    await settled();
    expect(await verdicts(way)).toEqual(await verdicts('key'));
    expect((await rekeyed()) - before).toBe(events.length);
  });

  it('judges what comes over HTTP alike, and need not send it on', async () => {
    const before = await rekeyed();
    const events = story('http', from).map((event) => ({ specversion: '1.0', contractid: CONTRACT, ...event }));
    const [single, ...batch] = events;
    const post = async (type: string, body: unknown): Promise<number> => {
      const headers = { 'content-type': type };
      const sent = await fetch(`${product.url}/v1/events`, { method: 'POST', headers, body: JSON.stringify(body) });
      return sent.status;
    };
    expect(await post('application/cloudevents+json', single)).toBe(202);
    expect(await post('application/cloudevents-batch+json', batch)).toBe(202);
    await settled();
    expect(await verdicts('http')).toEqual(await verdicts('key'));
    expect((await rekeyed()) - before).toBe(0);
  });

  it('quarantines what was sent home once and comes astray again as MISROUTED', async () => {
    const before = await rekeyed();
    const home = (await readTopic(product.servers.log, TOPICS.events)).filter(({ partition }) => partition === HOME);
    const sentOn = home.find(({ headers }) => headers['ce_rekeyed'] !== undefined)!;
    const { key, value, headers } = sentOn;
    const again = { topic: TOPICS.events, key: key?.toString() ?? null, value, headers, partition: ELSEWHERE };
    await product.servers.log.append([again]);
    await settled();
    expect(await quarantine('MISROUTED')).toEqual([
      expect.objectContaining({ id: headers['ce_id']?.toString(), partition: ELSEWHERE }) as unknown,
    ]);
    expect(await rekeyed()).toBe(before);
  });

  it('believes nobody who speaks in the name of the product', async () => {
    const time = new Date().toISOString();
    const own = [
      { id: 'begun', source: '/pactwatch/import', type: 'import.begun', time, data: { import: 'x', alerts: 'each' } },
      { id: 'tick', source: '/pactwatch/monitor', type: 'tick', time, data: {}, ownsig: '0'.repeat(64) },
      { id: 'person', source: '/pactwatch/provider', type: 'parcel.scanned', subject: 'A by key', time, data: {} },
    ];
    await product.servers.log.append(own.map((event) => record(event)));
    await settled();
    expect((await quarantine('FORGED')).map(({ id }) => id)).toEqual(['begun', 'tick', 'person']);
  });

  it('keeps what belongs to no contract that is published', async () => {
    const [event] = proper;
    const orphan = { ...event!, id: 'orphan', contractid: 'NOBODY-1' };
    const nameless = { ...event!, id: 'nameless', source: '/unknown', contractid: undefined };
    await product.servers.log.append([record(orphan, { key: 'NOBODY-1' }), record(nameless)]);
    await settled();
    expect((await quarantine('UNKNOWN_CONTRACT')).map(({ id }) => id).sort()).toEqual(['nameless', 'orphan']);
  });
}

/** Any partition but home. */
function elsewhere(index: number): number {
  return (HOME + 1 + (index % (DEFAULT_PARTITIONS - 1))) % DEFAULT_PARTITIONS;
}

describe('a contract on the embedded log', () => theStrays(() => Promise.resolve(undefined)));
describeWithKafka('a contract on Kafka', () => theStrays(startOwnBroker));
