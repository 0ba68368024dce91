import { join } from 'node:path';
import { createPostgresLog, homePartition, productTopics, TOPICS, type Log, type LogRecord } from '#libs/bus';
import { contentHash, parseEvent, verifyOwn, verifyStamp, type EventEnvelope } from '#libs/events';
import { Store } from '#libs/store';
import { freshDatabase, type FreshDatabase } from '#libs/testkit';
import { Failure } from './failure.js';
import { loadContracts } from './load-contracts.js';
import { publishContracts, type PublishOptions } from './publish-contracts.js';
import { sendEvents, type SendRequest } from './send-events.js';
import type { Servers } from './servers.js';

const CONTRACT = 'BOSTON-311';
const KEY = Buffer.from('a key for this test alone');
const NOW = Date.parse('2030-03-05T08:00:00Z');
const PARTITIONS = 2;
const contractFile = join(__dirname, '../../../config/contracts/boston-311.yaml');
const now = () => NOW;

const opened = { specversion: '1.0', id: 'r-1', source: '/boston/311', type: 'request.opened', subject: '1' };
const lines = [
  // Its source belongs to the contract; a number keeps its spelling.
  JSON.stringify({ ...opened, time: '2020-05-01T10:00:00Z' }).replace(
    '}',
    ',"data":{"type":"Sign Repair","weight":1.50}}',
  ),
  JSON.stringify({
    ...opened,
    id: 'r-2',
    time: '2020-05-02T10:00:00Z',
    appendedtime: '2020-05-02T11:00:00Z',
    contractid: CONTRACT,
  }),
  '',
  '{"specversion":"1.0","id":',
];

