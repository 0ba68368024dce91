import type { ClientBase } from 'pg';
import { Conditions } from './conditions.js';

export interface QuarantineFilter {
  readonly contracts?: readonly string[] | undefined;
  readonly sources?: readonly string[] | undefined;
  readonly reasons?: readonly string[] | undefined;
  readonly released?: boolean | undefined;
  /** Half-open, on the instant of recording. */
  readonly recorded?: { readonly from?: number | undefined; readonly to?: number | undefined } | undefined;
  /** Order is the number; begins behind this one. */
  readonly after?: number | undefined;
  readonly limit: number;
}

/** What could not be judged, without its raw bytes. Instants are epoch milliseconds. */
export interface QuarantinedItem {
  /** Of the row: names the item to `quarantine show` and `release`. */
  readonly number: number;
  readonly contract: string | null;
  readonly source: string | null;
  readonly eventId: string | null;
  readonly reason: string;
  readonly detail: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly appendedAt: number;
  readonly recordedAt: number;
  readonly releasedAt: number | null;
}

/** The same with the record as it came. */
export interface KeptRecord extends QuarantinedItem {
  /** JSON object of strings. */
  readonly headers: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

interface Row {
  id: string;
  contract: string | null;
  source: string | null;
  event_id: string | null;
  reason: string;
  detail: string;
  topic: string;
  partition: number;
  record_offset: string;
  appended_at: Date;
  recorded_at: Date;
  released_at: Date | null;
}

interface KeptRow extends Row {
  headers: string;
  key: Buffer | null;
  value: Buffer | null;
}

const COLUMNS = `id, contract, source, event_id, reason, detail, topic, partition, record_offset, appended_at, recorded_at,
  released_at`;

export async function selectQuarantine(
  client: ClientBase,
  filter: QuarantineFilter,
): Promise<readonly QuarantinedItem[]> {
  const where = new Conditions();
  where.anyOf('contract', filter.contracts);
  where.anyOf('source', filter.sources);
  where.anyOf('reason', filter.reasons);
  if (filter.released !== undefined) where.add(`released_at IS ${filter.released ? 'NOT NULL' : 'NULL'}`);
  where.within('recorded_at', filter.recorded ?? {});
  if (filter.after !== undefined) where.add(`id > ${where.value(filter.after)}::bigint`);
  const limit = where.value(filter.limit);
  const { rows } = await client.query<Row>(
    `SELECT ${COLUMNS} FROM quarantine WHERE ${where} ORDER BY id LIMIT ${limit}`,
    where.values,
  );
  return rows.map(itemOf);
}

export async function selectQuarantined(client: ClientBase, number: number): Promise<KeptRecord | undefined> {
  const { rows } = await client.query<KeptRow>(
    `SELECT ${COLUMNS}, headers::text AS headers, key, value FROM quarantine WHERE id = $1::bigint`,
    [number],
  );
  const row = rows[0];
  return row === undefined ? undefined : { ...itemOf(row), headers: row.headers, key: row.key, value: row.value };
}

function itemOf(row: Row): QuarantinedItem {
  return {
    number: Number(row.id),
    contract: row.contract,
    source: row.source,
    eventId: row.event_id,
    reason: row.reason,
    detail: row.detail,
    topic: row.topic,
    partition: row.partition,
    offset: Number(row.record_offset),
    appendedAt: row.appended_at.getTime(),
    recordedAt: row.recorded_at.getTime(),
    releasedAt: row.released_at?.getTime() ?? null,
  };
}
