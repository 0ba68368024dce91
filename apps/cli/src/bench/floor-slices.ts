import pg from 'pg';

/** What one slice of firings leaves behind: rows of tables, each as PostgreSQL writes a row as text. */
export type Slice = Readonly<Record<string, readonly string[]>>;

const SLICE_ROWS = 1_000;

/** The rows of a run that has been, cut into slices as a plain loop would write them; rows of one subject come together. */
export async function readSlices(
  databaseUrl: string,
  contract: string,
  tables: Readonly<Record<string, { readonly where: string; readonly orderBy: string }>>,
): Promise<Slice[]> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'pactwatch-bench' });
  await client.connect();
  try {
    const slices: Record<string, string[]>[] = [];
    for (const [table, { where, orderBy }] of Object.entries(tables)) {
      const { rows } = await client.query<{ row: string }>(
        `SELECT t::text AS row FROM ${table} t WHERE contract = $1 AND ${where} ORDER BY ${orderBy}`,
        [contract],
      );
      for (const [index, { row }] of rows.entries()) {
        const slice = (slices[Math.floor(index / SLICE_ROWS)] ??= {});
        (slice[table] ??= []).push(row);
      }
    }
    return slices;
  } finally {
    await client.end();
  }
}

/**
 * The least that has to be written: the same rows as array inserts, one durable transaction a slice, the contracts side by
 * side on at most eight connections.
 *
 * @returns milliseconds
 */
export async function writeSlices(databaseUrl: string, contracts: readonly (readonly Slice[])[]): Promise<number> {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: 8,
    options: '-c TimeZone=UTC -c synchronous_commit=on',
    application_name: 'pactwatch-bench',
  });
  try {
    const statements = new Map<string, string>();
    for (const table of new Set(contracts.flat().flatMap((slice) => Object.keys(slice))))
      statements.set(table, await upsertInto(pool, table));
    const began = performance.now();
    await Promise.all(
      contracts.map(async (slices) => {
        for (const slice of slices) await writeSlice(pool, slice, statements);
      }),
    );
    return performance.now() - began;
  } finally {
    await pool.end();
  }
}

async function writeSlice(pool: pg.Pool, slice: Slice, statements: ReadonlyMap<string, string>): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    for (const [table, rows] of Object.entries(slice))
      await client.query({ name: table, text: statements.get(table)!, values: [rows] });
    await client.query('COMMIT');
  } finally {
    client.release();
  }
}

async function upsertInto(pool: pg.Pool, table: string): Promise<string> {
  return `INSERT INTO ${table} SELECT * FROM unnest($1::${table}[]) ${await onConflict(pool, table)}`;
}

/** What takes the place of the row that has the same key. */
export async function onConflict(pool: pg.Pool, table: string): Promise<string> {
  const { rows } = await pool.query<{ name: string; key: boolean }>(
    `SELECT attname AS name, attnum = ANY (i.indkey) AS key
     FROM pg_attribute JOIN pg_index i ON indrelid = attrelid AND indisprimary
     WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped`,
    [table],
  );
  const key = rows.filter((one) => one.key).map(({ name }) => name);
  const rest = rows.filter((one) => !one.key).map(({ name }) => `${name} = excluded.${name}`);
  return `ON CONFLICT (${key.join(', ')}) DO UPDATE SET ${rest.join(', ')}`;
}
