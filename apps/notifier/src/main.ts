import 'reflect-metadata';
import { createKafkaLog, createPostgresLog, DEFAULT_PARTITIONS, productTopics, TOPICS, type Log } from '#libs/bus';
import { DEFAULT_PORTS, listenHost, portOf, type Settings } from '#libs/settings';
import { Store } from '#libs/store';
import { createLogger, createMetrics, type Logger } from '#libs/telemetry';
import { createWebApp, WebModule } from '#libs/web';
import { connectNotifier } from './connect-notifier.js';
import { loadStartSettings } from './load-start-settings.js';
import { NotifierModule } from './notifier.module.js';

/** What is under way when the process is asked to end gets this long; then it ends anyway. */
const STOP_MILLIS = 25_000;

async function main(): Promise<void> {
  const loaded = loadStartSettings(process.env);
  if (!loaded.ok) return missing(loaded.problems.join('\n'));
  const { settings, databaseUrl, access, book } = loaded;
  const logger = createLogger(settings.logLevel);
  settings.warnings.forEach((warning) => logger.warn(warning));
  const opened: { close(): Promise<void> }[] = [];
  const close = async (): Promise<void> => {
    for (const one of opened.splice(0).reverse()) await one.close();
  };
  try {
    const store = await Store.connect({ url: databaseUrl, name: 'pactwatch-notifier' });
    opened.push(store);
    await store.migrate();
    const log = openLog(settings, store, logger);
    opened.push(log);
    await ensureAlerts(log);
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

function openLog(settings: Settings, store: Store, logger: Logger): Log {
  const { kafka } = settings;
  if (kafka === null) return createPostgresLog({ pool: store.pool, logger });
  const { brokers, tls, sasl } = kafka;
  return createKafkaLog({ brokers, clientId: 'pactwatch-notifier', tls, ...(sasl === null ? {} : { sasl }), logger });
}

/** The topic may be there with as many partitions as the deployment chose; only where it is not is it made. */
async function ensureAlerts(log: Log): Promise<void> {
  await log.ping();
  const partitions = await log.partitionCount(TOPICS.alerts).catch(() => 0);
  if (partitions > 0) return;
  await log.ensureTopics(productTopics(DEFAULT_PARTITIONS).filter(({ topic }) => topic === TOPICS.alerts));
}

/** Something the process needs is missing, wrong or down. */
function missing(text: string): void {
  process.stderr.write(`${text}\n`);
  process.exitCode = 3;
}

void main();
