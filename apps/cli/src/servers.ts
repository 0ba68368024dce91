import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createKafkaLog, createPostgresLog, type Log } from '#libs/bus';
import { loadSettings, stampKey, StampKeyError, type Settings } from '#libs/settings';
import { DatabaseUnusableError, Store } from '#libs/store';
import { createLogger } from '#libs/telemetry';
import { Failure } from './failure.js';
import type { Terminal } from './terminal.js';

/** What commands that talk to a running deployment need. */
export interface Servers {
  readonly store: Store;
  readonly log: Log;
  /** Key of stamps and of the product's own records. */
  readonly stampKey: Buffer;
}

/** What a running `pactwatch start` leaves in PACTWATCH_DATA while its embedded database is up. */
export interface RunningFile {
  readonly databaseUrl: string;
  readonly pid: number;
  readonly port: number;
}

export const RUNNING_FILE = 'running.json';

/** Connects to the Kafka and Postgres that the settings name, else to the embedded parts of a running `start`. */
export async function withServers<T>(terminal: Terminal, work: (servers: Servers) => Promise<T>): Promise<T> {
  const loaded = loadSettings(terminal.env, { writesStream: true });
  if (!loaded.ok) throw new Failure(3, loaded.problems.join('\n'));
  const { settings } = loaded;
  const key = keyOf(settings);
  const store = await connectStore(settings.databaseUrl ?? runningDatabase(settings.dataFolder));
  try {
    const log = await connectLog(settings, store);
    try {
      return await work({ store, log, stampKey: key });
    } finally {
      await log.close();
    }
  } finally {
    await store.close();
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

async function connectStore(url: string): Promise<Store> {
  try {
    return await Store.connect({ url, name: 'pactwatch-cli', poolSize: 4 });
  } catch (error) {
    if (error instanceof DatabaseUnusableError) throw new Failure(3, error.message, { cause: error });
    throw error;
  }
}

async function connectLog(settings: Settings, store: Store): Promise<Log> {
  const { kafka } = settings;
  const log =
    kafka === null
      ? createPostgresLog({ pool: store.pool })
      : createKafkaLog({
          brokers: kafka.brokers,
          clientId: 'pactwatch-cli',
          tls: kafka.tls,
          ...(kafka.sasl === null ? {} : { sasl: kafka.sasl }),
          logger: createLogger('fatal'),
        });
  try {
    await log.ping();
    return log;
  } catch (error) {
    await log.close();
    const place = kafka === null ? 'the log in Postgres' : `Kafka at ${kafka.brokers.join(', ')}`;
    throw new Failure(3, `${place} does not answer: ${(error as Error).message}`, { cause: error });
  }
}

function runningDatabase(dataFolder: string): string {
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
  return running.databaseUrl;
}
