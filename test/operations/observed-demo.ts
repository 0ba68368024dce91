import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '#libs/store';
import { eventually } from '#libs/testkit';
import { aConfigFolder } from '../e2e/a-config-folder.js';
import { runCommand } from '../e2e/run-command.js';
import { ended } from './observers.js';

const root = join(__dirname, '../..');
/** A month takes a minute; what comes after is a matter of the machine. */
const PLAYED_MILLIS = 300_000;

/** The contract of the demo, whose month is May 2026. */
export const CONTRACT = 'CRM-2026-001';

/** A feed that promises to be heard; the shortest silence that counts is a minute. */
const LAMPS = `contract: LAMPS-1
title: { zh-CN: 路灯维护合同, en: Upkeep of street lamps }
language: zh-CN
parties: { client: { name: 市政公司 }, provider: { name: 明光公司 } }
term: { from: 2020-01-01, to: 2099-12-31 }
zone: Asia/Shanghai
calendar: always
sources: { /city: { trust: trusted, default: true, heartbeat: PT1S } }
vocabulary: { heartbeat: city.lives }
clauses: { '4.2': 路灯故障应在 4 小时内受理。 }
events: { city.lives: {}, lamp.reported: {}, lamp.taken-up: {} }
subjects: { report: { opened: lamp.reported, answered: lamp.taken-up } }
obligations:
  take-up: { clauses: ['4.2'], party: provider, subject: report, start: lamp.reported, stop: lamp.taken-up, target: PT4H round the clock }
`;

export interface ObservedDemo {
  /** `127.0.0.1:PORT`, of all pages. */
  readonly host: string;
  /** Settings under which commands reach it. */
  readonly env: Readonly<Record<string, string>>;
  /** Of its embedded database. */
  readonly databaseUrl: string;
  /** Publishes the contract of the street lamps, whose only feed is then awaited. */
  publishLamps(): Promise<void>;
  /** The feed is heard. */
  reportLamp(subject: string): Promise<void>;
  /** A line that is no event at all. */
  sendNonsense(): Promise<void>;
  /**
   * Resolves when the month has been played and told, and a week more: its statement is frozen, one complaint of the next month
   * was not answered in time, another one waits.
   */
  played(): Promise<void>;
  close(): Promise<void>;
}

/** `pactwatch demo` as a process of its own, on embedded parts. */
export async function startDemo(): Promise<ObservedDemo> {
  const data = mkdtempSync(join(tmpdir(), 'pactwatch-demo-'));
  const lamps = aConfigFolder([LAMPS]);
  const port = await freePort();
  const { PATH = '' } = process.env;
  const child = spawn(process.execPath, ['dist/apps/cli/src/main.js', 'demo'], {
    cwd: root,
    env: { PATH, LANG: 'en_US.UTF-8', PACTWATCH_DATA: data, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (said = `${said}${chunk.toString('utf8')}`.slice(-20_000)));
  }
  const says = (words: RegExp): Promise<true> =>
    eventually(
      () => {
        if (words.test(said)) return true;
        return child.exitCode === null ? undefined : true;
      },
      { within: PLAYED_MILLIS },
    );
  const must = async (words: RegExp): Promise<void> => {
    await says(words);
    if (!words.test(said)) throw new Error(`the demo ended with ${child.exitCode}:\n${said}`);
  };
  const host = `127.0.0.1:${port}`;
  const env = { PACTWATCH_DATA: join(data, 'demo'), PACTWATCH_CONFIG: lamps.folder };
  await must(/is published/);
  const play = async (): Promise<void> => {
    await must(/Pages to open/);
    const file = join(data, 'next-month.ndjson');
    const complaint = { specversion: '1.0', source: '/platform/crm', type: 'complaint.opened', contractid: CONTRACT };
    const lines = ['2026-06-02T09:00:00+08:00', '2026-06-08T09:00:00+08:00'].map((time, index) => {
      const id = `C06-${index + 1}`;
      return JSON.stringify({ ...complaint, id, subject: id, time, data: { priority: 'normal' } });
    });
    writeFileSync(file, `${lines.join('\n')}\n`);
    await runCommand(['send', '--backfill', '--open', '--alerts', 'each', file], env);
  };
  let playing: Promise<void> | undefined;
  const running = JSON.parse(readFileSync(join(env.PACTWATCH_DATA, 'running.json'), 'utf8')) as { databaseUrl: string };
  return {
    host,
    env,
    databaseUrl: running.databaseUrl,
    publishLamps: async () => {
      await runCommand(['publish', join(lamps.folder, 'contracts/1.yaml')], env);
    },
    reportLamp: async (subject) => {
      const event = { specversion: '1.0', id: subject, source: '/city', type: 'lamp.reported', subject };
      const answer = await fetch(`http://${host}/v1/events`, {
        method: 'POST',
        headers: { 'content-type': 'application/cloudevents+json' },
        body: JSON.stringify({ ...event, contractid: 'LAMPS-1', time: new Date().toISOString() }),
      });
      if (answer.status !== 202) throw new Error(`${answer.status}: ${await answer.text()}`);
    },
    sendNonsense: async () => {
      const file = join(data, 'nonsense.ndjson');
      writeFileSync(file, 'no event at all\n');
      await runCommand(['send', file], env);
    },
    played: () => (playing ??= play()),
    close: async () => {
      await ended(child, 'SIGTERM');
      lamps.remove();
      rmSync(data, { recursive: true, force: true });
    },
  };
}
