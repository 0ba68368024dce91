import type { ClientBase } from 'pg';
import type { StateRow } from '../api.js';

interface Row {
  contract: string;
  key: string;
  packed: string;
  next_instant: Date | null;
}

/** Packed states by their keys; a key without a state is left out. */
export async function selectStates(
  client: ClientBase,
  keys: readonly { readonly contract: string; readonly key: string }[],
): Promise<readonly StateRow[]> {
  if (keys.length === 0) return [];
  const { rows } = await client.query<Row>(
    `SELECT s.contract, s.key, s.packed, s.next_instant
       FROM unnest($1::text[], $2::text[]) AS asked (contract, key)
       JOIN subject_state s USING (contract, key)`,
    [keys.map((key) => key.contract), keys.map((key) => key.key)],
  );
  return rows.map(stateOf);
}

function stateOf(row: Row): StateRow {
  return {
    contract: row.contract,
    key: row.key,
    packed: row.packed,
    nextInstant: row.next_instant?.getTime() ?? null,
  };
}
