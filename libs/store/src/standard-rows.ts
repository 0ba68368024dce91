import type { Pool } from 'pg';
import type { StandardCountRow, StandardPeriodRow } from './api.js';

/** The counters of which standards, and the bounds between which they may be added up. */
export interface AskedStandard {
  readonly contract: string;
  readonly version: number;
  readonly standard: string;
  /** Ascending, epoch milliseconds. */
  readonly bounds: readonly number[];
}

export interface KeptStandards {
  /** Added up between two bounds; `minute` is one of that span. */
  readonly counts: readonly StandardCountRow[];
  /** Of all contracts asked for. */
  readonly periods: readonly StandardPeriodRow[];
}

const COUNTS = `
SELECT c.contract, c.version, c.standard, (extract(epoch FROM min(c.minute)) * 1000)::float8 AS minute,
  nullif(c.value, '') AS value, sum(c.good)::float8 AS good, sum(c.items)::float8 AS items,
  sum(c.undecided)::float8 AS undecided, sum(c.sum)::text AS sum
FROM jsonb_to_recordset($1::jsonb) AS a (contract text, version integer, standard text, bounds timestamptz[])
JOIN standard_count c USING (contract, version, standard)
GROUP BY c.contract, c.version, c.standard, c.value, width_bucket(c.minute, a.bounds)
HAVING sum(c.good) <> 0 OR sum(c.items) <> 0 OR sum(c.undecided) <> 0 OR sum(c.sum) <> 0`;

const PERIODS = `
SELECT contract, standard, period, state, numerator, denominator, value, target, sample::float8 AS sample, revision,
  number::float8 AS number
FROM standard_period WHERE contract = ANY ($1::text[])`;

/** All that the owner of contracts holds of their standards. */
export async function selectStandards(
  database: Pick<Pool, 'query'>,
  asked: readonly AskedStandard[],
): Promise<KeptStandards> {
  if (asked.length === 0) return { counts: [], periods: [] };
  const spans = asked.map(({ bounds, ...one }) => ({ ...one, bounds: bounds.map((at) => new Date(at).toISOString()) }));
  const { rows: counts } = await database.query<StandardCountRow>(COUNTS, [JSON.stringify(spans)]);
  const periods = await selectPeriods(database, [...new Set(asked.map(({ contract }) => contract))]);
  return { counts, periods };
}

/** What was recorded about the closed periods of contracts. */
export async function selectPeriods(
  database: Pick<Pool, 'query'>,
  contracts: readonly string[],
): Promise<readonly StandardPeriodRow[]> {
  const { rows } = await database.query<StandardPeriodRow>(PERIODS, [contracts]);
  return rows;
}
