import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { Test } from '@nestjs/testing';
import { Webhook } from 'standardwebhooks';
import { createPostgresLog, TOPICS, type Log, type LogBatch, type NewRecord } from '#libs/bus';
import { Deliveries, Store } from '#libs/store';
import { createLogger, createMetrics, type Metrics } from '#libs/telemetry';
import { WebModule } from '#libs/web';
import { eventually, freshDatabase, type FreshDatabase } from '#libs/testkit';
import {
  aContract,
  alertData,
  alertRecord,
  ANSWERED_LATE,
  CALENDAR_TEXT,
  contractText,
  HALF_GONE,
  LATE,
  WITHDRAWN,
  type AlertDifference,
} from '../test/a-world.js';
import { Mailbox } from '../test/mailbox.js';
import { HookReceiver, type Call } from '../test/hook-receiver.js';
import { AlertReader } from './alert-reader.js';
import { connectNotifier } from './connect-notifier.js';
import { readNotifierFiles } from './notifier-files.js';
import { NotifierModule, type NotifierOptions } from './notifier.module.js';
import { readRoutes } from './routes.js';

const STAMP_KEY = Buffer.from('a key of this test');
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const TOPIC = 'compliance.alerts';
const PARTITION = 3;
const ROUTES = `
routes:
  - name: owner
    match: { kinds: [warning, breach, withdrawal] }
    to: [{ party: breaching, role: account-manager }]
    channels: [mail]
  - name: other
    match: { kinds: [breach, revision, withdrawal] }
    to: [{ party: other, role: account-manager }]
    channels: [mail, webhook]
`;
const CHEN = 'chen@provider.example.com';
const ADA = 'ada@client.example.com';

/** Only what a reader asks of a log; batches are handed in by the test. What is told to the stream is kept. */
const told: NewRecord[] = [];
const log = {
  bounds: () => Promise.resolve([{ partition: PARTITION, low: 0, high: 1_000 }]),
  append: (records: readonly NewRecord[]) => Promise.resolve(void told.push(...records)),
} as unknown as Log;

