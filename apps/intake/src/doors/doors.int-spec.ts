import { createHash, randomUUID } from 'node:crypto';
import { createPostgresLog, homePartition, productTopics, TOPICS, type Log, type LogRecord } from '#libs/bus';
import {
  contentHash,
  parseEvent,
  readMapping,
  readRefusedRecord,
  readWatermark,
  verifyOwn,
  verifyStamp,
} from '#libs/events';
import { DoorCursors, Store, type DoorCursor } from '#libs/store';
import { createLogger } from '#libs/telemetry';
import { eventually, freshDatabase, type FreshDatabase } from '#libs/testkit';
import { PublishedContracts } from '../contracts/published-contracts.js';
import type { IntakeOptions } from '../intake-options.js';
import { Doors } from './doors.js';
import type { Door } from './door.js';

const CONTRACT = 'DESK-1';
const PARTITIONS = 4;
const HOME = homePartition(CONTRACT, PARTITIONS);
const STAMP_KEY = Buffer.from('a key of the deployment');

const calendar = `id: always\nzone: Asia/Shanghai\nweekly: { every-day: ['00:00-24:00'] }\n`;
const contractText = `contract: ${CONTRACT}
parties: { client: { name: Buyer }, provider: { name: Desk } }
term: { from: 2020-01-01, to: 2099-12-31 }
zone: Asia/Shanghai
calendar: always
sources: { /desk: { trust: trusted, default: true, door: shop } }
clauses: { '1': Every ticket is answered in time. }
events: { ticket.opened: { data: { urgency: [now, soon] } }, ticket.answered: }
subjects: { ticket: { opened: ticket.opened } }
obligations:
  answer:
    { clauses: ['1'], party: provider, subject: ticket, start: ticket.opened, stop: ticket.answered, target: PT1H round the clock }
`;

const mapping = `mapping: desk
input: ndjson
events:
  - type: ticket.{step}
    when: { field: step, present: true }
    source: /desk
    subject: '{ticket.no}'
    contractid: '{contract}'
    time: { field: at, format: epoch-millis }
    data: { urgency: { field: how, optional: true } }
  - type: ticket.answered
    when: { field: done, equals: 'yes' }
    id: '{ticket.no}/done'
    source: /desk
    subject: '{ticket.no}'
    contractid: '{contract}'
    time: { field: at, format: epoch-millis }
`;

let database: FreshDatabase;
let store: Store;
let log: Log;
let topic: string;
const running = new Set<Doors>();

beforeAll(async () => {
  database = await freshDatabase();
  store = await Store.connect(database.url);
  await store.migrate();
  log = createPostgresLog({ pool: store.pool });
  await log.ensureTopics(productTopics(PARTITIONS));
  await publish();
  await log.append([{ topic: TOPICS.events, key: 'somebody', value: '{}' }]);
});
afterAll(async () => {
  await log?.close();
  await store?.close();
  await database?.drop();
});
beforeEach(async () => {
  topic = `tickets.${randomUUID()}`;
  await log.ensureTopics([{ topic, partitions: 2 }]);
  await store.pool.query('DELETE FROM door_cursor');
});
afterEach(async () => {
  for (const doors of running) await stop(doors);
});

/** As the monitor does it when the stream has published a version. */
async function publish(): Promise<void> {
  const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');
  await store.putDocument(hashOf(calendar), 'calendar', Buffer.from(calendar));
  await store.putDocument(hashOf(contractText), 'contract', Buffer.from(contractText));
  await store.pool.query(
    `INSERT INTO published_contract (contract, version, hash, calendars, from_instant, published_at)
     VALUES ($1, 1, $2, $3, '2020-01-01T00:00:00+08:00', now())`,
    [CONTRACT, hashOf(contractText), JSON.stringify({ always: hashOf(calendar) })],
  );
}

function shop(difference: { readonly name?: string; readonly logAppendTime?: boolean } = {}): Door {
  const read = readMapping('desk.yaml', mapping, { ids: 'optional' });
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  const { name = 'shop', logAppendTime = true } = difference;
  return { name, topics: [{ topic, mapping: read.value, logAppendTime }] };
}

