import type { ClientBase, Pool } from 'pg';

/** The last revision of the statement of a cycle that was recorded. */
export interface StatementRow {
  readonly contract: string;
  readonly cycle: string;
  readonly revision: number;
  readonly number: number;
  /** Instant of recording, epoch milliseconds. */
  readonly decidedAt: number;
  /** JSON. */
  readonly record: string;
}

/** A right that was raised; `record` as JSON. */
export interface RaisedRightRow {
  readonly contract: string;
  readonly rule: string;
  readonly about: string;
  /** Epoch milliseconds. */
  readonly since: number;
  readonly record: string;
}

export interface AskedStatements {
  readonly contracts: readonly string[];
  /** Absent: all. */
  readonly cycle?: string | undefined;
  /** Only what was recorded by then, epoch milliseconds. Absent: all. */
  readonly knownAt?: number | undefined;
}

const STATEMENTS = `
SELECT DISTINCT ON (contract, subject) contract, subject AS cycle, revision, number::float8 AS number,
  (extract(epoch FROM decided_at) * 1000)::float8 AS "decidedAt", record::text AS record
FROM decision
WHERE contract = ANY ($1::text[]) AND obligation = 'statement' AND instance = 0 AND type LIKE 'compliance.statement.%'
  AND ($2::text IS NULL OR subject = $2) AND ($3::timestamptz IS NULL OR decided_at <= $3)
ORDER BY contract, subject, number DESC`;

const RIGHTS = `
SELECT contract, obligation AS rule, subject AS about, (extract(epoch FROM effective_at) * 1000)::float8 AS since,
  record::text AS record
FROM decision
WHERE contract = ANY ($1::text[]) AND instance = 0 AND type = 'compliance.right.raised'
ORDER BY contract, number`;

/** Of each contract and cycle the last revision, by contract and cycle. */
export async function selectStatements(
  database: Pick<Pool | ClientBase, 'query'>,
  { contracts, cycle, knownAt }: AskedStatements,
): Promise<readonly StatementRow[]> {
  if (contracts.length === 0) return [];
  const known = knownAt === undefined ? null : new Date(knownAt).toISOString();
  const { rows } = await database.query<StatementRow>(STATEMENTS, [contracts, cycle ?? null, known]);
  return rows;
}

export async function selectRaisedRights(
  database: Pick<Pool | ClientBase, 'query'>,
  contracts: readonly string[],
): Promise<readonly RaisedRightRow[]> {
  if (contracts.length === 0) return [];
  const { rows } = await database.query<RaisedRightRow>(RIGHTS, [contracts]);
  return rows;
}
