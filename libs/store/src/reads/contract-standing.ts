import type { ClientBase } from 'pg';
import { timestamp } from './conditions.js';

/** Where a contract stands in its stream. */
export interface ContractStanding {
  readonly contract: string;
  /** The contract's clock, epoch milliseconds; null before the first record. */
  readonly clock: number | null;
  /** When its partition was last saved, epoch milliseconds: nothing can be recorded before it any more. */
  readonly savedAt: number;
  /** Number of the last decision. */
  readonly lastNumber: number;
  /** Changes with every save of its partition: what was derived from all facts holds as long as this is the same. */
  readonly position: string;
  /** What should give signs of life, by kind and name. */
  readonly feeds: readonly FeedStanding[];
}

interface FeedStanding {
  /** `door` or `source`. */
  readonly kind: string;
  readonly name: string;
  /** Epoch milliseconds; before the first sign: since when one is awaited. */
  readonly lastSign: number;
  readonly silent: boolean;
}

interface Row {
  contract: string;
  clock: Date | null;
  saved_at: Date;
  last_number: string;
  topic: string;
  partition: number;
  next_offset: string | null;
  slice: string | null;
  signs: Readonly<Record<string, number>> | null;
  silent: Readonly<Record<string, number>> | null;
}

export async function selectStandings(
  client: ClientBase,
  contracts?: readonly string[],
): Promise<ReadonlyMap<string, ContractStanding>> {
  const { rows } = await client.query<Row>(
    `SELECT c.contract, c.clock, greatest(c.recorded_at, o.recorded_at) AS saved_at, c.last_number, c.topic, c.partition, o.next_offset, o.slice,
            c.state->'signs' AS signs, c.state->'silent' AS silent
       FROM contract_state c LEFT JOIN partition_owner o USING (topic, partition)
      WHERE $1::text[] IS NULL OR c.contract = ANY($1::text[])
      ORDER BY c.contract`,
    [contracts ?? null],
  );
  return new Map(
    rows.map((row) => [
      row.contract,
      {
        contract: row.contract,
        clock: row.clock?.getTime() ?? null,
        savedAt: row.saved_at.getTime(),
        lastNumber: Number(row.last_number),
        position: `${row.topic}/${row.partition}/${row.next_offset ?? ''}/${row.slice ?? ''}`,
        feeds: feedsOf(row),
      },
    ]),
  );
}

/** Where the clock of a contract stood by an instant of recording; null where it had not begun. */
export async function selectClockAt(client: ClientBase, contract: string, knownAt: number): Promise<number | null> {
  const { rows } = await client.query<{ clock: number | null }>(
    `SELECT (extract(epoch FROM clock) * 1000)::float8 AS clock
       FROM contract_clock WHERE contract = $1 AND recorded_at <= $2::timestamptz ORDER BY recorded_at DESC LIMIT 1`,
    [contract, timestamp(knownAt)],
  );
  return rows[0]?.clock ?? null;
}

/** A feed is kept under its kind and its name, with a space between. */
function feedsOf({ signs, silent }: Pick<Row, 'signs' | 'silent'>): FeedStanding[] {
  return Object.entries(signs ?? {}).map(([key, lastSign]) => {
    const space = key.indexOf(' ');
    const isSilent = Object.hasOwn(silent ?? {}, key);
    return { kind: key.slice(0, space), name: key.slice(space + 1), lastSign, silent: isSilent };
  });
}