/** The doors of one process. */
function open(door = shop(), into: Partial<Log> = {}): Doors {
  const tools: Log = Object.assign(Object.create(log) as Log, into);
  const options: IntakeOptions = {
    log: tools,
    contracts: store,
    stampKey: STAMP_KEY,
    doors: {
      list: [door],
      log: tools,
      cursors: new DoorCursors(store.pool),
      process: 'a test',
      partitions: PARTITIONS,
      logger: createLogger('silent'),
    },
  };
  const doors = new Doors(options, new PublishedContracts(options));
  running.add(doors);
  doors.onApplicationBootstrap();
  return doors;
}

async function stop(doors: Doors): Promise<void> {
  running.delete(doors);
  await doors.onModuleDestroy();
}

interface Told {
  readonly record: LogRecord;
  readonly id: string;
  readonly type: string;
  readonly data: Record<string, unknown>;
  readonly extensions: Readonly<Record<string, string>>;
}

/** What of the stream is about this test's topic: facts and refusals by their ids, and watermarks. */
async function told(from: readonly number[]): Promise<Told[]> {
  const found: Told[] = [];
  for (const { partition, high } of await log.bounds(TOPICS.events)) {
    for (let offset = from[partition]!; offset < high; offset++) {
      const record = (await log.readOne(TOPICS.events, partition, offset))!;
      const parsed = parseEvent(record);
      if (parsed.ok) found.push({ record, ...parsed.event });
    }
  }
  return found;
}

const ends = async (): Promise<number[]> => (await log.bounds(TOPICS.events)).map(({ high }) => high);

function row(no: string, more: object = {}, at = Date.now() - 1_000): string {
  return JSON.stringify({ step: 'opened', ticket: { no }, contract: CONTRACT, how: 'soon', at, ...more });
}

async function send(...values: (string | Buffer | null)[]): Promise<readonly { appendedAt: number; offset: number }[]> {
  return log.append(values.map((value) => ({ topic, key: 'some other key', value, partition: 0 })));
}

/** Facts and refusals, once so many are there. */
async function forwarded(from: readonly number[], count: number): Promise<Told[]> {
  return eventually(
    async () => {
      const all = (await told(from)).filter(({ type }) => type !== 'watermark');
      return all.length >= count ? all : undefined;
    },
    { within: 60_000 },
  );
}

async function watermarkAfter(from: readonly number[], instant: number): Promise<Told> {
  return eventually(
    async () =>
      (await told(from)).find(
        ({ type, data }) => type === 'watermark' && readWatermark(data as never)!.through > instant,
      ),
    { within: 60_000 },
  );
}

