import pg from 'pg';
import { DataSource } from 'typeorm';
import { SchemaTooNewError } from '../errors.js';
import { SESSION_SETTINGS } from '../session-settings.js';
import { Tables } from './0001-tables.js';
import { SaveBatch } from './0002-save-batch.js';
import { StreamPartitions } from './0003-stream-partitions.js';
import { Attempts } from './0004-attempts.js';
import { ToldDecisions } from './0005-told-decisions.js';
import { DoorCursors } from './0006-door-cursors.js';
import { ContractClocks } from './0007-contract-clocks.js';
import { Standards } from './0008-standards.js';
import { Incidents } from './0010-incidents.js';
import { Reporting } from './0011-reporting.js';
import { HttpWrites } from './0014-http-writes.js';
import { FewerWrites } from './0015-fewer-writes.js';

const MIGRATIONS = [
  Tables,
  SaveBatch,
  StreamPartitions,
  Attempts,
  ToldDecisions,
  DoorCursors,
  ContractClocks,
  Standards,
  Incidents,
  Reporting,
  HttpWrites,
  FewerWrites,
];

/** Any fixed number will do: it only has to be the same in every release. */
const LOCK = 7_210_405_119;

const TABLE = 'migration';
/** A step may take long, and so may waiting for the process that works: no limit that others have set ends it. */
const OPTIONS = `${SESSION_SETTINGS} -c statement_timeout=0 -c idle_in_transaction_session_timeout=0`;

/**
 * Brings the schema up to this release. Several processes may call it at once: one works, the others wait.
 *
 * @throws SchemaTooNewError when a newer release has been here
 */
export async function migrate(url: string): Promise<void> {
  const guard = new pg.Client({ connectionString: url, application_name: 'pactwatch migrate', options: OPTIONS });
  // Losing the guard's connection ends the lock; the migration that runs is a transaction and safe by itself.
  guard.on('error', () => undefined);
  await guard.connect();
  try {
    await guard.query('SELECT pg_advisory_lock($1)', [LOCK]);
    await refuseNewer(guard);
    const source = new DataSource({
      type: 'postgres',
      url,
      applicationName: 'pactwatch migrate',
      migrations: MIGRATIONS,
      migrationsTableName: TABLE,
      migrationsTransactionMode: 'each',
      installExtensions: false,
      extra: { max: 2, options: OPTIONS },
    });
    await source.initialize();
    try {
      await source.runMigrations();
    } finally {
      await source.destroy();
    }
  } finally {
    await guard.end();
  }
}

async function refuseNewer(client: pg.Client): Promise<void> {
  const { rows: found } = await client.query<{ present: boolean }>('SELECT to_regclass($1) IS NOT NULL AS present', [
    TABLE,
  ]);
  if (found[0]?.present !== true) return;
  const known: readonly string[] = MIGRATIONS.map((migration) => new migration().name);
  const { rows } = await client.query<{ name: string }>(`SELECT name FROM ${TABLE} ORDER BY id`);
  const unknown = rows.map((row) => row.name).filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new SchemaTooNewError(unknown, known.at(-1) ?? 'none');
}
