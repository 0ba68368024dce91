import type { ContractRow, OpenDeadlines, OwnerRow, Takeover } from './api.js';
import { PredecessorAliveError } from './errors.js';
import type { OwnStart } from './own-start.js';
import type { Writer } from './writer.js';

const PREDECESSOR_TIMEOUT_MILLIS = 10_000;

/** All of a partition's deadlines are read here, and nowhere else. */
const READ_TIMEOUT = '10min';
const READ_ROWS = 10_000;

export const OWNER_COLUMNS = `topic, partition, epoch::float8 AS epoch, next_offset::float8 AS "nextOffset",
  slice::float8 AS slice, outbox_number::float8 AS "outboxNumber", last_offset::float8 AS "lastOffset",
  (extract(epoch FROM last_appended_at) * 1000)::float8 AS "lastAppendedAt", last_hash AS "lastHash",
  (extract(epoch FROM recorded_at) * 1000)::float8 AS "recordedAt", starts, named_offset::float8 AS "namedOffset",
  named_starts AS "namedStarts"`;

export interface OwnerColumns extends Omit<OwnerRow, 'last' | 'named'> {
  readonly namedOffset: number | null;
  readonly namedStarts: number;
  readonly lastOffset: number | null;
  readonly lastAppendedAt: number | null;
  readonly lastHash: string | null;
}

export function toOwner(columns: OwnerColumns): OwnerRow {
  const { lastOffset, lastAppendedAt, lastHash, namedOffset, namedStarts, ...rest } = columns;
  const last =
    lastOffset === null || lastAppendedAt === null || lastHash === null
      ? null
      : { offset: lastOffset, appendedAt: lastAppendedAt, hash: lastHash };
  // A name is behind when its record was saved.
  const named =
    namedOffset === null || namedOffset < rest.nextOffset ? null : { offset: namedOffset, starts: namedStarts };
  return { ...rest, last, named };
}

/**
 * Makes the writer's connection the owner: ends the predecessor's backend, raises the epoch, reads what the timers need.
 *
 * @param own the last start of this process here: whoever takes the partition anew has not died
 * @throws PredecessorAliveError
 */
export async function takePartition(
  writer: Writer,
  topic: string,
  partition: number,
  process: string,
  own: OwnStart | undefined,
): Promise<Takeover> {
  const { client } = writer;
  const held = own?.settled === true ? undefined : own;
  await endPredecessor(writer, topic, partition);
  await client.query(`BEGIN; SET LOCAL statement_timeout = '${READ_TIMEOUT}'`);
  const { rows: owners } = await client.query<OwnerColumns>(
    `INSERT INTO partition_owner AS mine (topic, partition, epoch, process, backend_pid, backend_start, taken_at, starts,
       start_offset, start_slice)
     SELECT $1, $2, 1, $3, pid, backend_start, now(), 1, 0, 0 FROM pg_stat_activity WHERE pid = pg_backend_pid()
     ON CONFLICT (topic, partition) DO UPDATE SET
       epoch = mine.epoch + 1, process = excluded.process, backend_pid = excluded.backend_pid,
       backend_start = excluded.backend_start, taken_at = excluded.taken_at, ended_in_order = false,
       start_offset = mine.next_offset, start_slice = mine.slice,
       starts = CASE
         WHEN mine.start_offset IS DISTINCT FROM mine.next_offset OR mine.start_slice IS DISTINCT FROM mine.slice THEN 1
         WHEN mine.ended_in_order OR mine.epoch = $4 THEN mine.starts
         WHEN mine.epoch > $4 AND mine.start_offset = $5 AND mine.start_slice = $6 THEN mine.starts
         ELSE mine.starts + 1 END,
       named_starts = mine.named_starts
         - CASE WHEN mine.named_epoch = mine.epoch AND (mine.ended_in_order OR mine.epoch = $4) THEN 1 ELSE 0 END
         - CASE WHEN mine.named_starts > 0 AND mine.epoch > $4 AND mine.named_offset = $7 THEN 1 ELSE 0 END
     RETURNING ${OWNER_COLUMNS}`,
    [topic, partition, process, own?.epoch ?? 0, held?.offset ?? null, held?.slice ?? null, held?.named ?? null],
  );
  const { rows: contracts } = await client.query<ContractRow>(
    `SELECT contract, (extract(epoch FROM clock) * 1000)::float8 AS clock, last_number::float8 AS "lastNumber",
       state::text AS state
     FROM contract_state WHERE topic = $1 AND partition = $2 ORDER BY contract`,
    [topic, partition],
  );
  const deadlines = await readDeadlines(writer, topic, partition);
  const { rows: faulted } = await client.query<Takeover['faulted'][number]>(
    `SELECT contract, state_key AS key, (extract(epoch FROM max(effective_at)) * 1000)::float8 AS at
     FROM verdict JOIN contract_state USING (contract)
     WHERE topic = $1 AND partition = $2 AND verdict.faulted GROUP BY contract, state_key`,
    [topic, partition],
  );
  const { rows: deployments } = await client.query<{ generation: number }>('SELECT generation FROM deployment');
  await client.query('COMMIT');
  const [owner, deployment] = [owners[0], deployments[0]];
  if (owner === undefined || deployment === undefined)
    throw new Error(`Partition ${topic}/${partition}: no row came back.`);
  return { owner: toOwner(owner), contracts, deadlines, faulted, generation: deployment.generation };
}

/** Piece by piece: all rows of a million at once take several times the memory of what is kept of them. */
async function readDeadlines({ client }: Writer, topic: string, partition: number): Promise<OpenDeadlines[]> {
  // All of it is wanted, not its beginning soon.
  await client.query('SET LOCAL cursor_tuple_fraction = 1');
  await client.query(
    `DECLARE open_deadlines NO SCROLL CURSOR FOR
     SELECT contract, key, (extract(epoch FROM next_instant) * 1000)::float8
     FROM subject_state JOIN contract_state USING (contract)
     WHERE topic = $1 AND partition = $2 AND next_instant IS NOT NULL`,
    [topic, partition],
  );
  const found = new Map<string, { contract: string; keys: string[]; instants: number[] }>();
  for (let read = READ_ROWS; read === READ_ROWS;) {
    const { rows } = await client.query<[contract: string, key: string, instant: number]>({
      text: `FETCH ${READ_ROWS} FROM open_deadlines`,
      rowMode: 'array',
    });
    for (const [contract, key, instant] of rows) {
      let open = found.get(contract);
      if (open === undefined) found.set(contract, (open = { contract, keys: [], instants: [] }));
      open.keys.push(key);
      open.instants.push(instant);
    }
    read = rows.length;
  }
  await client.query('CLOSE open_deadlines');
  return [...found.values()];
}

async function endPredecessor(writer: Writer, topic: string, partition: number): Promise<void> {
  const { rows } = await writer.client.query<{ pid: number; ended: boolean }>(
    `SELECT a.pid, pg_terminate_backend(a.pid, $3) AS ended
     FROM partition_owner o JOIN pg_stat_activity a ON a.pid = o.backend_pid AND a.backend_start = o.backend_start
     WHERE o.topic = $1 AND o.partition = $2 AND a.pid <> pg_backend_pid()`,
    [topic, partition, PREDECESSOR_TIMEOUT_MILLIS],
  );
  for (const row of rows) if (!row.ended) throw new PredecessorAliveError(topic, partition, row.pid);
}
