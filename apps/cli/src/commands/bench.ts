import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import { loadSettings } from '#libs/settings';
import { BenchDatabases } from '../bench/bench-database.js';
import { sampleContracts, spreadIds } from '../bench/bench-contracts.js';
import type { Bench } from '../bench/bench-product.js';
import { openBenchServers } from '../bench/bench-servers.js';
import { measureIngest, type IngestFigures } from '../bench/measure-ingest.js';
import { measureLag } from '../bench/measure-lag.js';
import { toJson, toText, type IngestReport } from '../bench/render-ingest.js';
import { Failure } from '../failure.js';
import type { ExitCode, Terminal } from '../terminal.js';

export interface BenchOptions {
  readonly format: 'text' | 'json';
  /** Per case. */
  readonly events: number;
  /** Of the case with many. */
  readonly contracts: number;
  readonly runs: number;
  /** How long the decision lag is measured; 0: not at all. */
  readonly lagSeconds: number;
  /** Folder for V8 profiles of the monitor. */
  readonly profile?: string;
}

const BENCHMARKS = ['ingest'];

/** `pactwatch bench NAME`: starts the servers that the settings do not name, measures, and leaves nothing behind. */
export async function run(terminal: Terminal, name: string, options: BenchOptions): Promise<ExitCode> {
  if (!BENCHMARKS.includes(name)) {
    throw new Failure(2, `there is no benchmark '${name}' (allowed: ${BENCHMARKS.join(', ')})`);
  }
  for (const [flag, value] of [
    ['--events', options.events],
    ['--contracts', options.contracts],
    ['--runs', options.runs],
  ] as const) {
    if (value === 0) throw new Failure(2, `${flag} 0 measures nothing (allowed: 1 or more)`);
  }
  // It writes to the stream with a key of its own.
  const loaded = loadSettings(terminal.env);
  if (!loaded.ok) throw new Failure(3, loaded.problems.join('\n'));
  const interruption = new AbortController();
  const interrupt = (): void => interruption.abort(new Failure(3, 'the benchmark was interrupted'));
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  const closing: (() => Promise<unknown>)[] = [];
  try {
    const machine = { processors: availableParallelism(), loadBefore: loadavg()[0] ?? 0 };
    const say = (text: string): void => {
      if (terminal.interactive) terminal.err(`${text}\n`);
    };
    say('starting servers');
    const servers = await openBenchServers(loaded.settings, closing);
    const prefix = `BENCH-${Date.now().toString(36).toUpperCase()}`;
    const databases = await BenchDatabases.connect(
      servers.databaseUrl,
      `pactwatch_${prefix.toLowerCase().replace('-', '_')}`,
    );
    closing.push(() => databases.close());
    mkdirSync(join(servers.folder, 'config'));
    const bench: Bench = {
      servers,
      databases,
      env: terminal.env,
      configFolder: loaded.settings.configFolder,
      stampKey: randomBytes(32).toString('hex'),
      prefix,
      profile: options.profile === undefined ? undefined : resolve(options.profile),
      interrupted: interruption.signal,
      say,
    };
    const report = await ingest(bench, options, machine);
    terminal.out(options.format === 'json' ? `${JSON.stringify(toJson(report))}\n` : toText(report));
    return 0;
  } finally {
    for (const step of closing.reverse()) {
      // One thing that cannot be undone must not keep the rest.
      await step().catch((error: unknown) => terminal.err(`cleaning up: ${(error as Error).message}\n`));
    }
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}

async function ingest(bench: Bench, options: BenchOptions, machine: IngestReport['machine']): Promise<IngestReport> {
  const { events, runs, lagSeconds } = options;
  const { partitions, folder } = bench.servers;
  const folders = { configFolder: bench.configFolder, folder: join(folder, 'config') };
  const cases: IngestFigures[] = [];
  const counts = options.contracts === 1 ? [1] : [1, options.contracts];
  for (const [index, count] of counts.entries()) {
    const ids = spreadIds(`${bench.prefix}-${index + 1}`, count, partitions);
    const contracts = sampleContracts(folders, ids, Date.now());
    const name = count === 1 ? 'one contract' : `${count} contracts`;
    cases.push(await measureIngest(bench, index + 1, { name, contracts, events, runs }));
  }
  const decisionLag = lagSeconds === 0 ? null : await measureLag(bench, lagSeconds);
  return { cases, decisionLag, machine };
}
