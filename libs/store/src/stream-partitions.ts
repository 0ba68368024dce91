import type { Pool } from 'pg';
import { PartitionsChangedError } from './errors.js';

/**
 * Fixes the number of the stream's partitions at the first call of a deployment.
 *
 * @throws PartitionsChangedError at any later call with another number
 */
export async function fixStreamPartitions(pool: Pool, found: number): Promise<void> {
  const { rows } = await pool.query<{ fixed: number }>(
    'UPDATE deployment SET stream_partitions = coalesce(stream_partitions, $1) RETURNING stream_partitions AS fixed',
    [found],
  );
  const fixed = rows[0]?.fixed;
  if (fixed !== undefined && fixed !== found) throw new PartitionsChangedError(fixed, found);
}
