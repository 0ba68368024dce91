import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { homePartition, TOPICS, type LogRecord } from '#libs/bus';
import { contentHash, parseEvent, signStamp, verifyOwn, verifyStamp, type EventEnvelope } from '#libs/events';
import { openServers, type Servers } from '#libs/servers';
import { loadSettings, stampKey } from '#libs/settings';
import { createLogger } from '#libs/telemetry';
import { freshDatabase, type FreshDatabase } from '#libs/testkit';
import { run } from './quarantine-release.js';

const CONTRACT = 'DESK-1';
const CAME_AT = '2030-03-05T08:00:00Z';
const STAMPED_AT = '2020-05-02T11:00:00Z';

describe('releasing from the quarantine', () => {
  let folder = '';
  let database: FreshDatabase;
  let servers: Servers;
  let key: Buffer;
  let env: NodeJS.ProcessEnv;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'pactwatch-release-'));
    database = await freshDatabase();
    env = { DATABASE_URL: database.url, PACTWATCH_DATA: folder, PACTWATCH_STAMP_KEY: 'k'.repeat(40) };
    const loaded = loadSettings(env);
    if (!loaded.ok) throw new Error(loaded.problems.join('\n'));
    key = stampKey(loaded.settings);
    servers = await openServers({ settings: loaded.settings, name: 'release-spec', logger: createLogger('fatal') });
  });
  afterAll(async () => {
    await servers?.close();
    await database?.drop();
    rmSync(folder, { recursive: true, force: true });
  });

  const ticket = { specversion: '1.0', id: 't-1', source: '/desk', type: 'opened', contractid: CONTRACT };
  const time = '2020-05-02T10:00:00Z';
  const ownStamp = (signedWith: Buffer) => ({
    appendedtime: STAMPED_AT,
    importid: 'import-1',
    stampsig: signStamp(signedWith, {
      contract: CONTRACT,
      source: '/desk',
      id: 't-1',
      contentHash: contentHash({ type: 'opened', subject: undefined, time: Date.parse(time), data: {} }),
      appendedAt: Date.parse(STAMPED_AT),
    }),
  });

  /** Puts a raw record into the quarantine and returns its number. */
  async function quarantine(value: string): Promise<number> {
    const { rows } = await servers.store.pool.query<{ id: string }>(
      `INSERT INTO quarantine (topic, partition, contract, reason, detail, record_offset, appended_at, recorded_at, headers, value)
       VALUES ($1, 0, $2, 'SCHEMA', 'subject is missing', 7, $3, now(), '{}', $4) RETURNING id`,
      [TOPICS.events, CONTRACT, CAME_AT, Buffer.from(value)],
    );
    return Number(rows[0]?.id);
  }

  function release(number: number, mended?: object): Promise<number> {
    const file = join(folder, 'mended.json');
    if (mended !== undefined) writeFileSync(file, JSON.stringify(mended, null, 2));
    const terminal = {
      out: () => undefined,
      err: () => undefined,
      stdin: Readable.from([]),
      env,
      interactive: false,
    };
    return run(terminal, number, mended === undefined ? {} : { mended: file });
  }

  let read = 0;
  async function arrived(): Promise<EventEnvelope[]> {
    const home = homePartition(CONTRACT, servers.partitions);
    const bounds = await servers.log.bounds(TOPICS.events);
    const records: LogRecord[] = [];
    for (const high = bounds.find(({ partition }) => partition === home)?.high ?? 0; read < high; read += 1) {
      const record = await servers.log.readOne(TOPICS.events, home, read);
      if (record !== undefined) records.push(record);
    }
    return records.map((record) => {
      const parsed = parseEvent(record);
      if (!parsed.ok) throw new Error(parsed.refusal.detail);
      return parsed.event;
    });
  }

  function stampHolds(event: EventEnvelope | undefined): boolean {
    if (event === undefined) return false;
    const { source, id, type, subject, time: at, data, extensions } = event;
    const stamp = { contract: CONTRACT, source, id, contentHash: contentHash({ type, subject, time: at, data }) };
    const appendedAt = Date.parse(extensions.appendedtime ?? '');
    return verifyStamp(key, { ...stamp, appendedAt }, extensions.stampsig);
  }

  it('stamps a mended event with the instant at which the item came, and says on the stream that it was released', async () => {
    const number = await quarantine('{"half":');
    expect(await release(number, { ...ticket, time, subject: 'T-1' })).toBe(0);
    const [event, note] = await arrived();
    expect(event).toMatchObject({ id: 't-1', subject: 'T-1', extensions: { appendedtime: CAME_AT } });
    expect(stampHolds(event)).toBe(true);
    expect(note).toMatchObject({ source: '/pactwatch/quarantine', type: 'quarantine.released', data: { number } });
    const { source, id, type, subject, time: at, data, extensions } = note as EventEnvelope;
    const own = { contract: CONTRACT, source, id, type, contentHash: contentHash({ type, subject, time: at, data }) };
    expect(verifyOwn(key, own, extensions.ownsig)).toBe(true);
  });

  it.each([
    ['a stamp of ours', () => key, STAMPED_AT],
    ["somebody else's stamp", () => Buffer.from('another key'), CAME_AT],
  ])('lets a mended event keep the instant of %s, as far as it is one', async (_, signer, kept) => {
    const number = await quarantine(JSON.stringify({ ...ticket, time, ...ownStamp(signer()) }));
    await release(number, { ...ticket, time, subject: 'T-1' });
    const [event] = await arrived();
    expect(event?.extensions).toMatchObject({ appendedtime: kept, importid: 'import-1' });
    expect(stampHolds(event)).toBe(true);
  });

  it('refuses what cannot be read, what names no contract and what was released before; nothing is sent', async () => {
    await expect(release(await quarantine('{"half":'))).rejects.toThrow(/is no readable event: .*--mended FILE/);
    const { contractid: _, ...stranger } = ticket;
    const number = await quarantine(JSON.stringify({ ...stranger, time, subject: 'T-1' }));
    await expect(release(number)).rejects.toThrow(/names no contract, and its source \/desk belongs to none/);
    expect(await arrived()).toEqual([]);
    await release(number, { ...ticket, time, subject: 'T-1' });
    await expect(release(number)).rejects.toThrow(/was released before/);
    await expect(release(1_000_000)).rejects.toThrow(/there is no item 1000000/);
    expect(await arrived()).toHaveLength(2);
  });
});
