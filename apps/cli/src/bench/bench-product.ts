import { dirname, join } from 'node:path';
import { TOPICS } from '#libs/bus';
import { Store } from '#libs/store';
import { Failure } from '../failure.js';
import type { LoadedContract } from '../load-contracts.js';
import { publishContracts } from '../publish-contracts.js';
import type { BenchDatabases } from './bench-database.js';
import type { BenchServers } from './bench-servers.js';
import { runProcess, type RunningProcess } from './run-process.js';
import { prepareDatabase } from './stream-position.js';

/** All that the parts of one benchmark share. */
export interface Bench {
  readonly servers: BenchServers;
  readonly databases: BenchDatabases;
  readonly env: NodeJS.ProcessEnv;
  readonly configFolder: string;
  /** What is to stay after the benchmark goes there. */
  readonly dataFolder: string;
  /** Text of the key for the product's own records. */
  readonly stampKey: string;
  /** Begins all names and ids of this run. */
  readonly prefix: string;
  /** Folder for V8 profiles of the monitor, or undefined. */
  readonly profile: string | undefined;
  readonly interrupted: AbortSignal;
  readonly say: (text: string) => void;
}

const TAKE_UP_MILLIS = 120_000;
/** As a deployment starts the monitor; what it is held against has the same. */
export const MONITOR_ARGUMENTS = ['--max-semi-space-size=64'];
let monitors = 0;

/** Starts the monitor as its own process on a database of the benchmark. */
export function startMonitor(bench: Bench, databaseUrl: string, profile = false): RunningProcess {
  const { servers, env, stampKey } = bench;
  const { folder } = servers;
  const logFile = join(folder, `monitor-${++monitors}.log`);
  const named = ['DATABASE_URL', 'PACTWATCH_STAMP_KEY', 'PACTWATCH_DATA', 'PACTWATCH_CONFIG', 'PORT', 'LOG_LEVEL'];
  const inherited = Object.entries(env).filter(([name]) => !named.includes(name.replace(/_FILE$/, '')));
  return runProcess({
    name: 'the monitor',
    script: join(dirname(require.resolve('#apps/monitor')), 'main.js'),
    nodeArguments: [
      ...MONITOR_ARGUMENTS,
      ...(profile && bench.profile !== undefined ? ['--cpu-prof', `--cpu-prof-dir=${bench.profile}`] : []),
    ],
    env: {
      ...Object.fromEntries(inherited),
      KAFKA_BROKERS: (servers.kafka.brokers as string[]).join(','),
      DATABASE_URL: databaseUrl,
      PACTWATCH_STAMP_KEY: stampKey,
      // Copies of the contracts lie there, and no access keys: it listens on loopback.
      PACTWATCH_CONFIG: join(folder, 'config'),
      PACTWATCH_DATA: join(folder, 'data'),
      PORT: '0',
      LOG_LEVEL: 'warn',
    },
    logFile,
  });
}

/**
 * A database in which the product has taken up the contracts, and nothing else of the stream as it stands now.
 *
 * @param then what is done beside, while the monitor still runs
 * @returns its URL; nobody is connected any more
 */
export async function publishInto(
  bench: Bench,
  name: string,
  contracts: readonly LoadedContract[],
  then: (databaseUrl: string, monitor: RunningProcess) => Promise<void> = () => Promise.resolve(),
): Promise<string> {
  const { servers, databases, stampKey, interrupted } = bench;
  const url = await databases.make(name, null);
  await prepareDatabase(
    url,
    (await servers.log.bounds(TOPICS.events)).map(({ high }) => high),
  );
  const monitor = startMonitor(bench, url);
  const store = await Store.connect({ url, name: 'pactwatch-bench', poolSize: 2 });
  try {
    const now = (): number => {
      // It is asked for the time whenever it looks again.
      monitor.check();
      interrupted.throwIfAborted();
      return Date.now();
    };
    const published = await publishContracts({ store, log: servers.log, stampKey: Buffer.from(stampKey) }, contracts, {
      from: null,
      waitMillis: TAKE_UP_MILLIS,
      now,
    });
    const late = published.filter(({ outcome }) => outcome === 'appended').length;
    if (late > 0) throw new Failure(3, `the monitor has not taken up ${late} of ${published.length} contracts`);
    await then(url, monitor);
  } finally {
    await store.close();
    await monitor.stop();
  }
  return url;
}
