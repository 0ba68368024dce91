import type { ModuleMetadata } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { listenHost, portOf, type AppName, type LoadedProcess, type ProcessSettings } from '#libs/settings';
import { createLogger, createMetrics, type Logger, type Metrics } from '#libs/telemetry';
import { createWebApp } from './create-web-app.js';
import type { ReadinessCheck } from './readiness-check.js';
import { WebModule } from './web-module.js';

/** What is under way when the process is asked to end gets this long; then it ends anyway. */
const STOP_MILLIS = 25_000;

interface Closable {
  close(): Promise<void>;
}

/** What an app is composed with. */
interface ProcessTools {
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Hands it back; it is closed when the process ends or does not come up, what was opened last first. */
  opened<T extends Closable>(one: T): T;
  /** The application with the edge of all processes and the app's own modules; closed like what was `opened`. */
  createApp(
    checks: readonly ReadinessCheck[],
    imports: NonNullable<ModuleMetadata['imports']>,
  ): Promise<NestExpressApplication>;
  /** For what comes up later and cannot be gone on with: logs it under this sentence and ends with 1. */
  endsWith(sentence: string): (error: Error) => void;
}

export interface ProcessPlan<S extends ProcessSettings> {
  readonly app: AppName;
  /** As a message names it within a sentence, e.g. `the monitor`. */
  readonly title: string;
  /** Logged once it listens. */
  readonly running: string;
  readonly load: (env: NodeJS.ProcessEnv) => LoadedProcess<S>;
  readonly compose: (loaded: S, tools: ProcessTools) => Promise<NestExpressApplication>;
}

/**
 * The life of a process of a deployment: reads what it starts with, opens, listens, and on SIGTERM or SIGINT closes in order
 * and ends with 0. What is missing, wrong or down at start is written to standard error, and the process ends with 3.
 */
export async function runProcess<S extends ProcessSettings>(plan: ProcessPlan<S>): Promise<void> {
  const loaded = plan.load(process.env);
  if (!loaded.ok) return missing(loaded.problems.join('\n'));
  const { settings, access } = loaded;
  const logger = createLogger(settings.logLevel);
  settings.warnings.forEach((warning) => logger.warn(warning));
  const open: Closable[] = [];
  const close = async (): Promise<void> => {
    for (const one of open.splice(0).reverse()) await one.close();
  };
  const stop = (code: number): void => {
    setTimeout(() => {
      logger.warn(`Not everything was closed within ${STOP_MILLIS / 1_000} s; the process ends all the same.`);
      process.exit(code);
    }, STOP_MILLIS).unref();
    close().then(
      () => process.exit(code),
      (error: unknown) => {
        logger.error({ err: error }, 'Not everything could be closed in order.');
        process.exit(1);
      },
    );
  };
  const metrics = createMetrics();
  const opened = <T extends Closable>(one: T): T => {
    open.push(one);
    return one;
  };
  const createApp: ProcessTools['createApp'] = async (checks, imports) => {
    const edge = WebModule.register({ access, metrics, checks });
    const module = { module: class ProcessModule {}, imports: [edge, ...imports] };
    return opened(await createWebApp(module, { logger, logLevel: settings.logLevel }));
  };
  const endsWith: ProcessTools['endsWith'] = (sentence) => (error) => {
    logger.fatal({ err: error }, sentence);
    stop(1);
  };
  try {
    const app = await plan.compose(loaded, { logger, metrics, opened, createApp, endsWith });
    process.once('SIGTERM', () => stop(0)).once('SIGINT', () => stop(0));
    await app.startAllMicroservices();
    await app.listen(portOf(settings, plan.app), listenHost(access));
    logger.info({ url: await app.getUrl() }, plan.running);
    if (access.open) logger.warn(`No access keys are configured: ${plan.title} listens on loopback only.`);
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
