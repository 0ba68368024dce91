import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { createPostgresLog, homePartition, productTopics, TOPICS, type Log } from '#libs/bus';
import { contentHash, parseEvent, verifyOwn, type EventEnvelope } from '#libs/events';
import { hashAccessKey, type Access, type Caller } from '#libs/settings';
import { Store } from '#libs/store';
import { createLogger, createMetrics } from '#libs/telemetry';
import { freshDatabase, type FreshDatabase } from '#libs/testkit';
import { configureWeb, WebModule } from '#libs/web';
import { IntakeModule } from './intake.module.js';

const CONTRACT = 'CRM-2026-001';
const PARTITIONS = 4;
const NOW = Date.parse('2026-06-15T04:00:00Z');
const STAMP_KEY = Buffer.from('a key of the deployment');

const crm = { name: 'crm', party: null, duties: [], sources: ['/platform/crm', '/elsewhere'] } as const;
const person = { name: 'lin', party: 'client', duties: ['account-manager'], sources: [] } as const;

let database: FreshDatabase;
let store: Store;
let log: Log;
const apps: NestExpressApplication[] = [];
let url: string;

beforeAll(async () => {
  database = await freshDatabase();
  store = await Store.connect(database.url);
  await store.migrate();
  log = createPostgresLog({ pool: store.pool });
  await log.ensureTopics(productTopics(PARTITIONS));
  await publish(CONTRACT, 1, sample());
  url = await serve(accessOf(crm, person), log);
});

afterAll(async () => {
  for (const app of apps) await app.close();
  await log?.close();
  await store?.close();
  await database?.drop();
});

function accessOf(...callers: readonly Caller[]): Access {
  return {
    open: callers.length === 0,
    keys: callers.map((caller) => ({
      hash: Buffer.from(hashAccessKey(`key-of-${caller.name}`).slice(7), 'hex'),
      caller,
    })),
  };
}

async function serve(access: Access, into: Pick<Log, 'append'>): Promise<string> {
  const module = await Test.createTestingModule({
    imports: [
      WebModule.register({ access, metrics: createMetrics({ node: false }), checks: [] }),
      IntakeModule.register({ log: into, contracts: store, stampKey: STAMP_KEY, now: () => NOW }),
    ],
  }).compile();
  module.useLogger(false);
  const app = module.createNestApplication<NestExpressApplication>({ bodyParser: false });
  apps.push(configureWeb(app, createLogger('silent')));
  await app.listen(0, '127.0.0.1');
  return `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}/v1/events`;
}

function sample(): string {
  return readFileSync('config/contracts/ecommerce-crm.yaml', 'utf8');
}

/** As the monitor does it when the stream has published a version. */
async function publish(contract: string, version: number, text: string): Promise<void> {
  const put = async (kind: 'contract' | 'calendar', bytes: Buffer): Promise<string> => {
    const hash = createHash('sha256').update(bytes).digest('hex');
    await store.putDocument(hash, kind, bytes);
    return hash;
  };
  const calendars: Record<string, string> = {};
  for (const id of ['cn-office', 'cn-staffed']) {
    calendars[id] = await put('calendar', readFileSync(`config/calendars/${id}.yaml`));
  }
  await store.pool.query(
    `INSERT INTO published_contract (contract, version, hash, calendars, from_instant, published_at)
     VALUES ($1, $2, $3, $4, '2026-01-01T00:00:00+08:00', now())`,
    [contract, version, await put('contract', Buffer.from(text)), JSON.stringify(calendars)],
  );
}

const opened = {
  specversion: '1.0',
  id: 'e-1',
  source: '/platform/crm',
  type: 'complaint.opened',
  subject: 'C-1001',
  time: '2026-06-15T11:59:30+08:00',
  contractid: CONTRACT,
  data: { priority: 'high', channel: 'app' },
};
const entered = { ...opened, id: 'p-1', source: '/pactwatch/client', type: 'complaint.reopened', data: {} };

const structured = 'application/cloudevents+json';
const batch = 'application/cloudevents-batch+json';

interface Sending {
  readonly to?: string;
  /** Null: none is shown. */
  readonly key?: string | null;
  readonly type?: string;
  readonly headers?: Record<string, string>;
}

function send(body: unknown, { to = url, key = 'key-of-crm', type = structured, headers = {} }: Sending = {}) {
  const shown: Record<string, string> = key === null ? {} : { authorization: `Bearer ${key}` };
  const bytes = Buffer.isBuffer(body) || typeof body === 'string' ? body : JSON.stringify(body);
  return fetch(to, {
    method: 'POST',
    headers: { 'content-type': type, ...shown, ...headers },
    body: new Uint8Array(Buffer.from(bytes)),
  });
}

interface Problem {
  readonly type: string;
  readonly status: number;
  readonly detail: string;
  readonly errors: readonly { readonly field: string; readonly detail: string; readonly reason?: string }[];
}

