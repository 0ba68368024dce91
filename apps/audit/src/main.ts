import 'reflect-metadata';
import { listenHost, portOf } from '#libs/settings';
import { ReadSide, Store } from '#libs/store';
import { createLogger, createMetrics } from '#libs/telemetry';
import { createWebApp, WebModule } from '#libs/web';
import { AuditModule } from './audit.module.js';
import { loadStartSettings } from './load-start-settings.js';
import { serveDocs } from './serve-docs.js';

/** Requests under way when the process is asked to end get this long; then it ends anyway. */
const STOP_MILLIS = 25_000;

async function main(): Promise<void> {
  const loaded = loadStartSettings(process.env);
  if (!loaded.ok) return missing(loaded.problems.join('\n'));
  const { settings, databaseUrl, access } = loaded;
  const logger = createLogger(settings.logLevel);
  settings.warnings.forEach((warning) => logger.warn(warning));
  const opened: { close(): Promise<void> }[] = [];
  const close = async (): Promise<void> => {
    for (const one of opened.splice(0).reverse()) await one.close();
  };
  try {
    const store = await Store.connect({ url: databaseUrl, name: 'pactwatch-audit' });
    opened.push(store);
    await store.migrate();
    const app = await createWebApp(
      {
        module: class Audit {},
        imports: [
          WebModule.register({
            access,
            metrics: createMetrics(),
            checks: [{ name: 'database', check: () => store.ping() }],
          }),
          AuditModule.register({ reads: new ReadSide(store.pool) }),
        ],
      },
      { logger, logLevel: settings.logLevel },
    );
    opened.push(app);
    serveDocs(app);
    const stop = (): void => {
      setTimeout(() => process.exit(1), STOP_MILLIS).unref();
      close().then(
        () => process.exit(0),
        (error: unknown) => {
          logger.error({ err: error }, 'Not everything could be closed in order.');
          process.exit(1);
        },
      );
    };
    process.once('SIGTERM', stop).once('SIGINT', stop);
    await app.listen(portOf(settings, 'audit'), listenHost(access));
    logger.info({ url: await app.getUrl() }, 'Audit answers.');
    if (access.open) logger.warn('No access keys are configured: audit listens on loopback only.');
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
