import type { Pool } from 'pg';
import type { StateRow } from './api.js';

/** The key of a subject is `kind/id`, and `0` is the character after the slash. */
const STATES = `
SELECT s.contract, s.key, s.packed, (extract(epoch FROM s.next_instant) * 1000)::float8 AS "nextInstant"
FROM unnest($1::text[], $2::text[]) AS a (contract, kind)
CROSS JOIN LATERAL (
  SELECT * FROM subject_state
  WHERE contract = a.contract AND key > $3 AND key >= a.kind || '/' AND key < a.kind || '0'
  ORDER BY key LIMIT $4
) s
ORDER BY s.contract, s.key LIMIT $4`;

/** States of kinds of subjects, by contract and key. */
export async function statesOfKinds(
  database: Pick<Pool, 'query'>,
  asked: readonly { readonly contract: string; readonly kind: string }[],
  range?: { readonly after: string; readonly limit: number },
): Promise<readonly StateRow[]> {
  const { rows } = await database.query<StateRow>({
    name: 'states_of_kinds',
    text: STATES,
    values: [
      asked.map(({ contract }) => contract),
      asked.map(({ kind }) => kind),
      range?.after ?? '',
      range?.limit ?? null,
    ],
  });
  return rows;
}
