import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { loadSettings, type Settings } from '#libs/settings';
import { benchDeadlines, reportDeadlines } from '../bench/bench-deadlines.js';
import { benchEvaluate, reportEvaluate } from '../bench/bench-evaluate.js';
import { benchIngest } from '../bench/bench-ingest.js';
import { BenchDatabases } from '../bench/bench-database.js';
import type { Bench } from '../bench/bench-product.js';
import { benchProfile, reportProfile } from '../bench/bench-profile.js';
import { openBenchServers } from '../bench/bench-servers.js';
import { benchShape, reportShape } from '../bench/bench-shape.js';
import { reportIngest } from '../bench/render-ingest.js';
import type { Machine, Report } from '../bench/report.js';
import { Failure } from '../failure.js';
import type { ExitCode, Terminal } from '../terminal.js';

export interface BenchOptions {
  readonly format: 'text' | 'json';
  /** Per case; of `evaluate` lines. */
  readonly events?: number;
  /** Of the case with many. */
  readonly contracts: number;
  readonly runs: number;
  /** How long the decision lag is measured; 0: not at all. */
  readonly lagSeconds: number;
  /** Events that come at once; 0: none. */
  readonly storm: number;
  /** Open deadlines, at most. */
  readonly open: number;
  /** Deadlines due in the same instant. */
  readonly due: number;
  /** Folder for V8 profiles of the monitor. */
  readonly profile?: string;
}

type OnServers = (bench: Bench, options: BenchOptions, machine: Machine) => Promise<Report>;

const ON_SERVERS: Readonly<Record<string, OnServers>> = {
  ingest: async (bench, { events = 60_000, contracts, runs, lagSeconds, storm }, machine) =>
    reportIngest({ ...(await benchIngest(bench, { events, contracts, runs, lagSeconds, storm })), machine }),
  deadlines: async (bench, options, machine) => reportDeadlines(await benchDeadlines(bench, options), machine),
  shape: async (bench, { events = 10_000, open }, machine) =>
    reportShape(await benchShape(bench, { events, open }), machine),
  profile: async (bench, { events = 60_000 }, machine) => reportProfile(await benchProfile(bench, events), machine),
};

/** `pactwatch bench NAME`: starts the servers that the settings do not name, measures, and leaves nothing behind. */
export async function run(terminal: Terminal, name: string, options: BenchOptions): Promise<ExitCode> {
  const onServers = Object.hasOwn(ON_SERVERS, name) ? ON_SERVERS[name] : undefined;
  if (onServers === undefined && name !== 'evaluate') {
    const names = [...Object.keys(ON_SERVERS), 'evaluate'].join(', ');
    throw new Failure(2, `there is no benchmark '${name}' (allowed: ${names})`);
  }
  for (const [flag, value] of [
    ['--events', options.events],
    ['--contracts', options.contracts],
    ['--runs', options.runs],
    ['--open', options.open],
    ['--due', options.due],
  ] as const) {
    if (value === 0) throw new Failure(2, `${flag} 0 measures nothing (allowed: 1 or more)`);
  }
  const loaded = loadSettings(terminal.env);
  if (!loaded.ok) throw new Failure(3, loaded.problems.join('\n'));
  const machine = { processors: availableParallelism(), loadBefore: loadavg()[0] ?? 0 };
  const report =
    onServers === undefined
      ? reportEvaluate(await evaluate(terminal, loaded.settings, options), machine)
      : await withServers(terminal, loaded.settings, options, (bench) => onServers(bench, options, machine));
  terminal.out(options.format === 'json' ? `${JSON.stringify(report.json)}\n` : report.text);
  return 0;
}

async function evaluate(terminal: Terminal, { configFolder }: Settings, { events = 100_000, runs }: BenchOptions) {
  const folder = mkdtempSync(join(tmpdir(), 'pactwatch-bench-'));
  try {
    return await benchEvaluate({ configFolder, folder, say: sayOn(terminal) }, { events, runs });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function withServers(
  terminal: Terminal,
  settings: Settings,
  { profile }: BenchOptions,
  measure: (bench: Bench) => Promise<Report>,
): Promise<Report> {
  const interruption = new AbortController();
  const interrupt = (): void => interruption.abort(new Failure(3, 'the benchmark was interrupted'));
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  const closing: (() => Promise<unknown>)[] = [];
  try {
    const say = sayOn(terminal);
    say('starting servers');
    const servers = await openBenchServers(settings, closing);
    const prefix = `BENCH-${Date.now().toString(36).toUpperCase()}`;
    const databases = await BenchDatabases.connect(
      servers.databaseUrl,
      `pactwatch_${prefix.toLowerCase().replace('-', '_')}`,
    );
    closing.push(() => databases.close());
    mkdirSync(join(servers.folder, 'config'));
    return await measure({
      servers,
      databases,
      env: terminal.env,
      configFolder: settings.configFolder,
      dataFolder: settings.dataFolder,
      // It writes to the stream with a key of its own.
      stampKey: randomBytes(32).toString('hex'),
      prefix,
      profile: profile === undefined ? undefined : resolve(profile),
      interrupted: interruption.signal,
      say,
    });
  } finally {
    for (const step of closing.reverse()) {
      // One thing that cannot be undone must not keep the rest.
      await step().catch((error: unknown) => terminal.err(`cleaning up: ${(error as Error).message}\n`));
    }
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}

function sayOn(terminal: Terminal): (text: string) => void {
  return (text) => {
    if (terminal.interactive) terminal.err(`${text}\n`);
  };
}
