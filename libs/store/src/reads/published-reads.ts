import type { ClientBase } from 'pg';
import type { PublishedRow } from '../api.js';

/** A published version with the instant at which its publication was recorded (epoch milliseconds). */
export interface RecordedVersion extends PublishedRow {
  readonly publishedAt: number;
}

/** All published versions, by contract and then by the instant they take force. */
export async function selectPublished(client: ClientBase): Promise<readonly RecordedVersion[]> {
  const { rows } = await client.query<{
    contract: string;
    version: number;
    hash: string;
    calendars: string;
    from_instant: Date;
    published_at: Date;
  }>(
    `SELECT contract, version, hash, calendars::text AS calendars, from_instant, published_at
       FROM published_contract ORDER BY contract, from_instant, version`,
  );
  return rows.map((row) => ({
    contract: row.contract,
    version: row.version,
    hash: row.hash,
    calendars: JSON.parse(row.calendars) as Record<string, string>,
    fromInstant: row.from_instant.getTime(),
    publishedAt: row.published_at.getTime(),
  }));
}

/** The bytes of contract and calendar files by hash; an unknown hash is left out. */
export async function selectDocuments(
  client: ClientBase,
  hashes: readonly string[],
): Promise<ReadonlyMap<string, Buffer>> {
  if (hashes.length === 0) return new Map();
  const { rows } = await client.query<{ hash: string; bytes: Buffer }>(
    'SELECT hash, bytes FROM document WHERE hash = ANY($1::text[])',
    [hashes],
  );
  return new Map(rows.map((row) => [row.hash, row.bytes]));
}
