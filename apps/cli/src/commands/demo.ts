import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { startStandalone, type Standalone } from '#apps/standalone';
import type { Language } from '#libs/contract';
import { loadSettings, portOf, type Settings } from '#libs/settings';
import { freePort, removeEmbeddedPostgres } from '#libs/store';
import { createLogger } from '#libs/telemetry';
import { receiveMail } from '../demo/mail-receiver.js';
import { prepareContract } from '../demo/prepare-contract.js';
import { Show } from '../demo/show.js';
import { Tally } from '../demo/tally.js';
import { makeTraffic, type Traffic } from '../demo/traffic.js';
import { watchDecisions } from '../demo/watch.js';
import { receiveWebhooks } from '../demo/webhook-receiver.js';
import { Failure } from '../failure.js';
import { loadCalendar } from '../load-calendar.js';
import { beginImport, type Import } from '../send-events.js';
import type { ExitCode, Terminal } from '../terminal.js';

export interface DemoOptions {
  readonly once?: boolean;
  readonly seed: number;
}

/** The month takes so long, in milliseconds of the wall clock. */
const MONTH_MILLIS = { once: 12_000, watched: 60_000 };
const STEP_MILLIS = 100;
/** With nothing new for so long, what is missing stays missing. */
const QUIET_MILLIS = 15_000;

/**
 * `pactwatch demo`: the whole product with a month of sample traffic. The month is sent as a back-fill that asks for its alerts one
 * by one: so the contract's clock runs through it as fast as it is sent, and decisions and messages come as they would have.
 */
export async function run(terminal: Terminal, options: DemoOptions): Promise<ExitCode> {
  const loaded = loadSettings(terminal.env, { writesStream: true });
  if (!loaded.ok) throw new Failure(3, loaded.problems.join('\n'));
  const language: Language = /^zh/i.test(terminal.env.LC_ALL ?? terminal.env.LANG ?? '') ? 'zh-CN' : 'en';
  const closing: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const step of closing.splice(0).reverse()) await step();
  };
  try {
    return await show(terminal, options, loaded.settings, language, closing);
  } finally {
    await close();
  }
}

async function show(
  terminal: Terminal,
  options: DemoOptions,
  named: Settings,
  language: Language,
  closing: (() => Promise<void>)[],
): Promise<ExitCode> {
  const folder = join(named.dataFolder, 'demo');
  // Nothing of a former demo stays: the same month again would be nothing but repeats.
  await removeEmbeddedPostgres(join(folder, 'postgres'), () => undefined);
  rmSync(folder, { recursive: true, force: true });
  const embedded = named.databaseUrl === null && named.kafka === null;
  const secret = `whsec_${randomBytes(24).toString('base64')}`;
  let ended: (() => void) | undefined;
  let fatal: Error | undefined;
  const onFatal = (error: Error): void => {
    fatal = error;
    ended?.();
  };

  const seen: { show?: Show; tally?: Tally } = {};
  const mails = await receiveMail((mail) => {
    seen.tally?.mail(mail.text);
    seen.show?.mail(mail);
  });
  closing.push(() => mails.close());
  const calls = await receiveWebhooks(secret, (call) => {
    seen.tally?.call(call.body);
    seen.show?.call(call);
  });
  closing.push(() => calls.close());

  const loaded = prepareContract({
    configFolder: named.configFolder,
    folder: join(folder, 'config'),
    // On shared servers every demo is a contract of its own.
    id: embedded ? null : `DEMO-${Date.now().toString(36).toUpperCase()}`,
    webhook: calls.url,
  });
  const { contract } = loaded;
  const stage = new Show(terminal, contract, language);
  stage.say({ 'zh-CN': '正在启动 Pactwatch …', en: 'Starting Pactwatch …' });
  const port = named.port ?? (await freePort(portOf(named, 'standalone')));
  const settings: Settings = { ...named, port, dataFolder: folder, smtpUrl: mails.url, webhookSecret: secret };
  const product = await startStandalone({
    settings,
    logger: createLogger(terminal.env.LOG_LEVEL === undefined ? 'warn' : settings.logLevel),
    contracts: [loaded],
    allowInternalWebhooks: true,
    onFatal,
  });
  closing.push(() => product.close());

  const calendar = (id: string) => loadCalendar(join(folder, 'config', 'calendars', `${id}.yaml`));
  const traffic = makeTraffic({
    seed: options.seed,
    contract: contract.id,
    office: calendar('cn-office'),
    staffed: calendar('cn-staffed'),
  });
  const tally = new Tally(traffic, Date.now);
  Object.assign(seen, { show: stage, tally });
  const watching = await watchDecisions(
    product.servers.log,
    `pactwatch-demo-${Date.now().toString(36)}`,
    contract.id,
    (decision) => {
      tally.decision(decision);
      stage.decision(decision);
    },
    onFatal,
  );
  closing.push(() => watching.close());
  stage.say({
    'zh-CN': `合同 ${contract.id} 已发布。开始播放一个月的样例业务（${traffic.lines.length} 条事件，其中有意安排了 ${traffic.planted.length} 起违约）。\n`,
    en: `Contract ${contract.id} is published. A month of sample traffic follows: ${traffic.lines.length} events, among them ${traffic.planted.length} breaches put in on purpose.\n`,
  });
  const importing = await beginImport(
    { ...product.servers, stampKey: product.stampKey },
    { contracts: [contract.id], defaults: new Map(), fallback: contract.id, alerts: 'each', now: Date.now },
  );
  await feed(importing, traffic, options.once === true ? MONTH_MILLIS.once : MONTH_MILLIS.watched, () => fatal);
  await until(
    () => fatal !== undefined || tally.missing().length === 0 || Date.now() - tally.lastNewsAt > QUIET_MILLIS,
  );
  if (fatal !== undefined) throw new Failure(3, fatal.message, { cause: fatal });
  const missing = tally.missing();
  sum(stage, tally, traffic, missing);
  pages(stage, product, contract.id);
  if (options.once !== true) {
    stage.say({ 'zh-CN': '按 Ctrl-C 结束。', en: 'Ctrl-C ends it.' });
    await new Promise<void>((resolve) => {
      ended = resolve;
      process.once('SIGINT', () => resolve());
      process.once('SIGTERM', () => resolve());
    });
  }
  return missing.length === 0 ? 0 : 1;
}

