import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openServers, type Servers as OpenServers } from '#libs/servers';
import { loadSettings, stampKey, StampKeyError, type Settings } from '#libs/settings';
import { createLogger } from '#libs/telemetry';
import { Failure } from './failure.js';
import type { Terminal } from './terminal.js';

/** What commands that talk to a running deployment need. */
export interface Servers extends Pick<OpenServers, 'store' | 'log'> {
  /** Key of stamps and of the product's own records. */
  readonly stampKey: Buffer;
}

/** What a running `pactwatch start` leaves in PACTWATCH_DATA while its embedded database is up. */
export interface RunningFile {
  readonly databaseUrl: string;
  /** The Kafka it reads, as `host:port`; null: the log in its database. */
  readonly brokers: readonly string[] | null;
  readonly pid: number;
  readonly port: number;
}

export const RUNNING_FILE = 'running.json';

const POOL_SIZE = 4;
/** Some commands read much, and whoever runs one can end it: as long as the longest asks for. */
const STATEMENT_TIMEOUT_MILLIS = 600_000;

/** Connects to the Kafka and Postgres that the settings name, else to the embedded parts of a running `start`. */
export async function withServers<T>(terminal: Terminal, work: (servers: Servers) => Promise<T>): Promise<T> {
  const loaded = loadSettings(terminal.env, { writesStream: true });
  if (!loaded.ok) throw new Failure(3, loaded.problems.join('\n'));
  const { settings } = loaded;
  const key = keyOf(settings);
  const servers = await open({
    ...settings,
    databaseUrl: settings.databaseUrl ?? runningDatabase(settings),
  });
  try {
    return await work({ store: servers.store, log: servers.log, stampKey: key });
  } finally {
    await servers.close();
  }
}

function keyOf(settings: Settings): Buffer {
  try {
    return stampKey(settings);
  } catch (error) {
    if (error instanceof StampKeyError) throw new Failure(3, error.message, { cause: error });
    throw error;
  }
}

async function open(settings: Settings): Promise<OpenServers> {
  try {
    return await openServers({
      settings,
      name: 'pactwatch-cli',
      logger: createLogger('fatal'),
      poolSize: POOL_SIZE,
      statementTimeoutMillis: STATEMENT_TIMEOUT_MILLIS,
    });
  } catch (error) {
    throw new Failure(3, (error as Error).message, { cause: error });
  }
}

/** The product that runs must read the log that the command would write to: its facts would be seen by nobody else. */
function runningDatabase({ dataFolder, kafka }: Settings): string {
  const file = join(dataFolder, RUNNING_FILE);
  let running: RunningFile;
  try {
    running = JSON.parse(readFileSync(file, 'utf8')) as RunningFile;
    process.kill(running.pid, 0);
  } catch (error) {
    throw new Failure(
      3,
      `no server to talk to: DATABASE_URL is not set, and no 'pactwatch start' runs on the data folder ${dataFolder}`,
      { cause: error },
    );
  }
  const here = kafka === null ? null : kafka.brokers;
  if (JSON.stringify(here) !== JSON.stringify(running.brokers ?? null)) {
    const log = (brokers: readonly string[] | null) =>
      brokers === null ? 'no Kafka' : `Kafka at ${brokers.join(',')}`;
    throw new Failure(
      3,
      `the product on the data folder ${dataFolder} reads ${log(running.brokers ?? null)}, KAFKA_BROKERS here names ${log(here)}; they must be the same`,
    );
  }
  return running.databaseUrl;
}
