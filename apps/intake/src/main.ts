import 'reflect-metadata';
import { listenHost, portOf } from '#libs/settings';
import { openServers } from '#libs/servers';
import { createLogger, createMetrics } from '#libs/telemetry';
import { createWebApp, WebModule } from '#libs/web';
import { IntakeModule } from './intake.module.js';
import { loadStartSettings } from './load-start-settings.js';

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
    const servers = await openServers({ settings, name: 'pactwatch-intake', logger });
    opened.push(servers);
    const { store, log } = servers;
    const checks = [
      { name: 'database', check: () => store.ping() },
      { name: 'log', check: () => log.ping() },
    ];
    const app = await createWebApp(
      {
        module: class Intake {},
        imports: [
          WebModule.register({ access, metrics: createMetrics(), checks }),
          IntakeModule.register({ log, contracts: store, stampKey }),
        ],
      },
      { logger, logLevel: settings.logLevel },
    );
    opened.push(app);
    const stop = (): void => {
      setTimeout(() => process.exit(0), STOP_MILLIS).unref();
      close().then(
        () => process.exit(0),
        (error: unknown) => {
          logger.error({ err: error }, 'Not everything could be closed in order.');
          process.exit(1);
        },
      );
    };
    process.once('SIGTERM', stop).once('SIGINT', stop);
    await app.listen(portOf(settings, 'intake'), listenHost(access));
    logger.info({ url: await app.getUrl() }, 'The intake runs.');
    if (access.open) logger.warn('No access keys are configured: the intake listens on loopback only.');
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