describe('what comes through a door', () => {
  it('lies under the key of its contract, stamped with when it reached the foreign topic', async () => {
    const from = await ends();
    const [sent] = await send(row('T-1'));
    open();
    const [fact] = await forwarded(from, 1);
    const { record, id, data, extensions } = fact!;
    expect([record.key?.toString(), record.partition, id]).toEqual([CONTRACT, HOME, `${topic}/0/${sent!.offset}`]);
    expect(data).toEqual({ urgency: 'soon' });
    expect(Date.parse(extensions['appendedtime']!)).toBe(sent!.appendedAt);
    const parsed = parseEvent(record);
    if (!parsed.ok) throw new Error(parsed.refusal.detail);
    const { type, subject, time } = parsed.event;
    const stamp = { contract: CONTRACT, source: '/desk', id, appendedAt: sent!.appendedAt };
    const hash = contentHash({ type, subject, time, data: data as never });
    expect(verifyStamp(STAMP_KEY, { ...stamp, contentHash: hash }, extensions['stampsig'])).toBe(true);
  });

  it('is stamped with the watermark before it where senders set the times, the first with its own time', async () => {
    const from = await ends();
    const happened = Date.now() - 60_000;
    await send(row('T-1', {}, happened));
    open(shop({ logAppendTime: false }));
    const [first] = await forwarded(from, 1);
    expect(Date.parse(first!.extensions['appendedtime']!)).toBe(happened);
    const mark = await watermarkAfter(from, first!.record.appendedAt);
    const [sent] = await send(row('T-2', {}, happened));
    const [, second] = await forwarded(from, 2);
    const stamped = Date.parse(second!.extensions['appendedtime']!);
    expect(stamped).toBeGreaterThanOrEqual(readWatermark(mark.data as never)!.through);
    expect(stamped).toBeLessThanOrEqual(sent!.appendedAt);
  });

  it('may be several facts of one record, with ids of their own', async () => {
    const from = await ends();
    const [sent] = await send(row('T-1', { done: 'yes' }));
    open();
    const facts = await forwarded(from, 2);
    expect(facts.map(({ id, type }) => `${type} ${id}`)).toEqual([
      `ticket.opened ${topic}/0/${sent!.offset}`,
      'ticket.answered T-1/done',
    ]);
  });

  it('is told as refused, as it stood there, where no fact can be made of it; the rest goes on', async () => {
    const from = await ends();
    const bytes = Buffer.from([0x7b, 0xff]);
    const bad = [
      bytes,
      null,
      row('T-1', { at: 'yesterday' }),
      row('T-2', { how: 'never' }),
      row('T-3', { contract: 'NOBODY-1' }),
      row('T-4', {}, Date.now() + 3_600_000),
    ];
    await send(...bad, row('T-5'));
    open();
    const all = await forwarded(from, bad.length + 1);
    const refused = all
      .filter(({ type }) => type === 'record.refused')
      .map(({ data }) => readRefusedRecord(data as never)!)
      .sort((a, b) => Number(a.place.split('/').at(-1)) - Number(b.place.split('/').at(-1)));
    expect(refused.map(({ refusal }) => [refusal.reason, refusal.contract])).toEqual([
      ['SCHEMA', null],
      ['SCHEMA', null],
      ['SCHEMA', null],
      ['SCHEMA', CONTRACT],
      ['UNKNOWN_CONTRACT', 'NOBODY-1'],
      ['TIME_IMPLAUSIBLE', CONTRACT],
    ]);
    expect(refused[0]!.place).toBe(`${topic}/0/0`);
    expect(refused[0]!.raw).toEqual({
      key: Buffer.from('some other key').toString('base64'),
      value: bytes.toString('base64'),
      headers: {},
    });
    expect(all.filter(({ type }) => type === 'ticket.opened')).toHaveLength(1);
    const own = all.find(({ type }) => type === 'record.refused')!;
    const parsed = parseEvent(own.record);
    if (!parsed.ok) throw new Error(parsed.refusal.detail);
    const { source, id, type, subject, time, data } = parsed.event;
    const hash = contentHash({ type, subject, time, data });
    expect(verifyOwn(STAMP_KEY, { contract: '', source, id, type, contentHash: hash }, own.extensions['ownsig'])).toBe(
      true,
    );
  });
});

async function cursorOf(partition: number): Promise<DoorCursor> {
  return (await new DoorCursors(store.pool).of('shop')).find((one) => one.partition === partition)!;
}

/** Waits until the partition has been read through a later instant; returns that. */
const readThrough = (partition: number, after: number): Promise<number> =>
  eventually(
    async () => {
      const through = (await cursorOf(partition)).readThrough;
      return through !== null && through > after ? through : undefined;
    },
    { within: 60_000 },
  );

describe('a watermark', () => {
  it('goes to the partition of each contract that names the door, behind everything that came before it', async () => {
    const from = await ends();
    const sent = await send(...Array.from({ length: 50 }, (_, n) => row(`T-${n}`)));
    open();
    const last = sent.at(-1)!.appendedAt;
    const mark = await watermarkAfter(from, last);
    expect(mark.record.partition).toBe(HOME);
    const facts = (await told(from)).filter(({ type }) => type === 'ticket.opened');
    expect(facts).toHaveLength(50);
    expect(facts.every(({ record }) => record.offset < mark.record.offset)).toBe(true);
    expect(readWatermark(mark.data as never)!.through).toBeLessThanOrEqual(mark.record.appendedAt);
  });

  it('waits for what cannot be forwarded', async () => {
    const from = await ends();
    const [sent] = await send(row('T-1'));
    let refuses = true;
    const append: Log['append'] = (records) => {
      const facts = records.some(({ headers }) => String(headers?.['ce_type']).startsWith('ticket.'));
      return refuses && facts ? Promise.reject(new Error('the log is away')) : log.append(records);
    };
    open(shop(), { append });
    // The other partition has nothing that waits, and has been seen twice since: what was told of the first look is told.
    const seen = await readThrough(1, sent!.appendedAt);
    await readThrough(1, seen);
    await eventually(async () => ((await cursorOf(0)).epoch > 1 ? true : undefined));
    const marks = (await told(from)).filter(({ type }) => type === 'watermark');
    expect(marks.filter(({ data }) => readWatermark(data as never)!.through > sent!.appendedAt)).toEqual([]);
    refuses = false;
    await watermarkAfter(from, sent!.appendedAt);
    expect((await told(from)).filter(({ type }) => type === 'ticket.opened')).toHaveLength(1);
  });

  it('is the least of what all processes have read', async () => {
    const from = await ends();
    open();
    open();
    const [sent] = await log.append(
      [0, 1].map((partition) => ({ topic, key: null, value: row(`P-${partition}`), partition })),
    );
    await watermarkAfter(from, sent!.appendedAt);
    expect((await told(from)).filter(({ type }) => type === 'ticket.opened')).toHaveLength(2);
    const { rows } = await store.pool.query<{ n: number }>('SELECT count(read_through)::int AS n FROM door_cursor');
    expect(rows[0]!.n).toBe(2);
  });
});

