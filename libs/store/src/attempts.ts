import pg from 'pg';
import type { OwnerRow } from './api.js';
import { FencedError } from './errors.js';
import { OWNER_COLUMNS, toOwner, type OwnerColumns } from './take-partition.js';
import type { Writer } from './writer.js';

/** Where the server does not answer by then, what it should have noted stays as it is. */
const ANSWER_MILLIS = 2_000;

/**
 * Notes in the owner row that the record is about to be judged by itself: what is found there after the process has died was
 * being judged then.
 *
 * @throws FencedError when the partition is elsewhere
 */
export async function nameRecord(
  { client }: Writer,
  topic: string,
  partition: number,
  epoch: number,
  offset: number,
): Promise<void> {
  const { rowCount } = await client.query(
    `UPDATE partition_owner SET
       named_starts = CASE WHEN named_offset = $4 THEN named_starts + 1 ELSE 1 END, named_offset = $4, named_epoch = $3
     WHERE topic = $1 AND partition = $2 AND epoch = $3`,
    [topic, partition, epoch, offset],
  );
  if (rowCount === 0) throw new FencedError(topic, partition, `epoch ${epoch}`, 'another epoch');
}

/** Notes that the owner stops without having failed at a record: its start is no attempt. */
export async function endInOrder({ client }: Writer, topic: string, partition: number, epoch: number): Promise<void> {
  await client.query({
    text: `UPDATE partition_owner SET ended_in_order = true WHERE topic = $1 AND partition = $2 AND epoch = $3`,
    values: [topic, partition, epoch],
    query_timeout: ANSWER_MILLIS,
  } as pg.QueryConfig);
}

/** The owner row, where nobody has taken the partition since this owner laid it down; undefined otherwise. */
export async function goOn(
  { client }: Writer,
  topic: string,
  partition: number,
  epoch: number,
): Promise<OwnerRow | undefined> {
  const { rows } = await client.query<OwnerColumns>({
    text: `UPDATE partition_owner SET ended_in_order = false
           WHERE topic = $1 AND partition = $2 AND epoch = $3 AND backend_pid = pg_backend_pid()
           RETURNING ${OWNER_COLUMNS}`,
    values: [topic, partition, epoch],
    query_timeout: ANSWER_MILLIS,
  } as pg.QueryConfig);
  return rows[0] === undefined ? undefined : toOwner(rows[0]);
}
