import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import helmet from 'helmet';
import type { LogLevel } from '#libs/settings';
import { nestLogger, type Logger } from '#libs/telemetry';
import { ProblemFilter } from './problem-filter.js';

/**
 * A Nest application on Express with the edge that all processes share. Body parsers are off: a handler that takes a body
 * reads it itself (`readBody`), after its guards and with its own limit.
 */
export async function createWebApp(
  // The type that Nest itself takes for a module.
  module: Parameters<typeof NestFactory.create>[0],
  { logger, logLevel }: { readonly logger: Logger; readonly logLevel: LogLevel },
): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(module, {
    bodyParser: false,
    abortOnError: false,
    logger: nestLogger(logLevel, logger),
  });
  return configureWeb(app, logger);
}

/** The same for an application that was made elsewhere (with `bodyParser: false`), e.g. by Nest's testing module. */
export function configureWeb(app: NestExpressApplication, logger: Logger): NestExpressApplication {
  app.disable('x-powered-by');
  app.use(
    helmet({
      // TLS ends before this process; the pages it serves must work without.
      strictTransportSecurity: false,
      contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
    }),
  );
  app.useGlobalFilters(new ProblemFilter(logger));
  return app;
}
