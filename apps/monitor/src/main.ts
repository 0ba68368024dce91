import 'reflect-metadata';
import { hostname } from 'node:os';
import { listenHost, portOf } from '#libs/settings';
import { openServers } from '#libs/servers';
import { createLogger, createMetrics } from '#libs/telemetry';
import { createWebApp, WebModule } from '#libs/web';
import { connectMonitor } from './connect-monitor.js';
import { loadStartSettings } from './load-start-settings.js';
import { Monitor } from './monitor.js';
import { MonitorModule } from './monitor.module.js';

/** What is under way when the process is asked to end gets this long; then it ends anyway. */
const STOP_MILLIS = 25_000;

async function main(): Promise<void> {
  const loaded = loadStartSettings(process.env);
  if (!loaded.ok) return missing(loaded.problems.join('\n'));
  const { settings, stampKey, access } = loaded;
  const logger = createLogger(settings.logLevel);
  settings.warnings.forEach((warning) => logger.warn(warning));
  const opened: { close(): Promise<void> }[] = [];
  const close = async (): Promise<void> => {
    for (const one of opened.splice(0).reverse()) await one.close();
  };
  try {
    const servers = await openServers({ settings, name: 'pactwatch-monitor', logger });
    opened.push(servers);
    const { store, log, partitions } = servers;
    const metrics = createMetrics();
    const checks = [
      { name: 'database', check: () => store.ping() },
      { name: 'log', check: () => log.ping() },
      { name: 'stream', check: () => app.get(Monitor, { strict: false }).check() },
    ];
    const app = await createWebApp(
      {
        module: class MonitorProcess {},
        imports: [
          WebModule.register({ access, metrics, checks }),
          MonitorModule.register({
            log,
            store,
            stampKey,
            process: `${hostname()}/${process.pid}`,
            partitions,
            metrics,
            logger,
          }),
        ],
      },
      { logger, logLevel: settings.logLevel },
    );
    opened.push(app);
    const stop = (code: number): void => {
      setTimeout(() => process.exit(code), STOP_MILLIS).unref();
      close().then(
        () => process.exit(code),
        (error: unknown) => {
          logger.error({ err: error }, 'Not everything could be closed in order.');
          process.exit(1);
        },
      );
    };
    connectMonitor(app, log, (error) => {
      logger.fatal({ err: error }, 'The stream cannot be read on; started anew, the monitor goes on where it stood.');
      stop(1);
    });
    process.once('SIGTERM', () => stop(0)).once('SIGINT', () => stop(0));
    await app.startAllMicroservices();
    await app.listen(portOf(settings, 'monitor'), listenHost(access));
    logger.info({ url: await app.getUrl() }, 'The monitor runs.');
    if (access.open) logger.warn('No access keys are configured: the monitor listens on loopback only.');
  } catch (error) {
    await close().catch(() => undefined);
    missing((error as Error).message);
  }
}

/** Something the process needs is missing, wrong or down. */
function missing(text: string): void {
  process.stderr.write(`${text}\n`);
  process.exitCode = 3;
}

void main();
