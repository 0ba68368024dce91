import pg from 'pg';

export interface PoolOptions {
  /** PostgreSQL connection string. */
  readonly url: string;
  /** Shown in pg_stat_activity. */
  readonly name: string;
  /** Default 10. */
  readonly max?: number;
  /** A statement that runs longer is cancelled by the server; default 30,000. */
  readonly statementTimeoutMillis?: number;
}

/** A pool for readers. Types come as node-postgres gives them: bigint as string, timestamptz as Date, json parsed. */
export function createPool(options: PoolOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: options.url,
    application_name: options.name,
    max: options.max ?? 10,
    statement_timeout: options.statementTimeoutMillis ?? 30_000,
    idle_in_transaction_session_timeout: 60_000,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    options: '-c TimeZone=UTC',
  });
  // An idle connection that breaks is replaced at the next use; unhandled, the event would end the process.
  pool.on('error', () => undefined);
  return pool;
}