describe('sending to the stream', () => {
  let database: FreshDatabase;
  let servers: Servers & { readonly log: Log };
  const loaded = loadContracts([contractFile], {});
  const published = { from: null, waitMillis: 0, now } satisfies PublishOptions;
  let read = 0;

  beforeAll(async () => {
    database = await freshDatabase();
    const store = await Store.connect({ url: database.url, name: 'send-events', poolSize: 2 });
    await store.migrate();
    const log = createPostgresLog({ pool: store.pool });
    await log.ensureTopics(productTopics(PARTITIONS));
    servers = { store, log, stampKey: KEY };
  });
  afterAll(async () => {
    await servers?.log.close();
    await servers?.store.close();
    await database?.drop();
  });

  /** What came to the contract's home partition since the last look. */
  async function arrived(): Promise<LogRecord[]> {
    const home = homePartition(CONTRACT, PARTITIONS);
    const bounds = await servers.log.bounds(TOPICS.events);
    expect(bounds.filter(({ partition, high }) => partition !== home && high > 0)).toEqual([]);
    const records: LogRecord[] = [];
    for (const high = bounds.find(({ partition }) => partition === home)?.high ?? 0; read < high; read += 1) {
      const record = await servers.log.readOne(TOPICS.events, home, read);
      if (record !== undefined) records.push(record);
    }
    return records;
  }

  function eventOf(record: LogRecord | undefined): EventEnvelope {
    const parsed = record === undefined ? undefined : parseEvent(record);
    if (parsed?.ok !== true) throw new Error('an event was expected');
    return parsed.event;
  }

  function isOurs(event: EventEnvelope): boolean {
    const { source, id, type, subject, time, data } = event;
    const hash = contentHash({ type, subject, time, data });
    return verifyOwn(KEY, { contract: CONTRACT, source, id, type, contentHash: hash }, event.extensions.ownsig);
  }

  const send = (request: Partial<SendRequest>) =>
    sendEvents(servers, { lines: () => lines.map((line) => Buffer.from(line)), backfill: null, now, ...request });

  /** As the monitor records what it has taken up. */
  const takeUp = (hash: string) =>
    servers.store.pool.query(
      `INSERT INTO published_contract (contract, version, hash, calendars, from_instant, published_at)
       VALUES ($1, 1, $2, $3, now(), now())`,
      [CONTRACT, hash, JSON.stringify(loaded[0]?.contract.calendarHashes)],
    );

  it('refuses a back-fill of a contract that is not published', async () => {
    await expect(send({ backfill: { open: false, alerts: 'summary' } })).rejects.toMatchObject({
      exitCode: 1,
      message: `the lines name no contract that is published (named: ${CONTRACT}; published: none)`,
    });
    expect(await arrived()).toEqual([]);
  });

  it('publishes a contract: its bytes and its calendars by hash, then a signed record', async () => {
    const [one] = loaded;
    const publication = await publishContracts(servers, loaded, published);
    expect(publication).toEqual([{ contract: CONTRACT, version: 1, hash: one?.contract.hash, outcome: 'appended' }]);
    const records = await arrived();
    const event = eventOf(records[0]);
    expect(records).toHaveLength(1);
    expect(event).toMatchObject({
      source: '/pactwatch/publish',
      type: 'contract.published',
      contractid: CONTRACT,
      data: { version: 1, hash: one?.contract.hash, from: null, calendars: one?.contract.calendarHashes },
    });
    expect(isOurs(event)).toBe(true);
    const hashes = [one?.contract.hash ?? '', ...Object.values(one?.contract.calendarHashes ?? {})];
    expect([...(await servers.store.getDocuments(hashes)).keys()].sort()).toEqual(hashes.sort());
  });

  it('appends nothing for what is published already, and refuses other bytes under its version', async () => {
    await takeUp(loaded[0]?.contract.hash ?? '');
    expect(await publishContracts(servers, loaded, published)).toMatchObject([{ outcome: 'unchanged' }]);
    const other = loaded.map((one) => ({ ...one, contract: { ...one.contract, hash: '0'.repeat(64) } }));
    const refused = publishContracts(servers, other, published);
    await expect(refused).rejects.toThrow(Failure);
    await expect(refused).rejects.toThrow(
      /boston-311\.yaml:1:1: version 1 of BOSTON-311 is published with other content/,
    );
    expect(await arrived()).toEqual([]);
  });

  it('appends live lines as they are, keyed by their contract, and those that are no events with them', async () => {
    const sent = await send({});
    expect(sent).toEqual({ lines: 3, contracts: new Map([[CONTRACT, 3]]), importId: null });
    const records = await arrived();
    expect(records.map(({ value }) => value?.toString())).toEqual(lines.filter((line) => line !== ''));
    expect(records.map(({ key }) => key?.toString())).toEqual([CONTRACT, CONTRACT, CONTRACT]);
  });

  it('brackets a back-fill and stamps each event with the instant at which it is taken to have come', async () => {
    const sent = await send({ backfill: { open: false, alerts: 'each' } });
    const records = await arrived();
    const [begun, first, second, raw, completed] = records;
    expect(records).toHaveLength(5);
    expect(eventOf(begun)).toMatchObject({ type: 'import.begun', data: { import: sent.importId, alerts: 'each' } });
    expect(eventOf(completed)).toMatchObject({ type: 'import.completed', data: { import: sent.importId, lines: 3 } });
    expect([begun, completed].map((record) => isOurs(eventOf(record)))).toEqual([true, true]);

    const stamps = [first, second].map((record) => {
      const { source, id, type, subject, time, data, extensions } = eventOf(record);
      const stamp = { contract: CONTRACT, source, id, contentHash: contentHash({ type, subject, time, data }) };
      const appendedAt = Date.parse(extensions.appendedtime ?? '');
      expect(extensions.importid).toBe(sent.importId);
      expect(verifyStamp(KEY, { ...stamp, appendedAt }, extensions.stampsig)).toBe(true);
      return extensions.appendedtime;
    });
    expect(stamps).toEqual(['2020-05-01T10:00:00Z', '2020-05-02T11:00:00Z']);
    expect(first?.value?.toString()).toContain('"weight":1.50');
    expect(raw?.value?.toString()).toBe(lines[3]);
  });

  it('leaves a back-fill open where that is asked', async () => {
    await send({ backfill: { open: true, alerts: 'summary' } });
    const records = await arrived();
    expect([eventOf(records[0]).type, records.length]).toEqual(['import.begun', 4]);
  });
});
