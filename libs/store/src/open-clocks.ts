import type { Pool } from 'pg';

export interface OpenClocksRow {
  readonly contract: string;
  readonly obligation: string;
  readonly open: number;
}

/** How many clocks run or are paused, by rule, of the contracts that live in a partition. Read once, at takeover. */
export async function countOpenClocks(pool: Pool, topic: string, partition: number): Promise<OpenClocksRow[]> {
  const { rows } = await pool.query<OpenClocksRow>(
    `SELECT contract, obligation, count(*)::float8 AS open
     FROM verdict JOIN contract_state USING (contract)
     WHERE topic = $1 AND partition = $2 AND verdict.state IN ('running', 'paused')
     GROUP BY contract, obligation`,
    [topic, partition],
  );
  return rows;
}
