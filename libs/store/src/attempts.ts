import pg from 'pg';
import type { OwnerRow } from './api.js';
import { FencedError } from './errors.js';
import type { OwnStart } from './own-start.js';
import { OWNER_COLUMNS, toOwner, type OwnerColumns } from './take-partition.js';
import type { Writer } from './writer.js';

/** Where the server does not answer by then, what it should have noted stays as it is. */
const ANSWER_MILLIS = 2_000;
const LOCK_MILLIS = 1_500;

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

/**
 * Notes that the owner stops without having failed at a record: its start is no attempt. Where somebody else has taken the
 * partition since, and counted the start as one that died, it is taken back.
 *
 * @returns whether it was the owner still; undefined where nothing could be noted
 */
export async function endInOrder(
  client: Pick<pg.Client | pg.Pool, 'query'>,
  topic: string,
  partition: number,
  { epoch, offset, slice, named }: OwnStart,
): Promise<boolean | undefined> {
  const { rows } = await client.query<{ own: boolean }>({
    // Whoever is just taking the partition has the row for as long as it reads; no connection waits for that longer than its caller.
    text: `UPDATE partition_owner AS o SET
             ended_in_order = ended_in_order OR epoch = $3,
             starts = starts - CASE WHEN epoch > $3 AND starts > 1 AND start_offset = $4 AND start_slice = $5 THEN 1 ELSE 0 END,
             named_starts = named_starts - CASE WHEN epoch > $3 AND named_starts > 0 AND named_offset = $6 THEN 1 ELSE 0 END
           FROM (SELECT set_config('lock_timeout', '${LOCK_MILLIS}', true) AS millis) AS patience
           WHERE o.topic = $1 AND o.partition = $2 AND o.epoch >= $3 AND patience.millis IS NOT NULL
           RETURNING epoch = $3 AS own`,
    values: [topic, partition, epoch, offset, slice, named],
    query_timeout: ANSWER_MILLIS,
  } as pg.QueryConfig);
  return rows[0]?.own;
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
