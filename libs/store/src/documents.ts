import type { Pool } from 'pg';
import type { PublishedRow } from './api.js';

export type DocumentKind = 'contract' | 'calendar';

/** Contract and calendar files by the SHA-256 (hex) of their bytes, and which of them the stream has published. */
export class Documents {
  constructor(private readonly pool: Pool) {}

  /** The same bytes twice are one document. */
  async put(hash: string, kind: DocumentKind, bytes: Buffer): Promise<void> {
    await this.pool.query(
      'INSERT INTO document (hash, kind, bytes) VALUES ($1, $2, $3) ON CONFLICT (hash) DO NOTHING',
      [hash, kind, bytes],
    );
  }

  /** Hash -> bytes; what is not there is absent. */
  async get(hashes: readonly string[]): Promise<Map<string, Buffer>> {
    const { rows } = await this.pool.query<{ hash: string; bytes: Buffer }>(
      'SELECT hash, bytes FROM document WHERE hash = ANY($1::text[])',
      [hashes],
    );
    return new Map(rows.map((row) => [row.hash, row.bytes]));
  }

  /** By contract and version. */
  async published(): Promise<PublishedRow[]> {
    const { rows } = await this.pool.query<PublishedRow>(
      `SELECT contract, version, hash, calendars, (extract(epoch FROM from_instant) * 1000)::float8 AS "fromInstant"
       FROM published_contract ORDER BY contract, version`,
    );
    return rows;
  }
}
