import { Kafka, logLevel, type logCreator, type SASLOptions } from 'kafkajs';
import type { Logger } from '#libs/telemetry';
import { LogUnavailableError } from '../log-unavailable-error.js';
import { Connections } from './connections.js';
import { mendKafkajs } from './kafkajs-internals.js';
import { registerCodecs } from './record-codecs.js';

export interface ConnectionOptions {
  /** `host:port` each. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly tls?: boolean;
  readonly sasl?: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
    readonly username: string;
    readonly password: string;
  };
  /** Absent: nothing is logged. */
  readonly logger?: Logger;
}

const CONNECTION_MILLIS = 5_000;
const REQUEST_MILLIS = 30_000;

/** kafkajs, and the connections that it makes: whoever opens a client ends them. */
export interface Client {
  readonly kafka: Kafka;
  readonly connections: Pick<Connections, 'ended' | 'end'>;
}

/** A client of kafkajs whose habits are mended. Clients share nothing: consumers of one client would share positions. */
export function createClient(options: ConnectionOptions, retries: number): Client {
  mendKafkajs();
  registerCodecs();
  const connections = new Connections();
  const kafka = new Kafka({
    brokers: [...options.brokers],
    clientId: options.clientId,
    ssl: options.tls ?? false,
    ...(options.sasl === undefined ? {} : { sasl: options.sasl as SASLOptions }),
    connectionTimeout: CONNECTION_MILLIS,
    requestTimeout: REQUEST_MILLIS,
    retry: { initialRetryTime: 100, maxRetryTime: 5_000, retries },
    socketFactory: connections.factory,
    logLevel: logLevel.INFO,
    logCreator: writeTo(options.logger),
  });
  return { kafka, connections };
}

/** kafkajs reports every attempt as an error, many a second while a broker is away. What matters is reported by the callers. */
function writeTo(logger: Logger | undefined): logCreator {
  return () =>
    ({ level, namespace, log }) => {
      if (logger === undefined) return;
      const { message, timestamp: _timestamp, logger: _logger, stack: _stack, helpUrl: _helpUrl, ...fields } = log;
      const write = level === logLevel.INFO || level === logLevel.DEBUG ? logger.trace : logger.debug;
      write.call(logger, fields, `kafkajs, ${namespace}: ${message}`);
    };
}

/** What kafkajs threw, as callers know it: either it may pass (`retriable: true`), or it is the error itself. */
export function asLogError(error: unknown, doing: string): Error {
  const cause = originOf(error);
  if (cause instanceof LogUnavailableError) return cause;
  const { retriable, code, name } = cause as { retriable?: unknown; code?: unknown; name?: unknown };
  const passes = retriable === true || NETWORK.test(String(code)) || PASSING.has(String(name));
  const message = `${doing}: ${cause.message}`;
  return passes ? new LogUnavailableError(message, { cause: error }) : Object.assign(cause, { retriable: false });
}

const NETWORK = /^(ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|ENOTFOUND|EAI_AGAIN)/;
/** kafkajs calls these not retriable because it has tried for long enough, or not at all. */
const PASSING = new Set([
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSRequestTimeoutError',
  'KafkaJSLockTimeout',
  'KafkaJSBrokerNotFound',
  'KafkaJSNoBrokerAvailableError',
  'KafkaJSMetadataNotLoaded',
  'KafkaJSTopicMetadataNotLoaded',
  'KafkaJSGroupCoordinatorNotFound',
  'KafkaJSNumberOfRetriesExceeded',
]);

/** kafkajs wraps what went wrong, sometimes more than once. */
export function originOf(error: unknown): Error {
  const here = error instanceof Error ? error : new Error(String(error));
  return here.cause instanceof Error ? originOf(here.cause) : here;
}
