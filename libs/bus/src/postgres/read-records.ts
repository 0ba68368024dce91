import type { Pool } from 'pg';
import type { LogRecord } from '../port.js';
import { decodeHeaders } from './record-headers.js';

const COLUMNS = `record_offset::float8, key, value, headers, (extract(epoch FROM appended_at) * 1000)::float8 AS appended_at`;

// Ends where enough bytes have come together, but not before the first record.
const RUN = `
  SELECT ${COLUMNS} FROM (
    SELECT r.*, sum(octet_length(value)) OVER (
      ORDER BY record_offset ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS bytes_before
    FROM (
      SELECT * FROM bus_record WHERE topic = $1 AND partition = $2 AND record_offset >= $3
      ORDER BY record_offset LIMIT $4
    ) r
  ) run
  WHERE coalesce(bytes_before, 0) < $5
  ORDER BY record_offset`;

const ONE = `SELECT ${COLUMNS} FROM bus_record WHERE topic = $1 AND partition = $2 AND record_offset = $3`;

interface Row {
  readonly record_offset: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Parameters<typeof decodeHeaders>[0];
  readonly appended_at: number;
}

export interface RunLimits {
  readonly records: number;
  readonly bytes: number;
}

/** The records from an offset on, in order; empty where there are none. */
export async function readRun(
  pool: Pool,
  topic: string,
  partition: number,
  from: number,
  limits: RunLimits,
): Promise<LogRecord[]> {
  const values = [topic, partition, from, limits.records, limits.bytes];
  const { rows } = await pool.query<Row>({ name: 'bus_read', text: RUN, values });
  return rows.map((row) => toRecord(topic, partition, row));
}

export async function readRecord(
  pool: Pool,
  topic: string,
  partition: number,
  offset: number,
): Promise<LogRecord | undefined> {
  const { rows } = await pool.query<Row>({ name: 'bus_read_one', text: ONE, values: [topic, partition, offset] });
  return rows[0] === undefined ? undefined : toRecord(topic, partition, rows[0]);
}

function toRecord(topic: string, partition: number, row: Row): LogRecord {
  const { key, value, appended_at: appendedAt } = row;
  return { topic, partition, offset: row.record_offset, key, value, headers: decodeHeaders(row.headers), appendedAt };
}
