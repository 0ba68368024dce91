import 'reflect-metadata';
import { openServers } from '#libs/servers';
import { DEFAULT_PORTS, listenHost, portOf } from '#libs/settings';
import { createLogger, createMetrics } from '#libs/telemetry';
import { createWebApp, WebModule } from '#libs/web';
import { connectNotifier } from './connect-notifier.js';
import { loadStartSettings } from './load-start-settings.js';
import { NotifierModule } from './notifier.module.js';

/** What is under way when the process is asked to end gets this long; then it ends anyway. */
const STOP_MILLIS = 25_000;

async function main(): Promise<void> {
  const loaded = loadStartSettings(process.env);
  if (!loaded.ok) return missing(loaded.problems.join('\n'));
  const { settings, access, book } = loaded;
  const logger = createLogger(settings.logLevel);
  settings.warnings.forEach((warning) => logger.warn(warning));
  const opened: { close(): Promise<void> }[] = [];
  const close = async (): Promise<void> => {
    for (const one of opened.splice(0).reverse()) await one.close();
  };
  try {
    const servers = await openServers({ settings, name: 'pactwatch-notifier', logger });
    opened.push(servers);
    const { store, log } = servers;
    const metrics = createMetrics();
    const app = await createWebApp(
      {
        module: class Notifier {},
        imports: [
          WebModule.register({
            access,
            metrics,
            checks: [
              { name: 'database', check: () => store.ping() },
              { name: 'log', check: () => log.ping() },
            ],
          }),
          NotifierModule.register({
            log,
            pool: store.pool,
            contracts: store,
            book,
            smtpUrl: settings.smtpUrl,
            mailFrom: settings.mailFrom,
            webhookSecret: settings.webhookSecret,
            publicUrl: settings.publicUrl ?? `http://localhost:${DEFAULT_PORTS.audit}`,
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
    connectNotifier(app, log, (error) => {
      logger.fatal({ err: error }, 'Alerts cannot be read on; started anew, the notifier goes on where it stood.');
      stop(1);
    });
    process.once('SIGTERM', () => stop(0)).once('SIGINT', () => stop(0));
    await app.startAllMicroservices();
    const host = listenHost(access);
    await app.listen(portOf(settings, 'notifier'), host);
    logger.info({ url: await app.getUrl() }, 'The notifier runs.');
    if (settings.smtpUrl === null) logger.warn('SMTP_URL is not set: mails wait, and fail in the end.');
    if (access.open) logger.warn('No access keys are configured: the notifier listens on loopback only.');
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