describe('a door', () => {
  it('goes on where it was left', async () => {
    const from = await ends();
    const first = open();
    await send(row('T-1'), row('T-2'));
    await forwarded(from, 2);
    await stop(first);
    await send(row('T-3'));
    open();
    await forwarded(from, 3);
    const facts = (await told(from)).filter(({ type }) => type === 'ticket.opened');
    expect(facts.map(({ id }) => id.split('/').at(-1))).toEqual(['0', '1', '2']);
  });

  it.each([
    ['while it is read', 1],
    ['while nobody reads it, and holds more than before', 4],
  ])(
    'stands still where its topic is made anew %s, until somebody says that it is to be read from its beginning',
    async (_, count) => {
      const from = await ends();
      const first = open();
      const sent = await send(row('T-1'), row('T-2'), row('T-3'));
      await forwarded(from, 3);
      await readThrough(0, sent.at(-1)!.appendedAt);
      if (count > 3) await stop(first);
      await store.pool.query('DELETE FROM bus_record WHERE topic = $1', [topic]);
      await store.pool.query('UPDATE bus_partition SET next_offset = 0 WHERE topic = $1', [topic]);
      const [waiting] = await send(...Array.from({ length: count }, (__, n) => row(`T-${4 + n}`)));
      const doors = count > 3 ? open() : first;
      await eventually(() =>
        doors.check().then(
          () => undefined,
          (error: Error) =>
            error.message.includes(`${topic}/0 ends at offset ${count}, was read up to 3,`) || undefined,
        ),
      );
      // What waits there is not passed over by any watermark, also not while the door is tried again.
      const { epoch } = await cursorOf(0);
      await eventually(async () => ((await cursorOf(0)).epoch > epoch + 1 ? true : undefined));
      const marks = (await told(from)).filter(({ type }) => type === 'watermark');
      expect(marks.filter(({ data }) => readWatermark(data as never)!.through > waiting!.appendedAt)).toEqual([]);
      expect(await new DoorCursors(store.pool).restart(await cursorOf(0), 3, 0)).toBe(true);
      await watermarkAfter(from, waiting!.appendedAt);
      const facts = (await told(from)).filter(({ type }) => type === 'ticket.opened');
      expect(facts.map(({ id }) => id.split('/').at(-1))).toEqual(
        ['0', '1', '2', '0', '1', '2', '3'].slice(0, 3 + count),
      );
    },
  );

  it('forwards again, under the same ids and with no later stamp, what it had not noted as forwarded', async () => {
    const from = await ends();
    const first = open();
    await send(row('T-1'));
    await forwarded(from, 1);
    await stop(first);
    await store.pool.query('UPDATE door_cursor SET next_offset = NULL, read_through = NULL');
    open();
    const [one, two] = await forwarded(from, 2);
    expect(two!.id).toBe(one!.id);
    expect(two!.extensions['appendedtime']).toBe(one!.extensions['appendedtime']);
  });

  it('that no published contract names is not read', async () => {
    const from = await ends();
    await send(row('T-1'));
    const nobody = open(shop({ name: 'nobody-named-it' }));
    open();
    await forwarded(from, 1);
    await stop(nobody);
    const { rows } = await store.pool.query<{ door: string }>('SELECT DISTINCT door FROM door_cursor');
    expect(rows).toEqual([{ door: 'shop' }]);
  });

  it('without its topic says so until the topic is there', async () => {
    const missing = shop();
    const doors = open({ ...missing, topics: [{ ...missing.topics[0], topic: 'not.there' }] });
    await eventually(() =>
      doors.check().then(
        () => undefined,
        (error: Error) => error.message.includes('not.there') || undefined,
      ),
    );
  });
});
