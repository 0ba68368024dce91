import { mkdtempSync, existsSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Kafka, logLevel, type Admin, type KafkaConfig, type SASLOptions } from 'kafkajs';
import { createKafkaLog, DEFAULT_PARTITIONS, productTopics, TOPICS, type Log, type TopicSpec } from '#libs/bus';
import type { Settings } from '#libs/settings';
import { removeEmbeddedPostgres, startEmbeddedPostgres } from '#libs/store';
import { Failure } from '../failure.js';

/** What a benchmark works on, and what it has to leave as it was. */
export interface BenchServers {
  /** Everything that a benchmark writes to disk lies below; removed at the end. */
  readonly folder: string;
  /** A database of the server in which others can be made. */
  readonly databaseUrl: string;
  readonly kafka: KafkaConfig;
  readonly log: Log;
  /** Of `platform.events`. */
  readonly partitions: number;
  /** Processes of the servers that were started here; undefined of one that the settings name. */
  readonly pids: { readonly kafka: number | undefined; readonly postgres: number | undefined };
}

type Step = () => Promise<unknown>;

/** The group in which the monitor reads: with members in it, a running product would take the benchmark's records for its own. */
const MONITOR_GROUP = 'pactwatch-monitor';

/**
 * The servers that the settings name; those they do not name are started. `closing` takes what undoes it, to be called in
 * reverse order.
 *
 * @throws Failure (3) where Java or Maven is missing, a server does not answer, or a product in use works on the Kafka named
 */
export async function openBenchServers(settings: Settings, closing: Step[]): Promise<BenchServers> {
  const folder = mkdtempSync(join(tmpdir(), 'pactwatch-bench-'));
  closing.push(async () => rmSync(folder, { recursive: true, force: true }));
  const broker = settings.kafka === null ? await startOwnKafka(closing) : undefined;
  const kafka = kafkaConfig(settings, broker?.brokers);
  const postgres = settings.databaseUrl === null ? await startOwnPostgres(folder, closing) : undefined;
  const sasl = settings.kafka?.sasl ?? null;
  const log = createKafkaLog({
    brokers: kafka.brokers as string[],
    clientId: 'pactwatch-bench',
    tls: settings.kafka?.tls ?? false,
    ...(sasl === null ? {} : { sasl }),
  });
  closing.push(() => log.close());
  const admin = new Kafka(kafka).admin();
  closing.push(() => admin.disconnect());
  try {
    await admin.connect();
    const partitions = await prepareTopics(log, admin, broker === undefined ? closing : []);
    return {
      folder,
      databaseUrl: settings.databaseUrl ?? postgres!.url,
      kafka,
      log,
      partitions,
      pids: { kafka: broker?.pid, postgres: postgres?.pid },
    };
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(3, `Kafka at ${(kafka.brokers as string[]).join(', ')}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function kafkaConfig({ kafka }: Settings, own: string | undefined): KafkaConfig {
  const sasl = kafka?.sasl ?? null;
  return {
    clientId: 'pactwatch-bench',
    brokers: kafka === null ? [own!] : [...kafka.brokers],
    ssl: kafka?.tls ?? false,
    ...(sasl === null ? {} : { sasl: sasl as SASLOptions }),
    logLevel: logLevel.NOTHING,
  };
}

interface OwnKafka {
  readonly brokers: string;
  readonly pid: number;
  discard(): Promise<void>;
}

/** `deploy/kafka` belongs to the project, not to its programs: it is looked up when it is needed. */
async function startOwnKafka(closing: Step[]): Promise<OwnKafka> {
  const file = join(projectFolder(), 'deploy', 'kafka', 'kafka-server.mjs');
  if (!existsSync(file)) {
    throw new Failure(3, `KAFKA_BROKERS is not set, and ${file}, which would start one, is not there`);
  }
  const { startKafka } = (await import(pathToFileURL(file).href)) as { startKafka(options: object): Promise<OwnKafka> };
  try {
    const server = await startKafka({});
    closing.push(() => server.discard());
    return server;
  } catch (error) {
    throw new Failure(3, `KAFKA_BROKERS is not set, and Kafka cannot be started here. ${(error as Error).message}`, {
      cause: error,
    });
  }
}

async function startOwnPostgres(folder: string, closing: Step[]) {
  const dataDir = join(folder, 'postgres');
  closing.push(() => removeEmbeddedPostgres(dataDir, () => undefined));
  try {
    const server = await startEmbeddedPostgres({ dataDir, log: () => undefined });
    closing.push(() => server.stop());
    return server;
  } catch (error) {
    throw new Failure(
      3,
      `DATABASE_URL is not set, and PostgreSQL cannot be started here. ${(error as Error).message}`,
      {
        cause: error,
      },
    );
  }
}

/** The topics have fixed names, so they must be nobody's. Those made here go at the end, others are emptied. */
async function prepareTopics(log: Log, admin: Admin, closing: Step[]): Promise<number> {
  const found = await log.partitionCount(TOPICS.events);
  const partitions = found === 0 ? DEFAULT_PARTITIONS : found;
  if (found > 0) {
    const bounds = await log.bounds(TOPICS.events);
    const records = bounds.reduce((sum, { low, high }) => sum + high - low, 0);
    if (records > 0) {
      throw new Failure(
        3,
        `${TOPICS.events} on the Kafka that KAFKA_BROKERS names holds ${records} records: a benchmark runs beside no data (take an empty Kafka, or leave KAFKA_BROKERS unset to have one started)`,
      );
    }
  }
  const { groups } = await admin.describeGroups([MONITOR_GROUP]);
  const members = groups[0]?.members.length ?? 0;
  if (members > 0) {
    throw new Failure(
      3,
      `a monitor runs on the Kafka that KAFKA_BROKERS names (group ${MONITOR_GROUP}, members: ${members})`,
    );
  }
  const missing: TopicSpec[] = [];
  for (const spec of productTopics(partitions)) {
    const { topic } = spec;
    if ((await log.partitionCount(topic)) === 0) {
      missing.push(spec);
      continue;
    }
    const before = await log.bounds(topic);
    closing.push(async () => {
      // What lay in it before stays: only where nothing did can everything go.
      if (before.some(({ low, high }) => low !== high)) return;
      // Asking for the offsets is also what lets this client know the topic's leaders.
      const after = await admin.fetchTopicOffsets(topic);
      const partitions = after.filter(({ low, high }) => low !== high);
      if (partitions.length === 0) return;
      await admin.deleteTopicRecords({
        topic,
        partitions: partitions.map(({ partition, high }) => ({ partition, offset: high })),
      });
    });
  }
  if (missing.length > 0) {
    closing.push(() => admin.deleteTopics({ topics: missing.map(({ topic }) => topic) }));
    await log.ensureTopics(missing);
  }
  return partitions;
}

function projectFolder(): string {
  let folder = __dirname;
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}
