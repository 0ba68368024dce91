import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { simpleParser, type ParsedMail } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import { Webhook } from 'standardwebhooks';
import { freePort } from '#libs/store';
import { eventually } from '#libs/testkit';
import { aConfigFolder, type ConfigFolder } from './a-config-folder.js';
import { startProduct, type Product } from './a-product.js';
import { allPages } from './all-pages.js';
import { runCommand } from './run-command.js';

const SECRET = `whsec_${Buffer.from('a secret for this test alone').toString('base64')}`;
/** Long enough for the open clock to be seen, on a busy machine, too. */
const TARGET_SECONDS = 10;
const TARGET_MILLIS = TARGET_SECONDS * 1_000;
const CLAUSE = `路灯故障应在 ${TARGET_SECONDS} 秒内受理。`;

function lampContract(webhook: string): string {
  const year = new Date().getUTCFullYear();
  return `contract: LAMPS-1
title: { zh-CN: 路灯维护合同, en: Upkeep of street lamps }
language: zh-CN
parties:
  client:
    name: 市政公司
    contacts: { account-manager: { name: Ada Lin, email: ada@city.example.com, language: en } }
  provider:
    name: 明光公司
    contacts: { account-manager: { name: 陈晨, email: chen@lamps.example.com, webhook: '${webhook}' } }
caseLink: https://lamps.example.com/reports/{subject}
term: { from: ${year - 1}-01-01, to: ${year + 1}-12-31 }
zone: Asia/Shanghai
calendar: always
sources:
  /city: { trust: trusted, delay: PT10M }
clauses:
  '4.2': ${CLAUSE}
events:
  lamp.reported:
  lamp.taken-up:
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
    target: PT${TARGET_SECONDS}S round the clock
`;
}

