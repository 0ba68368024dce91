import type { ClientBase } from 'pg';
import { Conditions } from './conditions.js';

/** Which items; what is left out restricts nothing. */
export interface QuarantineSelection {
  readonly contracts?: readonly string[] | undefined;
  /** Of one of these contracts, or of none that is known but under one of these as its key. */
  readonly contractsOrKeys?: readonly string[] | undefined;
  readonly sources?: readonly string[] | undefined;
  readonly reasons?: readonly string[] | undefined;
  readonly released?: boolean | undefined;
  /** Half-open, on the instant of recording. */
  readonly recorded?: { readonly from?: number | undefined; readonly to?: number | undefined } | undefined;
}

export interface QuarantineFilter extends QuarantineSelection {
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

/** An item and how large its record is: the value and the headers as they are kept. */
export interface QuarantinedSize {
  readonly number: number;
  readonly bytes: number;
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
const KEPT_COLUMNS = `${COLUMNS}, headers::text AS headers, key, value`;

export async function selectQuarantine(
  client: ClientBase,
  filter: QuarantineFilter,
): Promise<readonly QuarantinedItem[]> {
  const where = conditionsOf(filter);
  if (filter.after !== undefined) where.add(`id > ${where.value(filter.after)}::bigint`);
  const limit = where.value(filter.limit);
  const { rows } = await client.query<Row>(
    `SELECT ${COLUMNS} FROM quarantine WHERE ${where} ORDER BY id LIMIT ${limit}`,
    where.values,
  );
  return rows.map(itemOf);
}

export async function countQuarantine(client: ClientBase, selection: QuarantineSelection): Promise<number> {
  const where = conditionsOf(selection);
  const { rows } = await client.query<{ count: number }>(
    `SELECT count(*)::float8 AS count FROM quarantine WHERE ${where}`,
    where.values,
  );
  return rows[0]?.count ?? 0;
}

/** In the order of the numbers. */
export async function selectQuarantineSizes(
  client: ClientBase,
  selection: QuarantineSelection,
  limit: number,
): Promise<readonly QuarantinedSize[]> {
  const where = conditionsOf(selection);
  const most = where.value(limit);
  const { rows } = await client.query<QuarantinedSize>(
    `SELECT id::float8 AS number, (coalesce(octet_length(value), 0) + octet_length(headers::text))::float8 AS bytes
       FROM quarantine WHERE ${where} ORDER BY id LIMIT ${most}`,
    where.values,
  );
  return rows;
}

export async function selectQuarantined(client: ClientBase, number: number): Promise<KeptRecord | undefined> {
  const { rows } = await client.query<KeptRow>(`SELECT ${KEPT_COLUMNS} FROM quarantine WHERE id = $1::bigint`, [
    number,
  ]);
  return rows.map(keptOf)[0];
}

/** Those of some items that are not released, in the order of their numbers; held until the transaction ends. */
export async function lockUnreleased(client: ClientBase, numbers: readonly number[]): Promise<readonly KeptRecord[]> {
  const { rows } = await client.query<KeptRow>(
    `SELECT ${KEPT_COLUMNS} FROM quarantine WHERE id = ANY($1::bigint[]) AND released_at IS NULL ORDER BY id FOR UPDATE`,
    [numbers],
  );
  return rows.map(keptOf);
}

function conditionsOf(selection: QuarantineSelection): Conditions {
  const { contracts, contractsOrKeys, sources, reasons, released, recorded } = selection;
  const where = new Conditions();
  where.anyOf('contract', contracts);
  if (contractsOrKeys !== undefined) {
    const names = where.value(contractsOrKeys);
    where.add(`(contract = ANY(${names}::text[]) OR contract IS NULL AND key = ANY(ARRAY(
      SELECT convert_to(name, 'UTF8') FROM unnest(${names}::text[]) AS name)))`);
  }
  where.anyOf('source', sources);
  where.anyOf('reason', reasons);
  if (released !== undefined) where.add(`released_at IS ${released ? 'NOT NULL' : 'NULL'}`);
  where.within('recorded_at', recorded ?? {});
  return where;
}

function keptOf(row: KeptRow): KeptRecord {
  return { ...itemOf(row), headers: row.headers, key: row.key, value: row.value };
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
