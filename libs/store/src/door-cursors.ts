import type { Pool } from 'pg';
import { FencedError } from './errors.js';

/** A partition of a foreign topic, as a door reads it. */
export interface DoorPlace {
  readonly door: string;
  readonly topic: string;
  readonly partition: number;
}

export interface DoorCursor extends DoorPlace {
  readonly epoch: number;
  /** Everything before it has been forwarded; null: nothing was read yet. */
  readonly nextOffset: number | null;
  /** Everything that the partition had received before this instant has been forwarded; null: nothing is known. */
  readonly readThrough: number | null;
  /** The last record that was forwarded; null: none was since anybody wrote it down. */
  readonly last: ReadRecord | null;
}

/** What a record is known again by. */
export interface ReadRecord {
  readonly offset: number;
  readonly appendedAt: number;
  readonly hash: string;
}

interface Row extends Omit<DoorCursor, 'last'> {
  readonly lastOffset: number | null;
  readonly lastAppendedAt: number | null;
  readonly lastHash: string | null;
}

const COLUMNS = `door, topic, partition, epoch::float8 AS epoch, next_offset::float8 AS "nextOffset",
  (extract(epoch FROM read_through) * 1000)::float8 AS "readThrough", last_offset::float8 AS "lastOffset",
  (extract(epoch FROM last_appended_at) * 1000)::float8 AS "lastAppendedAt", last_hash AS "lastHash"`;

function toCursor({ lastOffset: offset, lastAppendedAt: appendedAt, lastHash: hash, ...row }: Row): DoorCursor {
  return {
    ...row,
    last: offset === null || appendedAt === null || hash === null ? null : { offset, appendedAt, hash },
  };
}

/** How far the doors have read. Each partition has one owner at a time, told by its epoch; only the latest moves the cursor. */
export class DoorCursors {
  constructor(private readonly pool: Pool) {}

  /** Makes this process the owner, whoever owned it before. */
  async take({ door, topic, partition }: DoorPlace, process: string): Promise<DoorCursor> {
    const { rows } = await this.pool.query<Row>(
      `INSERT INTO door_cursor AS mine (door, topic, partition, epoch, process, taken_at)
       VALUES ($1, $2, $3, 1, $4, now())
       ON CONFLICT (door, topic, partition) DO UPDATE SET
         epoch = mine.epoch + 1, process = excluded.process, taken_at = excluded.taken_at
       RETURNING ${COLUMNS}`,
      [door, topic, partition, process],
    );
    return toCursor(rows[0]!);
  }

  /**
   * Moves the cursor, and the instant where one is given that lies later; returns it as it stands then.
   *
   * @param last the last record before the new place, where one was read
   * @throws FencedError where another process owns the partition, or the cursor is not where its owner believes: nothing moved
   */
  async advance(
    from: DoorCursor,
    nextOffset: number,
    readThrough: number | null,
    last: ReadRecord | null = null,
  ): Promise<DoorCursor> {
    const { door, topic, partition, epoch } = from;
    const { rows } = await this.pool.query<Row>({
      name: 'advance_door_cursor',
      text: `UPDATE door_cursor SET next_offset = $6, read_through = greatest(read_through, to_timestamp($7::float8 / 1000)),
               last_offset = coalesce($8, last_offset),
               last_appended_at = coalesce(to_timestamp($9::float8 / 1000), last_appended_at),
               last_hash = coalesce($10, last_hash)
             WHERE door = $1 AND topic = $2 AND partition = $3 AND epoch = $4 AND next_offset IS NOT DISTINCT FROM $5
             RETURNING ${COLUMNS}`,
      values: [
        ...[door, topic, partition, epoch, from.nextOffset, nextOffset, readThrough],
        ...[last?.offset, last?.appendedAt, last?.hash],
      ],
    });
    const [moved] = rows;
    if (moved === undefined) {
      const expected = `epoch ${epoch}, next offset ${from.nextOffset ?? 'none'}`;
      throw new FencedError(topic, partition, `${expected} of door '${door}'`, 'another');
    }
    return toCursor(moved);
  }

  /**
   * Moves the cursor on past what is lost, whoever owns the partition: he takes it anew, from there.
   *
   * @returns false where it does not stand at `from`: nothing moved
   */
  async skip({ door, topic, partition }: DoorPlace, from: number, to: number): Promise<boolean> {
    const { rowCount } = await this.pool.query(
      `UPDATE door_cursor SET next_offset = $5, epoch = epoch + 1
       WHERE door = $1 AND topic = $2 AND partition = $3 AND next_offset = $4 AND $5 > $4`,
      [door, topic, partition, from, to],
    );
    return rowCount === 1;
  }

  /**
   * Goes back to where the partition begins now: it was made anew, or cut back to before the cursor. Whoever owns it takes it
   * anew, from there.
   *
   * @returns false where it does not stand at `from`, or `to` is not before it: nothing moved
   */
  async restart({ door, topic, partition }: DoorPlace, from: number, to: number): Promise<boolean> {
    const { rowCount } = await this.pool.query(
      `UPDATE door_cursor SET next_offset = $5, epoch = epoch + 1, last_offset = NULL, last_appended_at = NULL, last_hash = NULL
       WHERE door = $1 AND topic = $2 AND partition = $3 AND next_offset = $4 AND $5 < $4`,
      [door, topic, partition, from, to],
    );
    return rowCount === 1;
  }

  /** All cursors of all doors. */
  async all(): Promise<DoorCursor[]> {
    const { rows } = await this.pool.query<Row>(`SELECT ${COLUMNS} FROM door_cursor ORDER BY door, topic, partition`);
    return rows.map(toCursor);
  }

  /** All cursors of a door. */
  async of(door: string): Promise<DoorCursor[]> {
    const { rows } = await this.pool.query<Row>(
      `SELECT ${COLUMNS} FROM door_cursor WHERE door = $1 ORDER BY topic, partition`,
      [door],
    );
    return rows.map(toCursor);
  }
}
