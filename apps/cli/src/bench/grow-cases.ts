import pg from 'pg';

export interface Growth {
  readonly databaseUrl: string;
  /** The subject whose rows, as the product wrote them, are copied: in every contract that has such a case. */
  readonly seed: string;
  /** Subjects are named by it and a number. */
  readonly prefix: string;
  readonly from: number;
  /** Inclusive. */
  readonly to: number;
  /** Every case is due a second after the one before it; otherwise all when the seed is. */
  readonly spread?: boolean;
}

/** Of the tables whose rows belong to one case: which hold the subject, and how a copy names its own. */
const TABLES = [
  { table: 'subject_state', holds: 's.key', own: { key: 'replace(s.key, $1, c.subject)' } },
  {
    table: 'verdict',
    holds: 's.subject',
    own: { subject: 'c.subject', state_key: 'replace(s.state_key, $1, c.subject)' },
  },
  {
    table: 'processed_id',
    holds: 's.id',
    own: {
      id: 'replace(s.id, $1, c.subject)',
      keys: 'ARRAY(SELECT replace(key, $1, c.subject) FROM unnest(s.keys) WITH ORDINALITY AS k (key, n) ORDER BY k.n)',
    },
  },
] as const;

/**
 * Open cases in bulk: state, verdicts and processed ids of one that the product has judged, copied under other subjects. They
 * have neither facts nor decisions, which the product only ever appends.
 */
export async function growCases({ databaseUrl, seed, prefix, from, to, spread = false }: Growth): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'pactwatch-bench' });
  await client.connect();
  try {
    await client.query('SET synchronous_commit = off');
    for (const { table, holds, own } of TABLES) {
      const { rows } = await client.query<{ name: string }>(
        `SELECT attname AS name FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped`,
        [table],
      );
      const changed: Record<string, string> = {
        ...own,
        ...(spread ? { next_instant: "s.next_instant + c.n * interval '1 second'" } : {}),
      };
      const names = rows.map(({ name }) => name);
      const values = names.map((name) => changed[name] ?? `s.${name}`);
      await client.query(
        `INSERT INTO ${table} (${names.join(', ')}) SELECT ${values.join(', ')}
         FROM (SELECT n, $2 || n AS subject FROM generate_series($3::integer, $4::integer) AS n) c, ${table} s
         WHERE strpos(${holds}, $1) > 0 ORDER BY c.n`,
        [seed, prefix, from, to],
      );
      await client.query(`ANALYZE ${table}`);
    }
  } finally {
    await client.end();
  }
}