interface ReceivedCall {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

describe('a report that nobody takes up', () => {
  const mails: { to: string; mail: ParsedMail }[] = [];
  const calls: ReceivedCall[] = [];
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData: (stream, session, done) => {
      simpleParser(stream).then((mail) => {
        mails.push({ to: session.envelope.rcptTo.map(({ address }) => address).join(), mail });
        done();
      }, done);
    },
  });
  const hooks = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      calls.push({ body: Buffer.concat(chunks).toString('utf8'), headers: request.headers as Record<string, string> });
      response.writeHead(204).end();
    });
  });
  let config: ConfigFolder;
  let product: Product;
  let reportedAt = 0;

  beforeAll(async () => {
    const [mailPort, hookPort] = await Promise.all([listen(smtp.server), listen(hooks)]);
    config = aConfigFolder([lampContract(`http://127.0.0.1:${hookPort}/hook`)]);
    // The links of the mails lead to the product itself, so its port is known before.
    const port = await freePort();
    product = await startProduct({
      contracts: config.contracts,
      configFolder: config.folder,
      env: {
        PORT: `${port}`,
        PACTWATCH_PUBLIC_URL: `http://127.0.0.1:${port}`,
        PACTWATCH_WEBHOOK_SECRET: SECRET,
        SMTP_URL: `smtp://127.0.0.1:${mailPort}`,
      },
    });
  }, 300_000);
  afterAll(async () => {
    await product?.close();
    await new Promise<void>((resolve) => smtp.close(() => resolve()));
    await new Promise<void>((resolve) => {
      hooks.close(() => resolve());
      hooks.closeAllConnections();
    });
    config?.remove();
  });

  const metric = async (line: RegExp): Promise<string | undefined> =>
    line.exec(await (await fetch(`${product.url}/metrics`)).text())?.[1];

  it('starts a clock as soon as it is sent over HTTP', async () => {
    reportedAt = Date.now();
    const event = {
      ...{ specversion: '1.0', id: '1', source: '/city', type: 'lamp.reported', subject: 'R-7' },
      ...{ time: new Date(reportedAt).toISOString(), contractid: 'LAMPS-1', data: {} },
    };
    const response = await fetch(`${product.url}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/cloudevents+json' },
      body: JSON.stringify(event),
    });
    expect(response.status).toBe(202);
    const open = /^pactwatch_open_clocks\{contract="LAMPS-1",rule="take-up"\} (\d+)$/m;
    await eventually(async () => ((await metric(open)) === '1' ? true : undefined), { within: TARGET_MILLIS });
    expect(mails).toEqual([]);
  });

  it('is a breach once it is due, without any further event', async () => {
    const declared =
      /^pactwatch_decisions_total\{contract="LAMPS-1",rule="take-up",party="provider",kind="breach.declared"\} (\d+)$/m;
    await eventually(async () => ((await metric(declared)) === '1' ? true : undefined));
    expect(await metric(/^pactwatch_open_clocks\{contract="LAMPS-1",rule="take-up"\} (\d+)$/m)).toBe('0');
    const dueAt = reportedAt + TARGET_MILLIS;
    const breaches = await allPages<Record<string, unknown>>(product.url, '/v1/breaches');
    expect(breaches).toEqual([
      expect.objectContaining({
        id: 'LAMPS-1/take-up/R-7/1',
        clause: '4.2',
        party: 'provider',
        state: 'breached',
        stoppedAt: null,
        allowed: `PT${TARGET_SECONDS}S`,
      }) as unknown,
    ]);
    expect(Date.parse(String(breaches[0]?.['dueAt']))).toBe(dueAt);
  });

  it('is told to both account managers by mail, once each, in their languages', async () => {
    await eventually(() => (mails.length >= 2 ? true : undefined));
    expect(mails.map(({ to }) => to).sort()).toEqual(['ada@city.example.com', 'chen@lamps.example.com']);
    const of = (address: string) => mails.find(({ to }) => to === address)!.mail;
    const local = (language: string): string => {
      const format = {
        timeZone: 'Asia/Shanghai',
        hour: '2-digit',
        minute: '2-digit',
        second: '2-digit',
        hourCycle: 'h23',
      };
      return new Intl.DateTimeFormat(language, format as Intl.DateTimeFormatOptions).format(reportedAt + TARGET_MILLIS);
    };

    const chinese = of('chen@lamps.example.com');
    expect(chinese.subject).toMatch(/^【违约】.*受理报修.*合同 LAMPS-1 第 4\.2 条/);
    for (const part of ['陈晨，您好：', CLAUSE, '第 4.2 条', '明光公司', 'R-7', local('zh-CN')]) {
      expect(chinese.text).toContain(part);
    }
    const english = of('ada@city.example.com');
    expect(english.subject).toMatch(/^\[Breach\] .*Taking up a report.*contract LAMPS-1, clause 4\.2/);
    for (const part of ['Dear Ada Lin,', 'Upkeep of street lamps', 'clause 4.2', local('en')]) {
      expect(english.text).toContain(part);
    }
    for (const { text } of [chinese, english]) expect(text).toContain('https://lamps.example.com/reports/R-7');
  });

  it('has a link in the mail that leads to the reasons', async () => {
    const links = (mails[0]?.mail.text ?? '').match(/http:\/\/127\.0\.0\.1:\d+\/v1\/breaches\S+/g) ?? [];
    expect(new Set(links).size).toBe(1);
    const response = await fetch(links[0]!);
    expect(response.status).toBe(200);
    const page = await response.text();
    expect(page).toContain('LAMPS-1/take-up/R-7/1');
    expect(page).toContain(CLAUSE);
  });

  it('is told to the system of the provider by a signed call', async () => {
    await eventually(() => (calls.length >= 1 ? true : undefined));
    const [call, ...more] = calls;
    expect(more).toEqual([]);
    const body = new Webhook(SECRET).verify(call!.body, call!.headers) as Record<string, unknown>;
    expect(JSON.stringify(body)).toContain('"LAMPS-1/take-up/R-7/1"');
    expect(() => new Webhook(SECRET).verify(`${call!.body} `, call!.headers)).toThrow();
  });

  it('is acknowledged by the link in the mail of the party that owes it, and by nobody else', async () => {
    const linkIn = (address: string): string | undefined =>
      /http:\/\/127\.0\.0\.1:\d+\/v1\/acts\/\S+/.exec(mails.find(({ to }) => to === address)?.mail.text ?? '')?.[0];
    expect(linkIn('ada@city.example.com')).toBeUndefined();
    const link = linkIn('chen@lamps.example.com') ?? '';
    expect((await fetch(link)).status).toBe(200);
    const incidents = () =>
      allPages<{ state: string; acknowledged: { by: string } | null }>(product.url, '/v1/incidents');
    expect(await incidents()).toMatchObject([{ incident: 'LAMPS-1/take-up/R-7/1', state: 'open', severity: 'breach' }]);
    expect((await fetch(link, { method: 'POST', body: 'note=' })).status).toBe(200);
    await eventually(async () => ((await incidents())[0]?.state === 'acknowledged' ? true : undefined));
    expect(await incidents()).toMatchObject([{ acknowledged: { by: '陈晨', note: null } }]);
  });

  it('leaves evidence of notice on the stream: what was sent to whom, and who acknowledged', async () => {
    const evidence = async () => {
      const { rows } = await product.servers.store.pool.query<{ type: string; data: Record<string, unknown> }>(
        `SELECT type, data FROM fact WHERE source = '/pactwatch/notifier' ORDER BY type, data ->> 'channel', data ->> 'recipient'`,
      );
      return rows;
    };
    // Two mails, one call about the breach, and one about its acknowledgement.
    const facts = await eventually(async () => ((await evidence()).length >= 5 ? evidence() : undefined));
    expect(facts.map(({ type, data }) => [type, data['channel'], data['kind'], data['outcome']])).toEqual([
      ['alert.acknowledged', undefined, undefined, undefined],
      ['notice.sent', 'mail', 'breach', 'sent'],
      ['notice.sent', 'mail', 'breach', 'sent'],
      ['notice.sent', 'webhook', expect.any(String), 'sent'],
      ['notice.sent', 'webhook', expect.any(String), 'sent'],
    ]);
  });

  it('may be tried out: a test message goes the whole way, and the command shows the answers', async () => {
    const route = 'The account manager of the party that owes the duty';
    const out = await runCommand(['alert', 'test', '--route', route, '--lang', 'en', '--format', 'json'], product.env);
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toHaveLength(3);
    expect(lines.map((line) => line['status'])).toEqual(['sent', 'sent', 'sent']);
    expect(mails.filter(({ mail }) => /\btest\b/i.test(mail.subject ?? ''))).toHaveLength(2);
  });

  it('is counted as sent', async () => {
    const sent = async (channel: string) =>
      metric(new RegExp(`^pactwatch_alerts_sent_total\\{channel="${channel}",result="sent"\\} (\\d+)$`, 'm'));
    await eventually(async () => ((await sent('mail')) === '4' && (await sent('webhook')) === '3' ? true : undefined));
  });
});

async function listen(server: {
  listen(port: number, host: string, done: () => void): unknown;
  address(): AddressInfo | string | null;
}): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}
