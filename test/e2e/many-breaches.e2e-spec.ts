import { createServer } from 'node:http';
import { mkdirSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import { publishContracts } from '#apps/cli';
import { createPostgresLog, productTopics, TOPICS, type Log } from '#libs/bus';
import { toRecordBinary } from '#libs/events';
import { Store } from '#libs/store';
import { eventually, freshDatabase, type FreshDatabase } from '#libs/testkit';
import { WecomReceiver } from '../../apps/notifier/test/receivers/wecom-receiver.js';
import { aConfigFolder, type ConfigFolder } from './a-config-folder.js';
import { STAMP_KEY } from './a-product.js';
import { MonitorProcess } from './monitor-process.js';
import { NotifierProcess } from './notifier-process.js';

const BREACHES = 500;
const CONTRACT = 'LAMPS-2';
const SECRET = `whsec_${Buffer.from('a secret for this test alone').toString('base64')}`;
/** The notifier is killed when the system of the provider has taken so many messages. */
const KILLED_AT = [20, 100, 200];
const LONG = { within: 240_000 };

function lampContract(webhook: string): string {
  const year = new Date().getUTCFullYear();
  return `contract: ${CONTRACT}
title: { zh-CN: 路灯维护合同, en: Upkeep of street lamps }
language: zh-CN
parties:
  client:
    name: 市政公司
    contacts: { account-manager: { name: Ada Lin, email: ada@city.example.com, language: en } }
  provider:
    name: 明光公司
    contacts: { account-manager: { name: 陈晨, email: chen@lamps.example.com, webhook: '${webhook}' } }
term: { from: ${year - 1}-01-01, to: ${year + 1}-12-31 }
zone: Asia/Shanghai
calendar: always
sources: { /city: { trust: trusted, delay: PT10M } }
clauses: { '4.2': 路灯故障应在 1 秒内受理。 }
events: { lamp.reported: {}, lamp.taken-up: {} }
subjects:
  report: { title: { zh-CN: 报修, en: Report }, opened: lamp.reported, answered: lamp.taken-up }
obligations:
  take-up:
    title: { zh-CN: 受理报修, en: Taking up a report }
    clauses: ['4.2']
    party: provider
    subject: report
    start: lamp.reported
    stop: lamp.taken-up
    target: PT1S round the clock
`;
}

const ROUTES = `routes:
  - name: people and systems
    match: { kinds: [breach] }
    to:
      - { party: provider, role: account-manager }
      - { party: client, role: account-manager }
    channels: [mail, webhook]
    robots: [lamps]
`;

interface Mail {
  readonly to: string;
  readonly messageId: string;
  readonly subject: string;
  readonly text: string;
}

describe('five hundred breaches at once, while the notifier is killed again and again', () => {
  const mails: Mail[] = [];
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData: (stream, session, done) => {
      simpleParser(stream).then(({ messageId = '', subject = '', text = '' }) => {
        mails.push({ to: session.envelope.rcptTo.map(({ address }) => address).join(), messageId, subject, text });
        done();
      }, done);
    },
  });
  /** Message ids that the system has taken, each once; `calls` counts repeats too. */
  const taken = new Map<string, string>();
  let calls = 0;
  const hooks = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      calls += 1;
      const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { data: { alert: { incident: string } } };
      taken.set(String(request.headers['webhook-id']), body.data.alert.incident);
      response.writeHead(204).end();
    });
  });
  const robot = new WecomReceiver();
  const subjects = Array.from({ length: BREACHES }, (_, index) => `R-${String(index + 1).padStart(3, '0')}`);
  let database: FreshDatabase;
  let store: Store;
  let log: Log;
  let config: ConfigFolder;
  let monitor: MonitorProcess | undefined;
  let notifier: NotifierProcess | undefined;

  beforeAll(async () => {
    const listen = async (server: {
      listen(port: number, host: string, done: () => void): unknown;
      address(): AddressInfo | string | null;
    }) => {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return (server.address() as AddressInfo).port;
    };
    const [mailPort, hookPort] = await Promise.all([listen(smtp.server), listen(hooks), robot.open()]);
    config = aConfigFolder([lampContract(`http://127.0.0.1:${hookPort}/hook`)]);
    writeFileSync(
      join(config.folder, 'routes', 'account-managers.yaml'),
      `${ROUTES}    webhook: { allowInternal: true }\n`,
    );
    mkdirSync(join(config.folder, 'robots'));
    writeFileSync(join(config.folder, 'robots', 'lamps.url'), robot.url);
    writeFileSync(
      join(config.folder, 'robots', 'lamps.yaml'),
      'robots: [{ name: lamps, channel: wecom, urlFile: lamps.url, allowInternal: true }]\n',
    );
    database = await freshDatabase();
    store = await Store.connect(database.url);
    await store.migrate();
    log = createPostgresLog({ pool: store.pool });
    await log.ensureTopics(productTopics(2));
    const env = {
      ...{ DATABASE_URL: database.url, PACTWATCH_CONFIG: config.folder, PACTWATCH_STAMP_KEY: STAMP_KEY },
      ...{ PACTWATCH_WEBHOOK_SECRET: SECRET, SMTP_URL: `smtp://127.0.0.1:${mailPort}` },
    };
    monitor = MonitorProcess.start(env);
    await publishContracts({ store, log, stampKey: Buffer.from(STAMP_KEY) }, config.contracts, {
      ...{ from: null, waitMillis: 120_000, now: Date.now },
    });
    notifier = NotifierProcess.start(env);
    const time = Date.now();
    await log.append(
      subjects.map((subject) => ({
        topic: TOPICS.events,
        ...toRecordBinary({
          ...{ id: subject, source: '/city', type: 'lamp.reported', subject, time },
          contractid: CONTRACT,
          data: {},
        }),
      })),
    );
    for (const count of KILLED_AT) {
      await eventually(() => {
        monitor?.mustRun();
        notifier?.mustRun();
        return taken.size >= count ? true : undefined;
      }, LONG);
      await notifier.kill();
      notifier = NotifierProcess.start(env);
    }
    await eventually(async () => {
      monitor?.mustRun();
      notifier?.mustRun();
      const { rows } = await store.pool.query<{ alerts: number; open: number; facts: number; ended: number }>(
        `SELECT (SELECT count(*)::integer FROM alert WHERE kind = 'breach') AS alerts,
                (SELECT count(*)::integer FROM delivery WHERE status = 'pending') AS open,
                (SELECT count(*)::integer FROM delivery WHERE status <> 'summarised') AS ended,
                (SELECT count(*)::integer FROM fact WHERE type = 'notice.sent') AS facts`,
      );
      const [row] = rows;
      return row?.alerts === BREACHES && row.open === 0 && row.facts === row.ended ? true : undefined;
    }, LONG);
    expect(await notifier.stop()).toBe(0);
  }, 900_000);

  afterAll(async () => {
    await notifier?.discard();
    await monitor?.discard();
    await log?.close();
    await store?.close();
    await database?.drop();
    config?.remove();
    await Promise.all([
      robot.close(),
      new Promise<void>((resolve) => smtp.close(() => resolve())),
      new Promise<void>((resolve) => {
        hooks.close(() => resolve());
        hooks.closeAllConnections();
      }),
    ]);
  });

  it('reach the system of the provider each, under one id each: what it had taken is repeated only under the same id', () => {
    expect([...taken.values()].sort()).toEqual(subjects.map((subject) => `${CONTRACT}/take-up/${subject}/1`));
    // What was under way at a kill may have been taken without our knowing.
    expect(calls - BREACHES).toBeLessThanOrEqual(KILLED_AT.length * 8);
  });

  it('never pass the limit of the robot', () => {
    expect(robot.refusals).toEqual([]);
    expect(robot.accepted.length).toBeGreaterThan(0);
    expect(robot.accepted.length).toBeLessThan(BREACHES / 4);
  });

  it('are told to the account managers in a digest, with nothing lost and nothing told twice', () => {
    for (const to of ['chen@lamps.example.com', 'ada@city.example.com']) {
      const read = [...new Map(mails.filter((mail) => mail.to === to).map((mail) => [mail.messageId, mail])).values()];
      expect(read.length).toBeLessThan(BREACHES / 2);
      const digests = read.filter(({ subject }) => /\[Digest\]|【.*汇总】/.test(subject));
      expect(digests.length).toBeGreaterThan(0);
      const named = (text: string): string[] => [...new Set(text.match(/R-\d{3}/g))];
      expect(read.flatMap(({ text }) => named(text)).sort()).toEqual(subjects);
    }
  });

  it('leave one fact for each message that was sent', async () => {
    const { rows } = await store.pool.query<{ outcome: string; channel: string; messages: number; incidents: number }>(
      `SELECT data ->> 'outcome' AS outcome, data ->> 'channel' AS channel, count(DISTINCT data ->> 'message')::integer AS messages,
              sum(json_array_length(data -> 'incidents'))::integer AS incidents
       FROM fact WHERE type = 'notice.sent' GROUP BY 1, 2 ORDER BY 2`,
    );
    expect(rows.map(({ outcome, channel, incidents }) => [outcome, channel, incidents])).toEqual([
      ['sent', 'mail', 2 * BREACHES],
      ['sent', 'webhook', BREACHES],
      ['sent', 'wecom', BREACHES],
    ]);
  });
});