/** Sends each line when its turn has come on the accelerated clock. */
async function feed(
  importing: Import,
  traffic: Traffic,
  millis: number,
  fatal: () => Error | undefined,
): Promise<void> {
  const began = Date.now();
  const { from, to, lines } = traffic;
  for (let sent = 0; sent < lines.length && fatal() === undefined;) {
    const clock = from + ((Date.now() - began) / millis) * (to - from);
    const due: Buffer[] = [];
    for (; sent < lines.length && lines[sent]!.at <= clock; sent++) due.push(Buffer.from(lines[sent]!.text));
    if (due.length > 0) await importing.send(due);
    await new Promise((resolve) => setTimeout(resolve, STEP_MILLIS));
  }
}

async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise((resolve) => setTimeout(resolve, STEP_MILLIS));
}

function sum(stage: Show, tally: Tally, traffic: Traffic, missing: readonly string[]): void {
  const { decisions, mails, calls } = tally;
  const planted = traffic.planted.length;
  stage.say({
    'zh-CN': `\n共 ${decisions} 项认定变更；收到 ${mails} 封邮件、${calls} 次 webhook。`,
    en: `\n${decisions} decisions; ${mails} mails and ${calls} webhooks received.`,
  });
  if (missing.length === 0) {
    stage.say({
      'zh-CN': `有意安排的 ${planted} 起违约均已认定并送达，此外没有其他违约。`,
      en: `All ${planted} breaches put in on purpose were decided and delivered, and no others.`,
    });
    return;
  }
  stage.say({ 'zh-CN': `不符合预期：\n${missing.join('\n')}`, en: `Not as expected:\n${missing.join('\n')}` });
}

function pages(stage: Show, { url }: Standalone, contract: string): void {
  const list = [
    `${url}/v1/contracts/${contract}/breaches`,
    `${url}/v1/contracts/${contract}/verdicts?sort=dueAt&state=running`,
    `${url}/v1/quarantine`,
    `${url}/docs`,
    `${url}/metrics`,
  ];
  stage.say({ 'zh-CN': `可以打开：\n  ${list.join('\n  ')}`, en: `Pages to open:\n  ${list.join('\n  ')}` });
}
