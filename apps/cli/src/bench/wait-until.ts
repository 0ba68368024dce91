import pg from 'pg';
import { Failure } from '../failure.js';
import type { Bench } from './bench-product.js';
import type { RunningProcess } from './run-process.js';

const POLL_MILLIS = 20;
/** A busy machine may need long; a monitor that stands still ends by itself before. */
const PATIENCE_MILLIS = 600_000;

export interface Awaited<Row> {
  readonly databaseUrl: string;
  /** Whose work it is: its end by itself ends the wait. */
  readonly process: Pick<RunningProcess, 'check'>;
  /** Ends the message when it does not come true: `… waited in vain until <what>`. */
  readonly what: string;
  /** Asked over and over on one connection; one row comes back. */
  readonly query: { readonly text: string; readonly values?: readonly unknown[] };
  readonly done: (row: Row) => boolean;
}

/**
 * Resolves once the database says so.
 *
 * @throws Failure (3) when it does not come true in ten minutes
 */
export async function waitUntil<Row extends pg.QueryResultRow>(
  { interrupted }: Pick<Bench, 'interrupted'>,
  { databaseUrl, process, what, query, done }: Awaited<Row>,
): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'pactwatch-bench' });
  await client.connect();
  try {
    for (const began = performance.now(); ;) {
      const { rows } = await client.query<Row>({
        name: 'awaited',
        text: query.text,
        values: [...(query.values ?? [])],
      });
      if (rows[0] !== undefined && done(rows[0])) return;
      process.check();
      interrupted.throwIfAborted();
      if (performance.now() - began > PATIENCE_MILLIS)
        throw new Failure(3, `${PATIENCE_MILLIS / 1_000} s were waited in vain until ${what}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MILLIS));
    }
  } finally {
    await client.end();
  }
}

/** Until a monitor that was just started has taken all partitions of its database. */
export async function waitUntilUp(
  bench: Pick<Bench, 'interrupted' | 'servers'>,
  databaseUrl: string,
  monitor: Pick<RunningProcess, 'check' | 'pid'>,
): Promise<void> {
  await waitUntil<{ count: number }>(bench, {
    databaseUrl,
    process: monitor,
    what: 'the monitor has taken all partitions',
    query: {
      text: `SELECT count(*)::float8 AS count FROM partition_owner WHERE process LIKE '%/' || $1`,
      values: [String(monitor.pid)],
    },
    done: ({ count }) => count === bench.servers.partitions,
  });
}

/** Until all messages about what was decided are out. */
export async function waitUntilTold(
  bench: Pick<Bench, 'interrupted'>,
  databaseUrl: string,
  monitor: Pick<RunningProcess, 'check'>,
): Promise<void> {
  await waitUntil<{ left: boolean }>(bench, {
    databaseUrl,
    process: monitor,
    what: 'the outbox is sent out',
    query: { text: 'SELECT EXISTS (SELECT 1 FROM outbox) AS left' },
    done: ({ left }) => !left,
  });
}
