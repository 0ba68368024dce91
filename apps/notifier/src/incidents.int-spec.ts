import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import type { Log, LogBatch, NewRecord } from '#libs/bus';
import { parseEvent, reservedExtensions, verifyOwn, contentHash } from '#libs/events';
import { hashAccessKey, type Access } from '#libs/settings';
import { Store } from '#libs/store';
import { createLogger, createMetrics } from '#libs/telemetry';
import { eventually, freshDatabase, type FreshDatabase } from '#libs/testkit';
import { configureWeb, WebModule } from '#libs/web';
import {
  aContract,
  alertData,
  alertRecord,
  ANSWERED_LATE,
  CALENDAR_TEXT,
  contractText,
  HALF_GONE,
  WITHDRAWN,
  type AlertDifference,
} from '../test/a-world.js';
import { Mailbox } from '../test/mailbox.js';
import { AlertReader } from './alert-reader.js';
import { readNotifierFiles } from './notifier-files.js';
import { NotifierModule } from './notifier.module.js';
import { readRoutes } from './routes.js';

const STAMP_KEY = Buffer.from('a key of this test');
const TOPIC = 'compliance.alerts';
const INCIDENT = 'DESK-1/first-answer/T/1 一/1';
const CHEN = 'chen@provider.example.com';
const HE = 'he@provider.example.com';
const KEYS = { provider: 'k-provider', client: 'k-client', auditor: 'k-auditor' };

const access: Access = {
  open: false,
  keys: (
    [
      [KEYS.provider, { name: 'chen', party: 'provider', duties: ['account-manager'], sources: [] }],
      [KEYS.client, { name: 'ada', party: 'client', duties: ['account-manager'], sources: [] }],
      [KEYS.auditor, { name: 'eve', party: null, duties: ['auditor'], sources: [] }],
    ] as const
  ).map(([key, caller]) => ({
    hash: Buffer.from(hashAccessKey(key).slice('sha256:'.length), 'hex'),
    caller,
  })),
};

const route = (fields = ''): string => `routes:
  - name: owner
    match: { kinds: [warning, breach, revision, withdrawal] }
    to: [{ party: breaching, role: account-manager }]
    channels: [mail]
${fields}`;
const STEPS = '    escalate:\n      - { after: PT30M, to: [{ party: breaching, role: legal }] }\n';

interface Fact {
  readonly id: string;
  readonly type: string;
  readonly data: Record<string, unknown>;
}

