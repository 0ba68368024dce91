import type { Pool } from 'pg';
import type { Appended } from '../port.js';
import { BYTEA, TEXT, binaryArray, int4Array } from './binary-array.js';
import { WAKE_CHANNEL } from './wake-channel.js';

/** A record as the table takes it. */
export interface PlacedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** JSON, see `record-headers.ts`. */
  readonly headers: string;
}

/** What one statement appends to one partition. */
interface Share {
  readonly topic: string;
  readonly partition: number;
  size: number;
}

// The row of the partition is locked until the commit, so that offsets have no gaps and become visible in their order;
// all in one order, so that appenders never wait for each other in a circle. The clock is read behind the lock.
const STATEMENT = `
  WITH locked AS MATERIALIZED (
    SELECT p.topic, p.partition, share.size, share.nr
    FROM unnest($1::text[], $2::integer[], $3::integer[]) WITH ORDINALITY AS share (topic, partition, size, nr)
    JOIN bus_partition p ON p.topic = share.topic AND p.partition = share.partition
    ORDER BY p.topic, p.partition
    FOR UPDATE OF p
  ), moved AS (
    UPDATE bus_partition p SET
      next_offset = p.next_offset + locked.size,
      last_appended_at = greatest(p.last_appended_at, date_trunc('milliseconds', clock_timestamp()))
    FROM locked WHERE p.topic = locked.topic AND p.partition = locked.partition
    RETURNING p.topic, p.partition, locked.nr, p.next_offset - locked.size AS first, p.last_appended_at AS appended_at
  ), appended AS (
    INSERT INTO bus_record (topic, partition, record_offset, key, value, headers, appended_at)
    SELECT moved.topic, moved.partition, moved.first + record.position, record.key, record.value,
      record.headers::jsonb, moved.appended_at
    FROM unnest($4::integer[], $5::integer[], $6::bytea[], $7::bytea[], $8::text[])
      AS record (share, position, key, value, headers)
    JOIN moved ON moved.nr = record.share
  )
  SELECT nr::integer, first::float8, (extract(epoch FROM appended_at) * 1000)::float8 AS appended_at,
    pg_notify('${WAKE_CHANNEL}', $9::text || ' ' || topic),
    CASE WHEN current_setting('synchronous_commit') = 'off' THEN set_config('synchronous_commit', 'on', true) END
  FROM moved ORDER BY nr`;

interface Row {
  readonly nr: number;
  readonly first: number;
  readonly appended_at: number;
}

/**
 * Appends in one statement, which is one durable transaction. One result per record, in their order.
 *
 * @param sender goes along with the wake-up, so that a process does not wake itself
 */
export async function appendInOneStatement(
  pool: Pool,
  records: readonly PlacedRecord[],
  sender: string,
): Promise<Appended[]> {
  const shares = new Map<string, Share & { readonly nr: number }>();
  const places = records.map(({ topic, partition }) => {
    const place = `${partition} ${topic}`;
    let share = shares.get(place);
    if (share === undefined) shares.set(place, (share = { topic, partition, size: 0, nr: shares.size + 1 }));
    return { nr: share.nr, position: share.size++ };
  });
  const all = [...shares.values()];
  const { rows } = await pool.query<Row>({
    name: 'bus_append',
    text: STATEMENT,
    values: [
      texts(all.map(({ topic }) => topic)),
      int4Array(all.map(({ partition }) => partition)),
      int4Array(all.map(({ size }) => size)),
      int4Array(places.map(({ nr }) => nr)),
      int4Array(places.map(({ position }) => position)),
      binaryArray(
        BYTEA,
        records.map(({ key }) => key),
      ),
      binaryArray(
        BYTEA,
        records.map(({ value }) => value),
      ),
      texts(records.map(({ headers }) => headers)),
      sender,
    ],
  });
  return records.map(({ topic, partition }, index) => {
    const { nr, position } = places[index]!;
    const row = rows[nr - 1];
    if (row?.nr !== nr) throw new Error(`the log has no partition ${partition} of ${topic} any more`);
    return { topic, partition, offset: row.first + position, appendedAt: row.appended_at };
  });
}

function texts(values: readonly string[]): Buffer {
  return binaryArray(
    TEXT,
    values.map((value) => Buffer.from(value)),
  );
}
