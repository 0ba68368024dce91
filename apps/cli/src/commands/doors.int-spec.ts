import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { homePartition, TOPICS } from '#libs/bus';
import { parseEvent, readRefusedRecord } from '#libs/events';
import { openServers, type Servers } from '#libs/servers';
import { loadSettings } from '#libs/settings';
import { DoorCursors } from '#libs/store';
import { createLogger } from '#libs/telemetry';
import { freshDatabase, type FreshDatabase } from '#libs/testkit';
import { run as list } from './doors-list.js';
import { run as restart } from './doors-restart.js';
import { run as skip } from './doors-skip.js';

const [DOOR, TOPIC] = ['shop', 'shop.cases'];

describe('a door whose records were deleted before it has read them', () => {
  let folder = '';
  let database: FreshDatabase;
  let servers: Servers;
  let cursors: DoorCursors;
  let env: NodeJS.ProcessEnv;
  let said = '';

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'pactwatch-doors-'));
    database = await freshDatabase();
    env = { DATABASE_URL: database.url, PACTWATCH_DATA: folder, PACTWATCH_STAMP_KEY: 'k'.repeat(40) };
    const loaded = loadSettings(env);
    if (!loaded.ok) throw new Error(loaded.problems.join('\n'));
    servers = await openServers({ settings: loaded.settings, name: 'doors-spec', logger: createLogger('fatal') });
    cursors = new DoorCursors(servers.store.pool);
    await servers.log.ensureTopics([{ topic: TOPIC, partitions: 2 }]);
    await servers.log.append(
      Array.from({ length: 9 }, (_, n) => ({ topic: TOPIC, key: null, partition: 1, value: `${n}` })),
    );
    const read = await cursors.take({ door: DOOR, topic: TOPIC, partition: 1 }, 'a process');
    await cursors.advance(read, 2, Date.parse('2026-03-02T02:00:00Z'));
    await cursors.take({ door: DOOR, topic: TOPIC, partition: 0 }, 'a process');
    await servers.store.pool.query('DELETE FROM bus_record WHERE topic = $1 AND record_offset < 5', [TOPIC]);
  });
  afterAll(async () => {
    await servers?.close();
    await database?.drop();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(() => (said = ''));

  const terminal = () => ({
    out: (text: string) => void (said += text),
    err: () => undefined,
    stdin: Readable.from([]),
    env,
    interactive: false,
  });
  const skipping = (partition: number, lost: number, door: string = DOOR) =>
    skip(terminal(), door, TOPIC, partition, { lost });

  it('is listed with how many are lost', async () => {
    expect(await list(terminal(), { format: 'json' })).toBe(0);
    const places = said.trim().split('\n');
    const place = { door: DOOR, topic: TOPIC };
    expect(places.map((line): unknown => JSON.parse(line))).toEqual([
      { ...place, partition: 0, next: null, from: 0, to: 0, lost: 0, replaced: false, readThrough: null },
      {
        ...place,
        partition: 1,
        next: 2,
        from: 5,
        to: 9,
        lost: 3,
        replaced: false,
        readThrough: '2026-03-02T02:00:00Z',
      },
    ]);
  });

  it.each([
    [
      'no other number of them',
      1,
      2,
      DOOR,
      /^3 records of shop.cases\/1 are lost \(2 to 4\), not 2: nothing was skipped$/,
    ],
    ['none of another partition', 0, 3, DOOR, /^door 'shop' has lost nothing of shop.cases\/0$/],
    ['none of a door that is not there', 1, 3, 'depot', /^door 'depot' has never read shop.cases\/1$/],
  ])('skips %s', async (_, partition, lost, door, message) => {
    const before = await cursors.all();
    await expect(skipping(partition, lost, door)).rejects.toThrow(message);
    expect(await cursors.all()).toEqual(before);
  });

  it('goes on behind them once it is told so, and the stream says which they were', async () => {
    const owner = (await cursors.of(DOOR))[1]!;
    expect(await skipping(1, 3)).toBe(0);
    expect(said).toBe("door 'shop' goes on at 5 of shop.cases/1; 2 to 4 are lost\n");
    expect((await cursors.of(DOOR))[1]).toMatchObject({ nextOffset: 5, readThrough: owner.readThrough });
    await expect(cursors.advance(owner, 9, null)).rejects.toThrow('another');
    const record = await servers.log.readOne(TOPICS.events, homePartition(DOOR, servers.partitions), 0);
    const event = parseEvent(record!);
    expect(event.ok && readRefusedRecord(event.event.data)).toMatchObject({
      door: DOOR,
      place: 'shop.cases/1/2',
      refusal: { reason: 'UNREADABLE', contract: null },
    });
    await expect(skipping(1, 3)).rejects.toThrow('has lost nothing');
  });

  it('begins again where its topic was made anew, and only there', async () => {
    const again = (end: number) => restart(terminal(), DOOR, TOPIC, 1, { end });
    await expect(again(9)).rejects.toThrow("shop.cases/1 ends at 9, and door 'shop' has read up to 5");
    await servers.store.pool.query('DELETE FROM bus_record WHERE topic = $1', [TOPIC]);
    await servers.store.pool.query('UPDATE bus_partition SET next_offset = 0 WHERE topic = $1', [TOPIC]);
    await servers.log.append([{ topic: TOPIC, key: null, partition: 1, value: 'the first again' }]);
    await expect(again(9)).rejects.toThrow('shop.cases/1 ends at 1, not 9: nothing was begun again');
    const owner = (await cursors.of(DOOR))[1]!;
    expect(owner.nextOffset).toBe(5);
    expect(await again(1)).toBe(0);
    expect(said).toBe("door 'shop' reads shop.cases/1 again from 0; it had read up to 5\n");
    expect((await cursors.of(DOOR))[1]).toMatchObject({ nextOffset: 0, readThrough: owner.readThrough });
    await expect(cursors.advance(owner, 9, null)).rejects.toThrow('another');
    const told = (await servers.log.readOne(TOPICS.events, homePartition(DOOR, servers.partitions), 1))!;
    const event = parseEvent(told);
    expect(event.ok && readRefusedRecord(event.event.data)?.refusal.detail).toMatch(/made anew or cut back.*up to 5/);
    await expect(again(1)).rejects.toThrow('nothing was made anew');
  });
});
