import type { LoggerService } from '@nestjs/common';
import { Logger as NestLogger, PinoLogger } from 'nestjs-pino';
import type { LogLevel } from '#libs/settings';

/** Either a sentence, or fields and a sentence: what varies goes into fields. Errors under `err`. */
interface LogMethod {
  (message: string): void;
  (fields: object, message: string): void;
}

export interface Logger {
  readonly trace: LogMethod;
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
  readonly fatal: LogMethod;
  /** A logger that puts these fields into every line. */
  child(fields: object): Logger;
}

/** Fields that never reach a log, at the top and one and two levels down. */
const SECRET_FIELDS = [
  'authorization',
  'cookie',
  'password',
  'secret',
  'stampKey',
  'databaseUrl',
  'smtpUrl',
  'webhookSecret',
];
const REDACTED = SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]);

/**
 * One JSON object per line, on stderr (stdout belongs to results). All loggers of a process share the destination of the
 * first; each has its level.
 */
export function createLogger(level: LogLevel, destination: NodeJS.WritableStream = process.stderr): Logger {
  const options = {
    level: 'trace',
    redact: { paths: REDACTED, censor: '***' },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    base: { pid: process.pid },
  };
  const { logger } = new PinoLogger({ pinoHttp: [options, destination] });
  return logger.child({}, { level });
}

/** For `NestFactory.create(…, { logger })`: Nest's own lines, below warnings only where `debug` is on, for they are many. */
export function nestLogger(level: LogLevel, logger: Logger): LoggerService {
  const service = new NestLogger(new ChildLogger(logger), {});
  const verbose = level === 'debug' || level === 'trace';
  return {
    log: (message: unknown, ...rest: unknown[]) => (verbose ? service.debug(message, ...rest) : undefined),
    verbose: (message: unknown, ...rest: unknown[]) => service.verbose(message, ...rest),
    debug: (message: unknown, ...rest: unknown[]) => service.debug(message, ...rest),
    warn: (message: unknown, ...rest: unknown[]) => service.warn(message, ...rest),
    error: (message: unknown, ...rest: unknown[]) => service.error(message, ...rest),
    fatal: (message: unknown, ...rest: unknown[]) => service.fatal(message, ...rest),
  };
}

/** Nest's adapter reads `logger` anew for each line; here it is always ours. */
class ChildLogger extends PinoLogger {
  private readonly own: PinoLogger['logger'];

  constructor(own: Logger) {
    super({});
    this.own = own as PinoLogger['logger'];
  }

  override get logger(): PinoLogger['logger'] {
    return this.own;
  }
}
