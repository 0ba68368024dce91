import type { Pool } from 'pg';
import type { IdRow, LoadRequest, Loaded, StateRow, WaitingRow } from './api.js';

/** Three kinds of rows in one answer: the columns mean what the branch says. */
const LOAD = `
WITH asked AS MATERIALIZED (
  SELECT contract, source, id, with_states
  FROM unnest($1::text[], $2::text[], $3::text[], $4::boolean[]) AS a (contract, source, id, with_states)
), found AS MATERIALIZED (
  SELECT p.*, a.with_states FROM asked a JOIN processed_id p USING (contract, source, id)
), wanted AS (
  SELECT contract, key FROM unnest($5::text[], $6::text[]) AS k (contract, key)
  UNION
  SELECT contract, unnest(keys) FROM found WHERE with_states
)
SELECT 'id' AS kind, contract, source, id, content_hash AS a, type AS b, note AS c, keys,
  (extract(epoch FROM appended_at) * 1000)::float8 AS instant
FROM found
UNION ALL
SELECT 'waiting', w.contract, w.source, w.id, w.target_source, w.target_id, w.correction, NULL, NULL
FROM asked a JOIN waiting_correction w ON w.contract = a.contract AND w.target_source = a.source AND w.target_id = a.id
UNION ALL
SELECT 'state', s.contract, s.key, NULL, s.packed, NULL, NULL, NULL, (extract(epoch FROM s.next_instant) * 1000)::float8
FROM wanted k JOIN subject_state s USING (contract, key)`;

type Row =
  | {
      kind: 'id';
      contract: string;
      source: string;
      id: string;
      a: string;
      b: string;
      c: string | null;
      keys: string[];
      instant: number;
    }
  | {
      kind: 'waiting';
      contract: string;
      source: string;
      id: string;
      a: string;
      b: string;
      c: string;
      keys: null;
      instant: null;
    }
  | {
      kind: 'state';
      contract: string;
      source: string;
      id: null;
      a: string;
      b: null;
      c: null;
      keys: null;
      instant: number | null;
    };

/** Everything a batch touches, in one query. Rows that do not exist are simply absent; their order means nothing. */
export async function loadRows(pool: Pool, request: LoadRequest): Promise<Loaded> {
  const { ids, keys } = request;
  const loaded = { ids: [] as IdRow[], waiting: [] as WaitingRow[], states: [] as StateRow[] };
  if (ids.length === 0 && keys.length === 0) return loaded;
  const { rows } = await pool.query<Row>({
    name: 'load_rows',
    text: LOAD,
    values: [
      ids.map((asked) => asked.contract),
      ids.map((asked) => asked.source),
      ids.map((asked) => asked.id),
      ids.map((asked) => asked.withStates),
      keys.map((asked) => asked.contract),
      keys.map((asked) => asked.key),
    ],
  });
  for (const row of rows) {
    if (row.kind === 'id') {
      const { contract, source, id, a: contentHash, b: type, c: note, keys: fed, instant: appendedAt } = row;
      loaded.ids.push({ contract, source, id, contentHash, type, appendedAt, keys: fed, note });
    } else if (row.kind === 'waiting') {
      const { contract, source, id, a: targetSource, b: targetId, c: correction } = row;
      loaded.waiting.push({ contract, source, id, targetSource, targetId, correction });
    } else {
      loaded.states.push({ contract: row.contract, key: row.source, packed: row.a, nextInstant: row.instant });
    }
  }
  return loaded;
}