async function problemOf(response: Response): Promise<Problem> {
  expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  const problem = (await response.json()) as Problem;
  expect(problem.status).toBe(response.status);
  return problem;
}

/** Everything in the stream, by partition and offset. */
async function stream(): Promise<readonly { readonly partition: number; readonly event: EventEnvelope }[]> {
  const found: { partition: number; event: EventEnvelope }[] = [];
  for (const { partition, low, high } of await log.bounds(TOPICS.events)) {
    for (let offset = low; offset < high; offset++) {
      const record = await log.readOne(TOPICS.events, partition, offset);
      const parsed = parseEvent(record!);
      if (!parsed.ok) throw new Error(parsed.refusal.detail);
      expect(record!.key?.toString()).toBe(parsed.event.contractid);
      found.push({ partition, event: parsed.event });
    }
  }
  return found;
}

async function appendedBy(work: () => Promise<void>): Promise<readonly EventEnvelope[]> {
  const before = await stream();
  await work();
  const after = await stream();
  return after.slice(before.length).map(({ event }) => event);
}

describe('an event that is taken in', () => {
  it('lies in the partition of its contract before it is acknowledged', async () => {
    const response = await send(opened);
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({ accepted: 1 });
    const { specversion: _, time, ...attributes } = opened;
    expect(await stream()).toMatchObject([
      {
        partition: homePartition(CONTRACT, PARTITIONS),
        event: { ...attributes, timeText: time, time: Date.parse(time), extensions: {} },
      },
    ]);
  });

  it('is the same in every content mode, and again', async () => {
    const { data, ...attributes } = opened;
    const asHeaders = Object.entries(attributes).map(([name, value]) => [`ce-${name}`, value] as const);
    const appended = await appendedBy(async () => {
      expect((await send(opened)).status).toBe(202);
      const headers = Object.fromEntries(asHeaders);
      expect((await send(data, { type: 'application/json', headers })).status).toBe(202);
      const response = await send([opened, { ...opened, id: 'e-2' }], { type: batch });
      expect(await response.json()).toEqual({ accepted: 2 });
    });
    expect(appended.map(({ id }) => id)).toEqual(['e-1', 'e-1', 'e-1', 'e-2']);
    expect(new Set(appended.map((event) => JSON.stringify({ ...event, id: '' }))).size).toBe(1);
  });

  it('may come compressed', async () => {
    const packed = gzipSync(JSON.stringify(opened));
    expect((await send(packed, { headers: { 'content-encoding': 'gzip' } })).status).toBe(202);
  });

  it('is not believed about what only the deployment may say', async () => {
    const forged = { appendedtime: '2026-01-01T00:00:00Z', stampsig: 'aa', ownsig: 'bb', importid: 'i', rekeyed: '1' };
    const [event] = await appendedBy(async () => {
      expect((await send({ ...opened, ...forged, traceid: 'kept' })).status).toBe(202);
    });
    expect({ ...event?.extensions }).toEqual({ traceid: 'kept' });
  });

  it('carries the signature of the deployment where a person entered it', async () => {
    const [event] = await appendedBy(async () => {
      expect((await send({ ...entered, ownsig: 'mine' }, { key: 'key-of-lin' })).status).toBe(202);
    });
    const { id, source, type, subject, time, data } = event!;
    const own = { contract: CONTRACT, source, id, type, contentHash: contentHash({ type, subject, time, data }) };
    expect(verifyOwn(STAMP_KEY, own, event?.extensions['ownsig'])).toBe(true);
  });

  it('goes to the contract that its source belongs to where it names none, from the moment that is published', async () => {
    const { contractid: _, ...unnamed } = { ...opened, source: '/elsewhere' };
    const response = await send(unnamed);
    expect(response.status).toBe(422);
    expect((await problemOf(response)).errors).toMatchObject([{ field: 'contractid', reason: 'UNKNOWN_CONTRACT' }]);
    const other = sample()
      .replace('contract: CRM-2026-001', 'contract: OTHER')
      .replace('/platform/crm:\n    trust: trusted', '/elsewhere:\n    default: true\n    trust: trusted');
    await publish('OTHER', 1, other);
    expect((await send(unnamed)).status).toBe(202);
    const partition = homePartition('OTHER', PARTITIONS);
    expect(await stream()).toContainEqual({ partition, event: expect.objectContaining({ contractid: 'OTHER' }) });
  });
});

