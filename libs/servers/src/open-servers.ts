import { join } from 'node:path';
import {
  createKafkaLog,
  createPostgresLog,
  DEFAULT_PARTITIONS,
  productTopics,
  TOPICS,
  type Log,
  type TopicSpec,
} from '#libs/bus';
import type { Settings } from '#libs/settings';
import { startEmbeddedPostgres, Store } from '#libs/store';
import type { Logger } from '#libs/telemetry';

/** The database and the log that a process works with. */
export interface Servers {
  readonly databaseUrl: string;
  readonly store: Store;
  readonly log: Log;
  /** Partitions of `platform.events`: they say where each contract lives. */
  readonly partitions: number;
  /** Closes the connections, then stops what was started here. */
  close(): Promise<void>;
}

export interface OpenOptions {
  readonly settings: Settings;
  /** As the servers show it, e.g. `pactwatch-monitor`. */
  readonly name: string;
  readonly logger: Logger;
  /** Connections for everything but writing; default 10. */
  readonly poolSize?: number;
  /** On these a statement that runs longer is cancelled; default 30,000. */
  readonly statementTimeoutMillis?: number;
}

/**
 * Opens the database and the log that the settings name (where they name no database, an embedded one is started), brings
 * the schema up and makes the topics that are missing. A failure closes what was opened before it is thrown.
 */
export async function openServers(options: OpenOptions): Promise<Servers> {
  const { settings, name, logger, poolSize = 10, statementTimeoutMillis } = options;
  const opened: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const step of opened.splice(0).reverse()) await step();
  };
  try {
    let databaseUrl = settings.databaseUrl;
    if (databaseUrl === null) {
      const dataDir = join(settings.dataFolder, 'postgres');
      const embedded = await startEmbeddedPostgres({ dataDir, log: (line) => logger.info(line) });
      opened.push(() => embedded.stop());
      databaseUrl = embedded.url;
    }
    const limits = statementTimeoutMillis === undefined ? {} : { statementTimeoutMillis };
    const store = await Store.connect({ url: databaseUrl, name, poolSize, ...limits });
    opened.push(() => store.close());
    await store.migrate();
    const log = openLog(settings, name, store, logger);
    opened.push(() => log.close());
    await log.ping();
    const partitions = await makeTopics(log);
    await store.fixStreamPartitions(partitions);
    return { databaseUrl, store, log, partitions, close };
  } catch (error) {
    await close().catch((secondary: unknown) =>
      logger.warn({ err: secondary }, 'Closing after a failure failed, too.'),
    );
    throw error;
  }
}

function openLog(settings: Settings, name: string, store: Store, logger: Logger): Log {
  const { kafka } = settings;
  if (kafka === null) return createPostgresLog({ pool: store.pool, logger });
  const { brokers, tls, sasl } = kafka;
  return createKafkaLog({ brokers, clientId: name, tls, ...(sasl === null ? {} : { sasl }), logger });
}

/** Topics that are there keep their partitions; the number was fixed when they were made. */
async function makeTopics(log: Log): Promise<number> {
  const existing = await log.partitionCount(TOPICS.events);
  const partitions = existing === 0 ? DEFAULT_PARTITIONS : existing;
  const missing: TopicSpec[] = [];
  for (const spec of productTopics(partitions)) {
    if (spec.topic !== TOPICS.events && (await log.partitionCount(spec.topic)) > 0) continue;
    missing.push(spec);
  }
  await log.ensureTopics(missing);
  return partitions;
}
