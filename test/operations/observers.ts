import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { freePort } from '#libs/store';
import { eventually } from '#libs/testkit';
import { PROMETHEUS_FOLDER } from './rule-files.js';

const READY_MILLIS = 120_000;
const ALERTMANAGER_FILE = join(__dirname, '../../deploy/alertmanager/alertmanager.yml');

interface Running {
  readonly url: string;
  close(): Promise<void>;
}

/** What a receiver of Alertmanager was told. */
export interface ToldAlert {
  readonly receiver: string;
  readonly status: 'firing' | 'resolved';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface Receiver extends Running {
  readonly told: readonly ToldAlert[];
}

/** An HTTP receiver: the last part of the path names the receiver that Alertmanager chose. */
export async function startReceiver(): Promise<Receiver> {
  const told: ToldAlert[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { alerts } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as {
        alerts: Omit<ToldAlert, 'receiver'>[];
      };
      for (const { status, labels, annotations } of alerts) {
        told.push({ receiver: request.url?.slice(1) ?? '', status, labels, annotations });
      }
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    told,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

interface RouteTree {
  group_wait?: string;
  group_interval?: string;
  repeat_interval?: string;
  routes?: RouteTree[];
}

/** The product's routes; every receiver is a path of the one given, and nothing is waited for. */
export async function startAlertmanager(receiver: Receiver): Promise<Running> {
  const { route, inhibit_rules, receivers } = parse(readFileSync(ALERTMANAGER_FILE, 'utf8')) as {
    route: RouteTree;
    inhibit_rules: object[];
    receivers: { name: string }[];
  };
  const hurried = (tree: RouteTree): RouteTree => ({
    ...tree,
    group_wait: '1s',
    group_interval: '1s',
    ...(tree.routes === undefined ? {} : { routes: tree.routes.map(hurried) }),
  });
  const config = {
    route: hurried(route),
    inhibit_rules,
    receivers: receivers.map(({ name }) => ({
      name,
      webhook_configs: [{ url: `${receiver.url}/${name}`, send_resolved: true }],
    })),
  };
  return startServer('prometheus-alertmanager', { 'alertmanager.yml': config }, (folder, port) => [
    `--config.file=${join(folder, 'alertmanager.yml')}`,
    `--storage.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--cluster.listen-address=',
  ]);
}

export interface Prometheus extends Running {
  /** Values of an instant query, by series. */
  query(expression: string): Promise<readonly { readonly metric: Record<string, string>; readonly value: string }[]>;
}

/** The product's rules over one target, in a hurry. */
export async function startPrometheus(options: {
  readonly target: string;
  readonly alertmanager: Running;
}): Promise<Prometheus> {
  const { host } = new URL(options.alertmanager.url);
  const config = {
    global: { scrape_interval: '3s', scrape_timeout: '3s', evaluation_interval: '1s' },
    rule_files: [join(PROMETHEUS_FOLDER, 'rules/*.yaml')],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [host] }] }] },
    scrape_configs: [
      {
        job_name: 'pactwatch',
        static_configs: [{ targets: [options.target], labels: { role: 'standalone' } }],
      },
    ],
  };
  const running = await startServer('prometheus', { 'prometheus.yml': config }, (folder, port) => [
    `--config.file=${join(folder, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ]);
  return {
    ...running,
    query: async (expression) => {
      const answer = await fetch(`${running.url}/api/v1/query`, {
        method: 'POST',
        body: new URLSearchParams({ query: expression }),
      });
      const body = (await answer.json()) as {
        status: string;
        error?: string;
        data: { result: { metric: Record<string, string>; value: [number, string] }[] };
      };
      if (body.status !== 'success') throw new Error(`${expression}: ${body.error ?? answer.status}`);
      return body.data.result.map(({ metric, value }) => ({ metric, value: value[1] }));
    },
  };
}

/** Starts a server on a free port of the loopback interface and waits until it says that it is ready. */
async function startServer(
  program: string,
  files: Readonly<Record<string, object>>,
  argumentsFor: (folder: string, port: number) => readonly string[],
): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), 'pactwatch-operations-'));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), stringify(content));
  const port = await freePort();
  const child = spawn(program, argumentsFor(folder, port), { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said = `${said}${chunk.toString('utf8')}`.slice(-4_000)));
  const url = `http://127.0.0.1:${port}`;
  const close = async (): Promise<void> => {
    await ended(child, 'SIGTERM');
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await eventually(
      async () => {
        if (child.exitCode !== null) return true;
        return (await fetch(`${url}/-/ready`)).ok ? true : undefined;
      },
      { within: READY_MILLIS },
    );
    if (child.exitCode !== null) throw new Error(`${program} ended with ${child.exitCode}:\n${said}`);
  } catch (error) {
    await close();
    throw error;
  }
  return { url, close };
}

/** Ends a process that this test has started. */
export async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  child.kill(signal);
  await closed;
}
