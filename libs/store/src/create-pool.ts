import pg from 'pg';
import { SESSION_SETTINGS } from './session-settings.js';

export interface PoolOptions {
  /** PostgreSQL connection string. */
  readonly url: string;
  /** Shown in pg_stat_activity. */
  readonly name: string;
  /** Default 10. */
  readonly max?: number;
  /**
   * A statement that runs longer is cancelled by the server; default 30,000. Where nothing is heard for half as long again, the
   * connection is given up: the server hangs, or something on the way has forgotten it.
   */
  readonly statementTimeoutMillis?: number;
}

const DEFAULT_STATEMENT_TIMEOUT_MILLIS = 30_000;
const ANSWER_FACTOR = 1.5;
/** A peer that is gone without a word is noticed about 20 s after the last one. */
const KEEP_ALIVE_AFTER_MILLIS = 10_000;

/** A pool for readers. Types come as node-postgres gives them: bigint as string, timestamptz as Date, json parsed. */
export function createPool(options: PoolOptions): pg.Pool {
  const { statementTimeoutMillis = DEFAULT_STATEMENT_TIMEOUT_MILLIS } = options;
  const pool = new pg.Pool({
    connectionString: options.url,
    application_name: options.name,
    max: options.max ?? 10,
    statement_timeout: statementTimeoutMillis,
    query_timeout: statementTimeoutMillis * ANSWER_FACTOR,
    idle_in_transaction_session_timeout: 60_000,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MILLIS,
    options: SESSION_SETTINGS,
  });
  // An idle connection that breaks is replaced at the next use; unhandled, the event would end the process.
  pool.on('error', () => undefined);
  return pool;
}
