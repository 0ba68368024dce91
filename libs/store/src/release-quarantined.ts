import type { Pool } from 'pg';
import { lockUnreleased, type KeptRecord } from './reads/quarantine-reads.js';

/**
 * Releases those of some items that are not released yet. `send` gets them in the order of their numbers, while nobody else
 * can release them, and returns the numbers of those that it has sent: these are marked, in one transaction. Where the process
 * dies, or the database goes away, after `send` and before the mark, they are sent once more by the next call.
 *
 * @returns how many were handed to `send`; the others had been released before
 */
export async function releaseQuarantined(
  pool: Pool,
  numbers: readonly number[],
  send: (items: readonly KeptRecord[]) => Promise<readonly number[]>,
): Promise<number> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const items = await lockUnreleased(client, numbers);
    const sent = items.length === 0 ? [] : await send(items);
    await client.query('UPDATE quarantine SET released_at = now() WHERE id = ANY($1::bigint[])', [sent]);
    await client.query('COMMIT');
    client.release();
    return items.length;
  } catch (error) {
    // The server ends the transaction with its connection.
    client.release(true);
    throw error;
  }
}