describe('the notifier', () => {
  let database: FreshDatabase;
  let store: Store;
  let mailbox: Mailbox;
  let receiver: HookReceiver;
  let metrics: Metrics;
  let contract: ReturnType<typeof aContract>;
  const running: { stop(): Promise<void> }[] = [];

  beforeEach(async () => {
    told.length = 0;
    database = await freshDatabase();
    store = await Store.connect(database.url);
    await store.migrate();
    mailbox = new Mailbox();
    receiver = new HookReceiver();
    await Promise.all([mailbox.open(), receiver.open()]);
    metrics = createMetrics({ node: false });
    contract = aContract(receiver.url);
    await publish();
  });

  afterEach(async () => {
    for (const one of running.splice(0)) await one.stop();
    await Promise.all([mailbox.close(), receiver.close(), store.close()]);
    await database.drop();
  });

  async function publish(): Promise<void> {
    const files = { contract: contractText(receiver.url), calendar: CALENDAR_TEXT } as const;
    const hashes = new Map<string, string>();
    for (const [kind, text] of Object.entries(files) as ['contract' | 'calendar', string][]) {
      const bytes = Buffer.from(text);
      hashes.set(kind, createHash('sha256').update(bytes).digest('hex'));
      await store.putDocument(hashes.get(kind) ?? '', kind, bytes);
    }
    await store.pool.query(
      `INSERT INTO published_contract (contract, version, hash, calendars, from_instant, published_at)
       VALUES ('DESK-1', 3, $1, $2, now(), now())`,
      [hashes.get('contract'), JSON.stringify({ office: hashes.get('calendar') })],
    );
  }

  function moduleOf(difference: Partial<NotifierOptions>) {
    const read = readRoutes('routes.yaml', ROUTES, new Set());
    if (!read.ok) throw new Error(JSON.stringify(read.problems));
    const shipped = readNotifierFiles(join(__dirname, '../../../config'));
    if (!shipped.ok) throw new Error(shipped.problems.join('\n'));
    return Test.createTestingModule({
      imports: [
        WebModule.register({ access: { open: true, keys: [] }, metrics, checks: [] }),
        NotifierModule.register({
          log,
          pool: store.pool,
          contracts: store,
          files: { ...shipped.files, book: { routes: read.value, secrets: new Map() } },
          stampKey: STAMP_KEY,
          smtpUrl: mailbox.url,
          mailFrom: 'Pactwatch <pactwatch@example.com>',
          webhookSecret: SECRET,
          publicUrl: 'https://pactwatch.example.com',
          metrics,
          logger: createLogger('silent'),
          allowInternal: true,
          retry: { firstMillis: 20, longestMillis: 50, attempts: 4 },
          digest: { everyMillis: 20, quietMillis: 150, atMostMillis: 60_000 },
          lookMillis: 20,
          ...difference,
        }),
      ],
    }).compile();
  }

  async function start(difference: Partial<NotifierOptions> = {}) {
    const module = await moduleOf(difference);
    await module.init();
    const reader = module.get(AlertReader);
    let stopped: Promise<void> | undefined;
    const app = { reader, stop: () => (stopped ??= module.close()) };
    running.push(app);
    await reader.assigned(TOPIC, PARTITION);
    return app;
  }

  /** The whole application on a log of its own, as the process has it. */
  async function startOn(reading: Log, fatal: (error: Error) => void) {
    const app = (await moduleOf({ log: reading })).createNestApplication();
    connectNotifier(app, reading, fatal);
    await app.startAllMicroservices();
    await app.init();
    let stopped: Promise<void> | undefined;
    return { stop: () => (stopped ??= app.close().then(() => reading.close())) };
  }

  function batch(from: number, ...differences: AlertDifference[]): LogBatch {
    return {
      topic: TOPIC,
      partition: PARTITION,
      records: differences.map((difference, index) => alertRecord(alertData(difference, contract), from + index)),
      nextOffset: from + differences.length,
      highWatermark: from + differences.length,
      undecodable: [],
    };
  }

  interface DeliveryColumns {
    channel: string;
    recipient: string;
    status: string;
    attempts: number;
    last_response: string | null;
    kind: string;
  }

  async function deliveries(): Promise<DeliveryColumns[]> {
    const { rows } = await store.pool.query<DeliveryColumns>(
      `SELECT d.channel, d.recipient, d.status, d.attempts, d.last_response, a.kind
       FROM delivery d JOIN alert a ON a.id = d.alert_id ORDER BY d.id`,
    );
    return rows;
  }

  /** Once nothing is pending. */
  function settled(): Promise<DeliveryColumns[]> {
    return eventually(async () => {
      const rows = await deliveries();
      return rows.length > 0 && rows.every((row) => row.status !== 'pending') ? rows : undefined;
    });
  }

  const verified = (call: Call | undefined): { type: string; data: { alert: object } } =>
    new Webhook(SECRET).verify(call?.body ?? '', call?.headers as Record<string, string>) as never;

  it('tells a breach by mail and signed webhook, in the language of each reader, and keeps what they answered', async () => {
    const { reader } = await start();
    await reader.read(batch(0, {}));
    const rows = await settled();
    expect(rows.map(({ channel, recipient, status }) => [channel, recipient, status])).toEqual([
      ['mail', CHEN, 'sent'],
      ['mail', ADA, 'sent'],
      ['webhook', receiver.url, 'sent'],
    ]);
    expect(rows.map((row) => row.last_response)).toEqual([
      expect.stringMatching(/^250 /),
      expect.stringMatching(/^250 /),
      '204',
    ]);
    const [chinese] = mailbox.to(CHEN);
    expect(chinese?.subject).toContain('【违约】工单 T/1 一“首次答复”');
    expect(chinese?.text).toContain('乙方（和信公司）违反合同 DESK-1 第 5.1.2 条“首次答复”');
    expect(chinese?.text).toContain('https://desk.example.com/tickets/T%2F1%20%E4%B8%80?from=mail');
    expect(chinese?.from?.text).toContain('pactwatch@example.com');
    const [english] = mailbox.to(ADA);
    expect(english?.subject).toContain('[Breach] Ticket T/1 一, “First answer”');
    expect(english?.html).toContain('The provider (和信公司) breached clause 5.1.2');
    expect(verified(receiver.calls[0])).toMatchObject({
      type: 'compliance.alert.breach',
      data: { alert: alertData({}, contract) },
    });
    const counted = await metrics.registry.getSingleMetricAsString('pactwatch_alerts_sent_total');
    expect(counted).toContain('{channel="mail",result="sent"} 2');
    expect(counted).toContain('{channel="webhook",result="sent"} 1');
  });

  it('keeps messages about one incident in one thread and in order, also when the first is refused at first', async () => {
    mailbox.refuse = (_, attempt) => (attempt <= 2 ? { code: 451, text: 'try later' } : undefined);
    const { reader } = await start();
    await reader.read(batch(0, HALF_GONE, {}, WITHDRAWN));
    await settled();
    const mails = mailbox.to(CHEN);
    expect(mails.map((mail) => /^【(.*?)】/.exec(mail.subject ?? '')?.[1])).toEqual(['预警', '违约', '违约撤销']);
    expect(new Set(mails.map((mail) => mail.references)).size).toBe(1);
    expect(new Set(mails.map((mail) => mail.messageId)).size).toBe(3);
  });

  it('does not look again and again for what has to wait its turn', async () => {
    mailbox.refuse = () => ({ code: 451, text: 'try later' });
    const { reader } = await start({ retry: { firstMillis: 60_000, longestMillis: 60_000, attempts: 9 } });
    await reader.read(batch(0, HALF_GONE, { ...WITHDRAWN, number: 7 }));
    await eventually(async () => (await deliveries())[0]?.last_response ?? undefined);
    expect((await deliveries()).filter((row) => row.recipient === CHEN).map((row) => row.attempts)).toEqual([1, 0]);
    await eventually(async () => ((await new Deliveries(store.pool).nextDueIn()) ?? 0) > 30_000 || undefined);
  });

  it('tries again under the same id what a receiver did not take, and keeps count', async () => {
    receiver.answer = (attempt) => [503, 302, 200][attempt - 1] ?? 200;
    mailbox.refuse = (address, attempt) => (address === ADA && attempt === 1 ? { code: 421, text: 'busy' } : undefined);
    const { reader } = await start();
    await reader.read(batch(0, {}));
    const rows = await settled();
    expect(rows.map((row) => [row.channel, row.status, row.attempts])).toEqual([
      ['mail', 'sent', 1],
      ['mail', 'sent', 2],
      ['webhook', 'sent', 3],
    ]);
    expect(mailbox.to(ADA)).toHaveLength(1);
    expect(new Set(receiver.calls.map((call) => call.headers['webhook-id'])).size).toBe(1);
    receiver.calls.forEach((call) => expect(verified(call).type).toBe('compliance.alert.breach'));
    const counted = await metrics.registry.getSingleMetricAsString('pactwatch_alerts_sent_total');
    expect(counted).toContain('{channel="webhook",result="retried"} 2');
  });

  it('gives up where the receiver wants no more, where nobody lives there, and after the last attempt', async () => {
    receiver.answer = () => 410;
    mailbox.refuse = (address) =>
      address === ADA ? { code: 550, text: 'no such user' } : { code: 451, text: 'greylisted' };
    const { reader } = await start();
    await reader.read(batch(0, {}));
    const rows = await settled();
    expect(rows.map((row) => [row.channel, row.recipient, row.status, row.attempts])).toEqual([
      ['mail', CHEN, 'failed', 4],
      ['mail', ADA, 'failed', 1],
      ['webhook', receiver.url, 'failed', 1],
    ]);
    expect(rows[0]?.last_response).toContain('greylisted');
    expect(rows[1]?.last_response).toContain('no such user');
    const counted = await metrics.registry.getSingleMetricAsString('pactwatch_alerts_sent_total');
    expect(counted).toContain('{channel="webhook",result="failed"} 1');
  });

  it('repeats nothing that was accepted when it is started anew, or reads the same alert again', async () => {
    const first = await start();
    await first.reader.read(batch(0, {}));
    await settled();
    await first.stop();
    const second = await start();
    expect(await second.reader.assigned(TOPIC, PARTITION)).toBe(1);
    await second.reader.read(batch(0, {}));
    // The same decision once more, as a relay sends it that died before it could forget it; then another one.
    await second.reader.read(batch(1, {}, { number: 20, subject: 'T-2' }));
    const rows = await settled();
    expect(rows).toHaveLength(6);
    expect(mailbox.to(CHEN).map((mail) => mail.subject)).toEqual([
      expect.stringContaining('T/1 一'),
      expect.stringContaining('T-2'),
    ]);
    expect(receiver.calls).toHaveLength(2);
  });

  it('sends after a restart what it could not send before', async () => {
    const first = await start({
      smtpUrl: 'smtp://127.0.0.1:1',
      retry: { firstMillis: 300, longestMillis: 300, attempts: 1_000 },
    });
    await first.reader.read(batch(0, HALF_GONE));
    await eventually(async () => (await deliveries())[0]?.last_response ?? undefined);
    await first.stop();
    expect((await deliveries()).map((row) => row.status)).toEqual(['pending']);
    await start();
    await settled();
    expect(mailbox.to(CHEN)).toHaveLength(1);
  });

  it('tells breaches that came to light late once and together, without those withdrawn meanwhile', async () => {
    // Nothing is told before all of it has come, however long that takes.
    const first = await start({ digest: { everyMillis: 20, quietMillis: 3_600_000, atMostMillis: 3_600_000 } });
    const late = (number: number, subject: string): AlertDifference => ({ ...LATE, number, subject });
    await first.reader.read(batch(0, late(10, 'T-1'), late(11, 'T-2'), { ...WITHDRAWN, number: 12, subject: 'T-2' }));
    await first.reader.read(batch(3, late(13, 'T-3'), { ...ANSWERED_LATE, number: 14, subject: 'T-3' }));
    await first.stop();
    await start();
    const rows = await settled();
    expect(mailbox.mails).toHaveLength(2);
    const [chinese] = mailbox.to(CHEN);
    expect(chinese?.subject).toBe('【违约汇总】合同 DESK-1：违约 2 项，已撤销 1 项');
    expect(chinese?.text).toContain('工单 T-1 自 2026年3月24日 09:00 起计时');
    expect(chinese?.text).toContain('工单 T-2“首次答复”：违约认定已撤销');
    const [english] = mailbox.to(ADA);
    expect(english?.subject).toBe('[Digest] Contract DESK-1: 2 breaches, 1 withdrawn');
    expect(receiver.calls.map((call) => verified(call).type)).toEqual(['compliance.alert.digest']);
    expect(JSON.parse(receiver.calls[0]?.body ?? '')).toMatchObject({
      data: { alert: [10, 11, 12, 13, 14].map((number) => ({ number })) },
    });
    expect(rows.filter((row) => row.status === 'sent')).toHaveLength(3);
    expect(rows.filter((row) => row.status === 'summarised').map((row) => row.attempts)).toEqual(Array(14).fill(0));
  });

  it('sends a withdrawal by itself once the digest is out', async () => {
    const { reader } = await start();
    await reader.read(batch(0, LATE));
    await settled();
    await reader.read(batch(1, WITHDRAWN));
    await settled();
    expect(mailbox.to(CHEN).map((mail) => /^【(.*?)】/.exec(mail.subject ?? '')?.[1])).toEqual([
      '违约汇总',
      '违约撤销',
    ]);
  });

  it('calls no internal address unless the route says so', async () => {
    const { reader } = await start({ allowInternal: false });
    await reader.read(batch(0, {}));
    const rows = await settled();
    expect(rows.find((row) => row.channel === 'webhook')).toMatchObject({
      status: 'failed',
      attempts: 1,
      last_response: expect.stringContaining('http:// is not allowed'),
    });
    expect(receiver.calls).toEqual([]);
  });

  it('takes a batch in once where two processes believe it is theirs', async () => {
    const [one, two] = [await start(), await start()];
    await Promise.all([one.reader.read(batch(0, {})), two.reader.read(batch(0, {}))]);
    await two.reader.read(batch(1, { number: 8, subject: 'T-2' }));
    await one.reader.read(batch(1, { number: 8, subject: 'T-2' }, { number: 9, subject: 'T-3' }));
    const rows = await settled();
    expect(rows).toHaveLength(9);
    expect(mailbox.to(CHEN)).toHaveLength(3);
    expect(receiver.calls).toHaveLength(3);
  });

  /** An alert as it is written to the log. */
  function toAppend(difference: AlertDifference): NewRecord {
    const { topic, key, value, headers } = alertRecord(alertData(difference, contract));
    return { topic, key: key?.toString() ?? null, value, headers };
  }

  it('reads the alerts from the log, and goes on where it stood', async () => {
    const fatal = jest.fn();
    const source = createPostgresLog({ pool: store.pool });
    await source.ensureTopics([{ topic: TOPICS.alerts, partitions: 4 }]);
    const append = (...differences: AlertDifference[]) => source.append(differences.map(toAppend));
    const first = await startOn(createPostgresLog({ pool: store.pool }), fatal);
    running.push(first);
    await append({ subject: 'T-1', number: 1 }, { subject: 'T-2', number: 2 });
    await eventually(() => (mailbox.to(CHEN).length === 2 && receiver.calls.length === 2 ? true : undefined));
    await first.stop();
    await append({ subject: 'T-3', number: 3 }, { subject: 'T-3', number: 3 });
    running.push(await startOn(createPostgresLog({ pool: store.pool }), fatal));
    await eventually(() => (receiver.calls.length === 3 ? true : undefined));
    await append({ subject: 'T-4', number: 4 });
    await eventually(() => (receiver.calls.length === 4 && mailbox.to(CHEN).length === 4 ? true : undefined));
    expect(
      mailbox
        .to(CHEN)
        .map((mail) => /T-\d/.exec(mail.subject ?? '')?.[0])
        .sort(),
    ).toEqual(['T-1', 'T-2', 'T-3', 'T-4']);
    expect(fatal).not.toHaveBeenCalled();
    await source.close();
  });

  it('goes on when the topic was made anew: tells what is new, also at offsets that were taken, and nothing twice', async () => {
    const fatal = jest.fn();
    const source = createPostgresLog({ pool: store.pool });
    await source.ensureTopics([{ topic: TOPICS.alerts, partitions: 4 }]);
    const append = (...numbers: number[]) =>
      source.append(numbers.map((number) => toAppend({ subject: `T-${number}`, number })));
    const first = await startOn(createPostgresLog({ pool: store.pool }), fatal);
    running.push(first);
    await append(1, 2, 3);
    await eventually(() => (receiver.calls.length === 3 ? true : undefined));
    await first.stop();
    await store.pool.query('DELETE FROM bus_record WHERE topic = $1', [TOPICS.alerts]);
    await store.pool.query('UPDATE bus_partition SET next_offset = 0 WHERE topic = $1', [TOPICS.alerts]);
    await append(3, 4);
    running.push(await startOn(createPostgresLog({ pool: store.pool }), fatal));
    await eventually(() => (receiver.calls.length === 4 && mailbox.to(CHEN).length === 4 ? true : undefined));
    await append(5);
    await eventually(() => (receiver.calls.length === 5 && mailbox.to(CHEN).length === 5 ? true : undefined));
    const subjects = mailbox.to(CHEN).map((mail) => /T-\d/.exec(mail.subject ?? '')?.[0]);
    expect(subjects.sort()).toEqual(['T-1', 'T-2', 'T-3', 'T-4', 'T-5']);
    expect(fatal).not.toHaveBeenCalled();
    await source.close();
  });

  it('reads again what could not be taken in when it came', async () => {
    const fatal = jest.fn();
    const source = createPostgresLog({ pool: store.pool });
    await source.ensureTopics([{ topic: TOPICS.alerts, partitions: 4 }]);
    await store.pool.query(`UPDATE published_contract SET hash = 'not yet'`);
    const asked = jest.spyOn(store, 'publishedContracts');
    running.push(await startOn(createPostgresLog({ pool: store.pool }), fatal));
    const { topic, key, value, headers } = alertRecord(alertData({}, contract));
    await source.append([{ topic, key: key?.toString() ?? null, value, headers }]);
    await eventually(() => (asked.mock.calls.length > 0 ? true : undefined));
    await store.pool.query('UPDATE published_contract SET hash = $1', [contract.hash]);
    await eventually(() => (mailbox.to(CHEN).length === 1 ? true : undefined));
    expect(fatal).not.toHaveBeenCalled();
    await source.close();
  });

  it('waits for a contract whose bytes are not there yet, and passes over what it cannot read', async () => {
    const { reader } = await start();
    const unknown = batch(0, { data: { contractHash: 'f'.repeat(64) } });
    await expect(reader.read(unknown)).rejects.toMatchObject({ retriable: true });
    expect(await deliveries()).toEqual([]);
    await reader.read(
      batch(0, { verdict: { state: 'lost' } }, { number: 30, data: { contractHash: '' } }, { number: 31 }),
    );
    expect((await settled()).length).toBe(3);
  });
});
