import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AuditModule, serveDocs } from '#apps/audit';
import { publishContracts, RUNNING_FILE, type LoadedContract, type RunningFile } from '#apps/cli';
import { Doors, IntakeModule, readDoors, type Door } from '#apps/intake';
import { connectMonitor, Monitor, MonitorModule } from '#apps/monitor';
import { connectNotifier, NotifierModule, readNotifierFiles, type NotifierFiles } from '#apps/notifier';
import { openServers, type Servers } from '#libs/servers';
import { listenHost, portOf, readAccess, stampKey, type Access, type Settings } from '#libs/settings';
import { DoorCursors, HttpWrites, ReadSide } from '#libs/store';
import { createMetrics, type Logger } from '#libs/telemetry';
import { createWebApp, WebModule } from '#libs/web';

export interface StandaloneOptions {
  readonly settings: Settings;
  readonly logger: Logger;
  /** Published when all parts run. */
  readonly contracts: readonly LoadedContract[];
  /** Webhooks may go to this machine over plain HTTP: for trials. */
  readonly allowInternalWebhooks?: boolean;
  /** The stream cannot be read on; the caller closes what it holds. */
  readonly onFatal: (error: Error) => void;
}

/** The whole product in one process, running. */
export interface Standalone {
  /** Of all pages, e.g. `http://127.0.0.1:3000`. */
  readonly url: string;
  readonly servers: Servers;
  readonly stampKey: Buffer;
  close(): Promise<void>;
}

/** Thrown when a file of the configuration is wrong: all problems, one per line. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

const PUBLISH_MILLIS = 60_000;

/**
 * Starts all apps in this process: on the database and the log that the settings name, on embedded ones where they name none.
 * `running.json` in the data folder tells other processes where the embedded database is, as long as this one lives.
 */
export async function startStandalone(options: StandaloneOptions): Promise<Standalone> {
  const { settings, logger, contracts } = options;
  const { access, files, doors } = readConfiguration(settings);
  const opened: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const step of opened.splice(0).reverse()) await step();
  };
  try {
    const key = stampKey(settings);
    const servers = await openServers({ settings, name: 'pactwatch', logger, poolSize: 24 });
    opened.push(() => servers.close());
    const app = await compose(options, servers, key, { access, files, doors });
    opened.push(() => app.close());
    await app.listen(portOf(settings, 'standalone'), listenHost(access));
    const url = (await app.getUrl()).replace('[::1]', '127.0.0.1');
    if (settings.databaseUrl === null) opened.push(announce(settings, servers, Number(new URL(url).port)));
    await app.startAllMicroservices();
    if (access.open) logger.warn('No access keys are configured: the product listens on loopback only.');
    await publishContracts({ ...servers, stampKey: key }, contracts, {
      from: null,
      waitMillis: PUBLISH_MILLIS,
      now: Date.now,
    });
    return { url, servers, stampKey: key, close };
  } catch (error) {
    await close().catch((secondary: unknown) =>
      logger.warn({ err: secondary }, 'Closing after a failure failed, too.'),
    );
    throw error;
  }
}

interface Configuration {
  readonly access: Access;
  readonly files: NotifierFiles;
  readonly doors: readonly Door[];
}

function readConfiguration({ configFolder }: Settings): Configuration {
  const access = readAccess(join(configFolder, 'access'));
  const files = readNotifierFiles(configFolder);
  const doors = readDoors(configFolder);
  if (access.ok && files.ok && doors.ok) return { access: access.access, files: files.files, doors: doors.doors };
  const problems = [
    ...(access.ok ? [] : access.problems.map((one) => `${one.file}:${one.line}:${one.column}: ${one.message}`)),
    ...(files.ok ? [] : files.problems),
    ...(doors.ok ? [] : doors.problems),
  ];
  throw new ConfigurationError(problems.join('\n'));
}

async function compose(
  options: StandaloneOptions,
  servers: Servers,
  key: Buffer,
  { access, files, doors }: Configuration,
): Promise<NestExpressApplication> {
  const { settings, logger, onFatal } = options;
  const { store, log, partitions } = servers;
  const metrics = createMetrics();
  const publicUrl = settings.publicUrl ?? `http://localhost:${portOf(settings, 'standalone')}`;
  const checks = [
    { name: 'database', check: () => store.ping() },
    { name: 'log', check: () => log.ping() },
    { name: 'doors', check: () => app.get(Doors, { strict: false }).check() },
    { name: 'stream', check: () => app.get(Monitor, { strict: false }).check() },
  ];
  const app: NestExpressApplication = await createWebApp(
    {
      module: class Standalone {},
      imports: [
        WebModule.register({ access, metrics, checks }),
        IntakeModule.register({
          log,
          contracts: store,
          stampKey: key,
          doors: {
            list: doors,
            log,
            cursors: new DoorCursors(store.pool),
            process: `${hostname()}/${process.pid}`,
            partitions,
            logger,
          },
        }),
        MonitorModule.register({
          log,
          store,
          stampKey: key,
          process: `${hostname()}/${process.pid}`,
          partitions,
          metrics,
          logger,
        }),
        AuditModule.register({
          reads: new ReadSide(store.pool),
          writes: new HttpWrites(store.pool),
          log,
          stampKey: key,
          publicUrl,
        }),
        NotifierModule.register({
          log,
          pool: store.pool,
          contracts: store,
          files,
          stampKey: key,
          smtpUrl: settings.smtpUrl,
          mailFrom: settings.mailFrom,
          webhookSecret: settings.webhookSecret,
          publicUrl,
          metrics,
          logger,
          ...(options.allowInternalWebhooks === undefined ? {} : { allowInternal: options.allowInternalWebhooks }),
        }),
      ],
    },
    { logger, logLevel: settings.logLevel },
  );
  serveDocs(app);
  connectMonitor(app, log, onFatal);
  connectNotifier(app, log, onFatal);
  return app;
}

/** Lets the command line find the embedded database (a named one it finds by itself); gone when the product has ended. */
function announce(settings: Settings, servers: Servers, port: number): () => Promise<void> {
  const file = join(settings.dataFolder, RUNNING_FILE);
  const running: RunningFile = {
    databaseUrl: servers.databaseUrl,
    brokers: settings.kafka?.brokers ?? null,
    pid: process.pid,
    port,
  };
  mkdirSync(settings.dataFolder, { recursive: true });
  writeFileSync(file, `${JSON.stringify(running)}\n`, { mode: 0o600 });
  return () => Promise.resolve(rmSync(file, { force: true }));
}