describe('a request that is refused', () => {
  const cut = JSON.stringify(opened).slice(0, -5);
  const without = (name: string) => Object.fromEntries(Object.entries(opened).filter(([key]) => key !== name));
  const bomb = `{"data":${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
  const late = new Date(NOW + 5 * 60_000 + 1).toISOString();

  it.each<[string, unknown, number, string, Sending?]>([
    ['shows no key', opened, 401, '', { key: null }],
    ['shows an unknown key', opened, 401, '', { key: 'key-of-nobody' }],
    ['has another content type', opened, 415, 'content-type', { type: 'text/plain' }],
    ['has no CloudEvents in it', opened, 400, 'ce-specversion', { type: 'application/json' }],
    ['is empty', '', 400, 'event'],
    ['is cut off', cut, 400, 'event'],
    ['is not UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 400, 'event'],
    ['is too large', Buffer.alloc(17 * 1024 * 1024, ' '), 413, 'body'],
    [
      'grows too large when unpacked',
      gzipSync(Buffer.alloc(17 * 1024 * 1024)),
      413,
      'body',
      { headers: { 'content-encoding': 'gzip' } },
    ],
    [
      'is too large for the log by its attributes',
      { ...opened, data: { priority: 'high', text: 'x'.repeat(16 * 1024 * 1024 - 600) }, note: 'y'.repeat(300) },
      413,
      'event',
    ],
    ['is nested without end', bomb, 400, 'data'],
    ['is a batch nested without end', `[${bomb}]`, 400, 'events.0', { type: batch }],
    ['names a prototype', `{"__proto__":{"polluted":"yes"},${JSON.stringify(opened).slice(1)}`, 400, '__proto__'],
    ['has a number for its type', { ...opened, type: 1 }, 400, 'type'],
    ['has text for its data', { ...opened, data: 'text' }, 400, 'data'],
    ['has no id', without('id'), 400, 'id'],
    ['has no time', without('time'), 400, 'time'],
    ['is of another source', { ...opened, source: '/bank' }, 403, 'source'],
    ['is entered by a system', entered, 403, 'source'],
    [
      'is entered for the other party',
      { ...entered, source: '/pactwatch/provider' },
      403,
      'source',
      { key: 'key-of-lin' },
    ],
    [
      'is entered as if the product said it',
      { ...entered, type: 'contract.published' },
      403,
      'type',
      { key: 'key-of-lin' },
    ],
    ['names no contract', without('contractid'), 422, 'contractid'],
    ['names an unknown contract', { ...opened, contractid: 'NONE' }, 422, 'contractid'],
    ['lacks a field that rules read', { ...opened, data: {} }, 422, 'data.priority'],
    ['has a value that is not allowed', { ...opened, data: { priority: 'soon' } }, 422, 'data.priority'],
    ['has no subject', without('subject'), 422, 'subject'],
    ['happened in the future', { ...opened, time: late }, 422, 'time'],
    ['happened long before the term', { ...opened, time: '2024-12-31T15:59:59Z' }, 422, 'time'],
  ])('because it %s, says so and leaves nothing behind', async (_, body, status, field, sending = {}) => {
    const appended = await appendedBy(async () => {
      const response = await send(body, sending);
      expect(response.status).toBe(status);
      const problem = await problemOf(response);
      expect(problem.detail).not.toBe('');
      if (field !== '') expect(problem.errors).toMatchObject([{ field }]);
    });
    expect(appended).toEqual([]);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('is refused whole where one event of a batch is, naming each', async () => {
    const appended = await appendedBy(async () => {
      const events = [opened, { ...opened, data: {} }, { ...opened, contractid: 'NONE' }];
      const response = await send(events, { type: batch });
      expect(response.status).toBe(422);
      const problem = await problemOf(response);
      expect(problem.detail).toMatch(
        /^2 of 3 events are refused, so none is stored; events\.1: data\.priority is missing/,
      );
      expect(problem.errors).toMatchObject([
        { field: 'events.1.data.priority', reason: 'SCHEMA' },
        { field: 'events.2.contractid', reason: 'UNKNOWN_CONTRACT' },
      ]);
    });
    expect(appended).toEqual([]);
  });

  it('names attributes as headers where they came as headers', async () => {
    const headers = {
      'ce-specversion': '1.0',
      'ce-id': 'e',
      'ce-source': '/platform/crm',
      'ce-type': 't',
      'ce-time': 'noon',
    };
    const response = await send('{}', { type: 'application/json', headers });
    expect(await problemOf(response)).toMatchObject({ status: 400, errors: [{ field: 'ce-time' }] });
  });

  it('is asked to come again where the log does not take it', async () => {
    const down = await serve(accessOf(crm), { append: () => Promise.reject(new Error('user geheim is locked')) });
    const response = await send(opened, { to: down });
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('5');
    expect(JSON.stringify(await problemOf(response))).not.toContain('geheim');
  });
});

it('without keys, takes in what systems and parties say, but nothing as the product', async () => {
  const open = await serve(accessOf(), log);
  expect((await send(opened, { to: open, key: null })).status).toBe(202);
  expect((await send(entered, { to: open, key: null })).status).toBe(202);
  expect((await send({ ...entered, source: '/pactwatch/monitor' }, { to: open, key: null })).status).toBe(403);
});