describe('incidents', () => {
  let database: FreshDatabase;
  let store: Store;
  let mailbox: Mailbox;
  let contract: ReturnType<typeof aContract>;
  let app: NestExpressApplication | undefined;
  let url = '';
  let offset = 0;
  const told: NewRecord[] = [];
  const log = {
    bounds: () => Promise.resolve([{ partition: 3, low: 0, high: 1_000 }]),
    append: (records: readonly NewRecord[]) => Promise.resolve(void told.push(...records)),
  } as unknown as Log;

  beforeEach(async () => {
    told.length = 0;
    offset = 0;
    database = await freshDatabase();
    store = await Store.connect(database.url);
    await store.migrate();
    mailbox = new Mailbox();
    await mailbox.open();
    contract = aContract();
    const texts = { contract: contractText(), calendar: CALENDAR_TEXT } as const;
    const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');
    for (const [kind, text] of Object.entries(texts) as ['contract' | 'calendar', string][]) {
      await store.putDocument(hashOf(text), kind, Buffer.from(text));
    }
    await store.pool.query(
      `INSERT INTO published_contract (contract, version, hash, calendars, from_instant, published_at)
       VALUES ('DESK-1', 3, $1, $2, now(), now())`,
      [hashOf(texts.contract), JSON.stringify({ office: hashOf(texts.calendar) })],
    );
  });

  afterEach(async () => {
    await app?.close();
    app = undefined;
    await Promise.all([mailbox.close(), store.close()]);
    await database.drop();
  });

  async function start(routes: string): Promise<AlertReader> {
    const read = readRoutes('routes.yaml', routes, new Set());
    if (!read.ok) throw new Error(JSON.stringify(read.problems));
    const shipped = readNotifierFiles(join(__dirname, '../../../config'));
    if (!shipped.ok) throw new Error(shipped.problems.join('\n'));
    const metrics = createMetrics({ node: false });
    const logger = createLogger('silent');
    const module = await Test.createTestingModule({
      imports: [
        WebModule.register({ access, metrics, checks: [] }),
        NotifierModule.register({
          ...{ log, pool: store.pool, contracts: store, stampKey: STAMP_KEY, metrics, logger },
          files: { ...shipped.files, book: { routes: read.value, secrets: new Map() } },
          smtpUrl: mailbox.url,
          mailFrom: 'pactwatch@example.com',
          webhookSecret: null,
          publicUrl: 'https://pactwatch.example.com',
          retry: { firstMillis: 20, longestMillis: 50, attempts: 2 },
          digest: { everyMillis: 20, quietMillis: 150, atMostMillis: 60_000 },
          lookMillis: 20,
        }),
      ],
    }).compile();
    app = configureWeb(module.createNestApplication<NestExpressApplication>({ bodyParser: false }), logger);
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
    const reader = app.get(AlertReader);
    await reader.assigned(TOPIC, 3);
    return reader;
  }

  function batch(...differences: AlertDifference[]): LogBatch {
    const from = offset;
    offset += differences.length;
    const records = differences.map((one, index) => alertRecord(alertData(one, contract), from + index));
    return { topic: TOPIC, partition: 3, records, nextOffset: offset, highWatermark: offset, undecodable: [] };
  }

  /** An alert that tells of a fact. */
  const act = (kind: string, number: number, data: object): AlertDifference => ({
    kind,
    number,
    data: { incident: INCIDENT, verdict: null, fact: { id: `f-${number}`, at: '2026-03-24T07:00:00Z', data } },
  });
  const ACKNOWLEDGED = act('acknowledged', 20, { by: { name: '陈晨' }, note: null });

  function facts(type: string): Fact[] {
    return told.flatMap(({ headers, value }) => {
      const read = parseEvent({
        headers: Object.fromEntries(
          Object.entries(headers ?? {}).map(([name, text]) => [name, Buffer.from(String(text))]),
        ),
        value: Buffer.from(value ?? ''),
      });
      if (!read.ok) throw new Error(read.refusal.detail);
      const { id, source, contractid = '', data, extensions, subject, time } = read.event;
      const hash = contentHash({ type: read.event.type, subject, time, data });
      const own = { contract: contractid, source, id, type: read.event.type, contentHash: hash };
      expect(verifyOwn(STAMP_KEY, own, extensions[reservedExtensions.ownSignature])).toBe(true);
      return read.event.type === type ? [{ id, type, data }] : [];
    });
  }

  async function rows(): Promise<{ recipient: string; kind: string; status: string; response: string | null }[]> {
    const { rows: found } = await store.pool.query<Awaited<ReturnType<typeof rows>>[number]>(
      `SELECT d.recipient, a.kind, d.status, d.last_response AS response
       FROM delivery d JOIN alert a ON a.id = d.alert_id ORDER BY d.id`,
    );
    return found;
  }

  const notices = (count: number): Promise<Fact[]> =>
    eventually(() => {
      const found = facts('notice.sent');
      return found.length >= count ? found : undefined;
    });

  const ask = (path: string, key: string | null, init: RequestInit = {}): Promise<Response> =>
    fetch(`${url}${path}`, {
      ...init,
      headers: { ...(key === null ? {} : { authorization: `Bearer ${key}` }) },
    });
  const json = async (path: string, key = KEYS.auditor): Promise<{ items: { state: string }[]; next: string | null }> =>
    (await (await ask(path, key)).json()) as never;

  it('tell the stream what was sent to whom and what the receiver answered, once each, also after a crash', async () => {
    mailbox.refuse = (_, attempt) => (attempt === 1 ? { code: 550, text: 'no such user' } : undefined);
    const reader = await start(route());
    await reader.read(batch({}, { number: 8, subject: 'T-2' }));
    const first = await notices(2);
    expect(first.map(({ data }) => [data['outcome'], data['incidents']]).sort()).toEqual([
      ['failed', [INCIDENT]],
      ['sent', ['DESK-1/first-answer/T-2/1']],
    ]);
    expect(first[0]?.data).toMatchObject({
      ...{ channel: 'mail', recipient: CHEN, kind: 'breach', route: 'owner', attempts: 1 },
      to: { party: 'provider', role: 'account-manager', name: '陈晨', language: 'zh-CN' },
      response: expect.stringContaining('no such user'),
    });
    // It died between telling and noting that it had told.
    await store.pool.query('UPDATE delivery SET told_at = NULL');
    const again = await notices(4);
    expect(again.slice(2)).toEqual(first);
    await eventually(async () => {
      const { rows: left } = await store.pool.query('SELECT 1 FROM delivery WHERE told_at IS NULL');
      return left.length === 0 ? true : undefined;
    });
  });

  it('are carried on to the next role while nobody acknowledges, and a silence puts that off', async () => {
    const reader = await start(route(STEPS));
    const fallsDue = () => store.pool.query('UPDATE escalation SET due_at = now()');
    await reader.read(batch({}));
    const to = new Date(Date.now() + 3_600_000).toISOString();
    const silence = { by: { name: 'Ada' }, reason: 'known', from: '2026-03-24T07:00:00Z', to, match: {} };
    await reader.read(
      batch({
        ...act('silenced', 21, silence),
        data: { ...act('silenced', 21, silence).data, incident: 'DESK-1/silence/f' },
      }),
    );
    await fallsDue();
    await eventually(async () => {
      const { rows: waiting } = await store.pool.query('SELECT 1 FROM escalation WHERE due_at > now()');
      return waiting.length === 1 ? true : undefined;
    });
    expect(facts('alert.escalated')).toEqual([]);
    await store.pool.query('UPDATE silence SET ends_at = now()');
    await fallsDue();
    const [escalated] = await eventually(() =>
      facts('alert.escalated').length > 0 ? facts('alert.escalated') : undefined,
    );
    expect(escalated?.data).toEqual({ incident: INCIDENT, run: 1, route: 'owner', step: 1 });
    await reader.read(batch(act('escalation', 22, escalated?.data ?? {})));
    await eventually(() => (mailbox.to(HE).length === 1 ? true : undefined));
    expect((await json('/v1/incidents')).items).toMatchObject([
      { incident: INCIDENT, state: 'escalated', escalatedStep: 1 },
    ]);
  });

  it('are escalated no more once somebody has acknowledged', async () => {
    const reader = await start(route(STEPS));
    await reader.read(batch({}, ACKNOWLEDGED));
    expect((await store.pool.query('SELECT 1 FROM escalation')).rows).toEqual([]);
    await reader.read(batch(act('escalation', 22, { route: 'owner', run: 1, step: 1 })));
    expect(await json('/v1/incidents')).toMatchObject({
      items: [{ state: 'acknowledged', acknowledged: { by: '陈晨', at: '2026-03-24T07:00:00Z', note: null } }],
    });
    await notices(1);
    expect((await rows()).map(({ recipient }) => recipient)).toEqual([CHEN]);
  });

  it('that correct themselves within the agreed delay alarm nobody, and what was not sent is a fact, too', async () => {
    const now = Date.now();
    const recent = (kind: string, number: number): AlertDifference => ({
      ...{ kind, number },
      data: { decidedAt: new Date(now).toISOString(), effectiveAt: new Date(now - 1_000).toISOString() },
      verdict: { dueAt: new Date(now - 1_000).toISOString(), state: kind === 'breach' ? 'breached' : 'met' },
    });
    const reader = await start(route('    holdBack: agreed-delay\n'));
    await reader.read(batch(recent('breach', 7)));
    expect(await rows()).toMatchObject([{ status: 'pending' }]);
    await reader.read(batch(recent('withdrawal', 8)));
    const withdrawn = 'withdrawn before the agreed delay was over';
    expect(await rows()).toEqual([
      { recipient: CHEN, kind: 'breach', status: 'suppressed', response: withdrawn },
      { recipient: CHEN, kind: 'withdrawal', status: 'suppressed', response: withdrawn },
    ]);
    expect((await notices(2)).map(({ data }) => data['outcome'])).toEqual(['suppressed', 'suppressed']);
    expect(mailbox.mails).toEqual([]);
  });

  it('are repeated to one receiver no more often than the route says, and their end is told all the same', async () => {
    const reader = await start(route('    repeat: { most: 2, per: P1D }\n'));
    const revisions = [8, 9, 10].map((number) => ({ ...ANSWERED_LATE, number }));
    await reader.read(batch({}, ...revisions.slice(0, 2)));
    await reader.read(batch(revisions[2]!, { ...WITHDRAWN, number: 11 }));
    await notices(5);
    expect((await rows()).map(({ kind, status }) => [kind, status])).toEqual([
      ['breach', 'sent'],
      ['revision', 'sent'],
      ['revision', 'suppressed'],
      ['revision', 'suppressed'],
      ['withdrawal', 'sent'],
    ]);
  });

  it('wait for the end of quiet hours, also where a first attempt came before them', async () => {
    // From two hours ago to two hours ahead, by the clock of Shanghai.
    const clock = (hoursAhead: number): string =>
      new Date(Date.now() + (8 + hoursAhead) * 3_600_000).toISOString().slice(11, 16);
    const reader = await start(route(`    quiet: { hours: ['${clock(-2)}-${clock(2)}'] }\n`));
    await reader.read(batch({}));
    const { rows: waiting } = await store.pool.query<{ later: boolean }>(
      `SELECT next_attempt_at > now() AS later FROM delivery`,
    );
    expect(waiting).toEqual([{ later: true }]);
    await store.pool.query('UPDATE delivery SET next_attempt_at = now()');
    await app?.get(AlertReader).read(batch(HALF_GONE));
    await eventually(async () => {
      const { rows: put } = await store.pool.query<{ attempts: number; later: boolean }>(
        `SELECT attempts, next_attempt_at > now() + interval '10 seconds' AS later FROM delivery ORDER BY id`,
      );
      return put.every(({ attempts, later }) => attempts === 0 && later) ? true : undefined;
    });
    expect(mailbox.mails).toEqual([]);
  });

  it('are listed by what they are, a page at a time', async () => {
    const reader = await start(route());
    await reader.read(batch({}, { number: 8, subject: 'T-2' }, { ...HALF_GONE, number: 9, subject: 'T-3' }));
    expect((await json('/v1/incidents?severity=breach&clause=5.1&contract=DESK-1')).items).toHaveLength(2);
    expect((await json('/v1/incidents?state=acknowledged')).items).toEqual([]);
    const seen: unknown[] = [];
    for (let next: string | null = ''; next !== null;) {
      const page = await json(`/v1/incidents?limit=2${next === '' ? '' : `&cursor=${next}`}`);
      seen.push(...page.items.map((one) => (one as unknown as { incident: string }).incident));
      next = page.next;
    }
    expect(seen.sort()).toEqual([INCIDENT, 'DESK-1/first-answer/T-2/1', 'DESK-1/first-answer/T-3/1'].sort());
    expect((await ask('/v1/incidents?limit=0&colour=red', KEYS.auditor)).status).toBe(400);
    expect((await ask('/v1/incidents?cursor=x', KEYS.auditor)).status).toBe(400);
    expect((await ask('/v1/incidents', null)).status).toBe(401);
  });

  it('are acknowledged and silenced with a key of the side that owes the duty', async () => {
    const reader = await start(route());
    await reader.read(batch({}));
    const path = `/v1/alerts/${encodeURIComponent(INCIDENT)}/acknowledge`;
    const post = (key: string, at = path, body = '{}') => ask(at, key, { method: 'POST', body });
    expect((await post(KEYS.auditor)).status).toBe(403);
    expect((await post(KEYS.client)).status).toBe(403);
    expect((await post(KEYS.provider, '/v1/alerts/nothing/acknowledge')).status).toBe(404);
    expect((await post(KEYS.provider, path, '{"note":7}')).status).toBe(422);
    expect(facts('alert.acknowledged')).toEqual([]);
    const done = await post(KEYS.provider, path, '{"note":"on it"}');
    expect([done.status, await done.json()]).toEqual([
      202,
      { incident: INCIDENT, state: 'acknowledged', already: false },
    ]);
    expect(facts('alert.acknowledged')).toMatchObject([
      { data: { incident: INCIDENT, note: 'on it', by: { name: 'chen', party: 'provider', via: 'key' } } },
    ]);
    const ends = new Date(Date.now() + 60_000).toISOString();
    const silence = { contract: 'DESK-1', match: { clauses: ['5.1'] }, reason: 'moving house', ends };
    expect((await post(KEYS.provider, '/v1/silences', JSON.stringify({ ...silence, reason: ' ' }))).status).toBe(422);
    expect(
      (await post(KEYS.provider, '/v1/silences', JSON.stringify({ ...silence, ends: '2020-01-01T00:00:00Z' }))).status,
    ).toBe(422);
    expect((await post(KEYS.provider, '/v1/silences', JSON.stringify({ ...silence, contract: 'X' }))).status).toBe(404);
    expect((await post(KEYS.provider, '/v1/silences', JSON.stringify(silence))).status).toBe(202);
    expect(facts('alert.silenced')).toMatchObject([{ data: { reason: 'moving house', match: { clauses: ['5.1'] } } }]);
    await reader.read(batch(ACKNOWLEDGED));
    expect(await (await post(KEYS.provider)).json()).toMatchObject({ already: true });
  });

  it('are acknowledged by the link of a mail: looking does nothing, the button does', async () => {
    const reader = await start(route());
    await reader.read(batch({}));
    const [mail] = await eventually(() => (mailbox.to(CHEN).length > 0 ? mailbox.to(CHEN) : undefined));
    const links = [...(mail?.text ?? '').matchAll(/https:\/\/pactwatch\.example\.com(\/v1\/acts\/\S+)/g)].map(
      ([, path]) => path!,
    );
    expect(links).toHaveLength(2);
    const [acknowledge = '', silence = ''] = links;
    const page = await ask(acknowledge, null);
    expect(page.headers.get('content-type')).toContain('text/html');
    const text = await page.text();
    for (const part of ['lang="zh-CN"', '首次答复', '<form method="post">', '陈晨']) expect(text).toContain(part);
    expect(facts('alert.acknowledged')).toEqual([]);
    const form = (path: string, body: string) => ask(path, null, { method: 'POST', body });
    expect(await (await form(acknowledge, 'note=')).text()).toContain('已确认');
    expect(facts('alert.acknowledged')).toMatchObject([
      { data: { by: { name: '陈晨', party: 'provider', role: 'account-manager', via: 'link' }, note: null } },
    ]);
    expect((await form(silence, 'hours=4')).status).toBe(422);
    expect((await form(silence, 'hours=4&reason=%E7%BB%B4%E6%8A%A4')).status).toBe(200);
    expect(facts('alert.silenced')).toMatchObject([
      { data: { reason: '维护', match: { obligations: ['first-answer'], subjects: ['T/1 一'] } } },
    ]);
    await reader.read(batch(ACKNOWLEDGED));
    expect(await (await ask(acknowledge, null)).text()).toContain('此前已有人确认');
    expect((await ask(`${acknowledge}x`, null)).status).toBe(404);
  });
});
