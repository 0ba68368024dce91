import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createPostgresLog, homePartition, productTopics, TOPICS, type Log, type NewRecord } from '#libs/bus';
import { parseEvent, type EventEnvelope } from '#libs/events';
import { Store } from '#libs/store';
import { eventually, freshDatabase, type FreshDatabase } from '#libs/testkit';
import { run } from './commands/quarantine-release.js';
import { loadContracts } from './load-contracts.js';
import { releaseMatching } from './release-matching.js';
import { selectionOf } from './quarantine-selection.js';
import type { Servers } from './servers.js';

const CONTRACT = 'BOSTON-311';
const SOURCE = '/boston/311';
const RECORDED_AT = '2030-03-05T08:00:00Z';
const PARTITIONS = 16;
const contractFile = join(__dirname, '../../../config/contracts/boston-311.yaml');
/** An append of records has at most 900 kB where there are several: each of two such items goes by itself. */
const FAT = 'x'.repeat(600_000);

interface Item {
  readonly id?: string;
  readonly reason?: string;
  readonly contract?: string | null;
  /** Of the record; default: the contract. */
  readonly key?: string;
  readonly source?: string;
  readonly recordedAt?: string;
  readonly text?: string;
  /** Instead of an event. */
  readonly value?: string;
}

describe('releasing all items that match', () => {
  let folder = '';
  let database: FreshDatabase;
  let servers: Servers & { readonly log: Log };
  let env: NodeJS.ProcessEnv;
  let out = '';

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'pactwatch-release-'));
    database = await freshDatabase();
    env = { DATABASE_URL: database.url, PACTWATCH_DATA: folder, PACTWATCH_STAMP_KEY: 'k'.repeat(40) };
    const store = await Store.connect({ url: database.url, name: 'release-matching', poolSize: 6 });
    await store.migrate();
    const log = createPostgresLog({ pool: store.pool });
    await log.ensureTopics(productTopics(PARTITIONS));
    servers = { store, log, stampKey: Buffer.from('k'.repeat(40)) };
    await publish();
  });
  afterAll(async () => {
    await servers?.log.close();
    await servers?.store.close();
    await database?.drop();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    out = '';
    await servers.store.pool.query('UPDATE quarantine SET released_at = now() WHERE released_at IS NULL');
    await arrived();
  });

  async function publish(): Promise<void> {
    for (const { contract, bytes, calendars } of loadContracts([contractFile], {})) {
      for (const [hash, calendarBytes] of calendars) await servers.store.putDocument(hash, 'calendar', calendarBytes);
      await servers.store.putDocument(contract.hash, 'contract', bytes);
      await servers.store.pool.query(
        `INSERT INTO published_contract (contract, version, hash, calendars, from_instant, published_at)
         VALUES ($1, 1, $2, $3, now(), now())`,
        [CONTRACT, contract.hash, JSON.stringify(contract.calendarHashes)],
      );
    }
  }

  const eventOf = ({ id = 'r-1', source = SOURCE, contract = CONTRACT, text = '' }: Item) =>
    JSON.stringify({
      ...{ specversion: '1.0', id, source, type: 'request.opened', subject: id, time: '2030-03-01T10:00:00Z' },
      ...(contract === null ? {} : { contractid: contract }),
      data: { text },
    });

  /** Returns the number of the first. */
  async function quarantine(...items: readonly Item[]): Promise<number> {
    const numbers: number[] = [];
    for (const item of items) {
      const { id = 'r-1', reason = 'UNKNOWN_CONTRACT', contract = CONTRACT, source = SOURCE } = item;
      const { rows } = await servers.store.pool.query<{ id: string }>(
        `INSERT INTO quarantine (topic, partition, contract, source, event_id, reason, detail, record_offset, appended_at, recorded_at, headers, key, value)
         VALUES ($1, 0, $2, $3, $4, $5, '', 7, $6, $6, '{}', $7, $8) RETURNING id`,
        [
          // As the monitor keeps it: a contract that is not published is none.
          ...[TOPICS.events, reason === 'UNKNOWN_CONTRACT' ? null : contract, source, id, reason],
          ...[item.recordedAt ?? RECORDED_AT, Buffer.from(item.key ?? contract ?? '')],
          Buffer.from(item.value ?? eventOf(item)),
        ],
      );
      numbers.push(Number(rows[0]?.id));
    }
    return numbers[0]!;
  }

  let read = 0;
  /** Ids of the events that came since the last look, and after each how many records said that items were released. */
  async function arrived(): Promise<string[]> {
    const home = homePartition(CONTRACT, PARTITIONS);
    const bounds = await servers.log.bounds(TOPICS.events);
    const events: EventEnvelope[] = [];
    for (const high = bounds.find(({ partition }) => partition === home)?.high ?? 0; read < high; read += 1) {
      const record = await servers.log.readOne(TOPICS.events, home, read);
      const parsed = record === undefined ? undefined : parseEvent(record);
      if (parsed?.ok !== true) throw new Error('an event was expected');
      events.push(parsed.event);
    }
    return events.map(({ type, id }) => (type === 'quarantine.released' ? 'released' : id));
  }

  const release = (options: Parameters<typeof run>[2]) =>
    run(
      { out: (text) => void (out += text), err: () => undefined, stdin: Readable.from([]), env, interactive: false },
      undefined,
      options,
    );

  /** The same servers, with something before each append. */
  const whoAppends = (before: (records: readonly NewRecord[]) => void | Promise<void>): Servers => ({
    ...servers,
    log: Object.assign(Object.create(servers.log) as Log, {
      append: async (records: readonly NewRecord[]) => {
        await before(records);
        return servers.log.append(records);
      },
    }),
  });
  const all = (count: number) => ({ selection: selectionOf({ reason: 'UNKNOWN_CONTRACT' }), count });

  it('sends those that match, in their order, and each once', async () => {
    await quarantine(
      { id: 'before', recordedAt: '2030-03-05T07:59:59Z' },
      { id: 'first' },
      { id: 'other reason', reason: 'SCHEMA' },
      { id: 'other source', source: '/boston/other' },
      { id: 'other contract', contract: 'DESK-1' },
      { id: 'second', text: FAT },
      { id: 'third', text: FAT },
      { id: 'after', recordedAt: '2030-03-05T08:00:01Z' },
    );
    const span = { from: RECORDED_AT, to: '2030-03-05T16:00:01+08:00' };
    const options = { reason: 'UNKNOWN_CONTRACT', contract: CONTRACT, source: SOURCE, ...span };
    expect(await release({ ...options, count: 3 })).toBe(0);
    expect(out).toBe('3 items were sent in again, 0 left\n');
    expect(await arrived()).toEqual(['first', 'released', 'second', 'released', 'third', 'released']);

    await expect(release({ ...options, count: 3 })).rejects.toThrow('0 items match, not 3: nothing was released');
    expect(await release({ ...options, count: 0, format: 'json' })).toBe(0);
    expect(await arrived()).toEqual([]);
  });

  it.each([
    ['another number than match', { count: 1 }, 1, '2 items match, not 1: nothing was released'],
    ['no number', {}, 2, '--count is needed: 2 items match now; nothing was released'],
    ['an instant that is none', { count: 2, from: 'yesterday' }, 2, "--from 'yesterday'"],
    ['no reason', { count: 2, reason: undefined }, 2, 'the number of an item is needed, or --reason and --count'],
    ['a mended event', { count: 2, mended: 'x.json' }, 2, '--mended takes the place of one item'],
  ])('releases nothing where it is given %s', async (_, options, exitCode, message) => {
    await quarantine({ id: 'a' }, { id: 'b' });
    const refused = release({ reason: 'UNKNOWN_CONTRACT', ...options } as Parameters<typeof run>[2]);
    await expect(refused).rejects.toMatchObject({ exitCode, message: expect.stringContaining(message) as string });
    expect(await arrived()).toEqual([]);
  });

  it('leaves what would come back, and says why', async () => {
    const first = await quarantine(
      { value: '{"half":' },
      { contract: null, source: '/stranger' },
      { contract: 'LATER-1' },
      { id: 'good', contract: null },
      { value: 'no event either' },
    );
    expect(await release({ reason: 'UNKNOWN_CONTRACT', count: 5, format: 'json' })).toBe(1);
    expect(JSON.parse(out)).toEqual({
      matched: 5,
      released: 1,
      left: [
        { why: 'unreadable', items: 2, first, detail: expect.stringMatching(/./) as string },
        {
          why: 'no-contract',
          items: 1,
          first: first + 1,
          detail: expect.stringContaining('/stranger belongs') as string,
        },
        { why: 'not-published', items: 1, first: first + 2, detail: "contract 'LATER-1' is not published" },
      ],
    });
    expect(await arrived()).toEqual(['good', 'released']);
    await expect(release({ reason: 'UNKNOWN_CONTRACT', count: 5 })).rejects.toThrow('4 items match, not 5');
  });

  it('leaves what lies under the key of the contract that is asked for and names another', async () => {
    const first = await quarantine(
      { id: 'a', contract: 'LATER-1', key: CONTRACT, reason: 'UNKNOWN_CONTRACT' },
      { id: 'b' },
    );
    expect(await release({ reason: 'UNKNOWN_CONTRACT', contract: CONTRACT, count: 2, format: 'json' })).toBe(1);
    const left = [{ why: 'other-contract', items: 1, first, detail: "it names contract 'LATER-1'" }];
    expect(JSON.parse(out)).toEqual({ matched: 2, released: 1, left });
    expect(await arrived()).toEqual(['b', 'released']);
  });

  it('finds what is kept with its contract, too', async () => {
    await quarantine(
      { id: 'a', reason: 'SCHEMA', key: 'elsewhere' },
      { id: 'b', reason: 'SCHEMA', contract: 'DESK-1', key: CONTRACT },
    );
    expect(await release({ reason: 'SCHEMA', contract: CONTRACT, count: 1 })).toBe(0);
    expect(await arrived()).toEqual(['a', 'released']);
  });

  it('appends at most a thousand records at once', async () => {
    await servers.store.pool.query(
      `INSERT INTO quarantine (topic, partition, contract, reason, detail, record_offset, appended_at, recorded_at, headers, value)
       SELECT $1, 0, $2, 'UNKNOWN_CONTRACT', '', 7, now(), now(), '{}', convert_to(replace($3, 'r-1', 'r-' || n), 'UTF8')
       FROM generate_series(1, 501) n`,
      [TOPICS.events, CONTRACT, eventOf({})],
    );
    const appends: number[] = [];
    await releaseMatching(
      whoAppends((records) => void appends.push(records.length)),
      all(501),
    );
    expect(appends).toEqual([1000, 2]);
  });

  it('goes on with the next call where it was interrupted', async () => {
    await quarantine({ id: 'one', text: FAT }, { id: 'two', text: FAT }, { id: 'three', text: FAT });
    let appends = 0;
    const failing = whoAppends(() => {
      if (++appends === 2) throw Object.assign(new Error('Kafka is away'), { retriable: true });
    });
    await expect(releaseMatching(failing, all(3))).rejects.toThrow(
      '1 of 3 items were released, then: Kafka is away; the next call goes on (--count 2)',
    );
    expect(await releaseMatching(servers, all(2))).toEqual({ matched: 2, released: 2, left: [] });
    expect(await arrived()).toEqual(['one', 'released', 'two', 'released', 'three', 'released']);
  });

  it('is not kept back by an item that the log refuses', async () => {
    const first = await quarantine({ id: 'one', text: FAT }, { id: 'two', text: FAT }, { id: 'three', text: FAT });
    let appends = 0;
    const refusing = whoAppends(() => {
      if (++appends === 2) throw Object.assign(new Error('too large'), { retriable: false });
    });
    expect(await releaseMatching(refusing, all(3))).toEqual({
      matched: 3,
      released: 2,
      left: [{ why: 'refused', items: 1, first: first + 1, detail: 'too large' }],
    });
    expect(await arrived()).toEqual(['one', 'released', 'three', 'released']);
  });

  it('sends an item once where two release it at the same time', async () => {
    await quarantine({ id: 'one' }, { id: 'two' });
    let reached = (): void => undefined;
    let goOn = (): void => undefined;
    const appending = new Promise<void>((resolve) => (reached = resolve));
    const gate = new Promise<void>((resolve) => (goOn = resolve));
    const slow = releaseMatching(
      whoAppends(() => {
        reached();
        return gate;
      }),
      all(2),
    );
    await Promise.race([appending, slow]);
    const other = releaseMatching(servers, all(2));
    try {
      await eventually(async () => {
        const { rows } = await servers.store.pool.query(
          `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
        return rows[0] as unknown;
      });
    } finally {
      goOn();
    }
    expect(await slow).toEqual({ matched: 2, released: 2, left: [] });
    expect(await other).toEqual({
      matched: 2,
      released: 0,
      left: [{ why: 'released-before', items: 2, first: null, detail: null }],
    });
    expect(await arrived()).toEqual(['one', 'released', 'two', 'released']);
  });
});
