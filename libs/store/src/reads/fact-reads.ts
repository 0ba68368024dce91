import type { ClientBase } from 'pg';
import type { Fact, JsonObject } from '#libs/contract';
import { timestamp } from './conditions.js';

/** A stored fact with the instant of its commit (epoch milliseconds). */
export interface RecordedFact extends Fact {
  readonly recordedAt: number;
}

interface Row {
  contract: string;
  source: string;
  id: string;
  type: string;
  subject: string | null;
  occurred_at: Date;
  appended_at: Date;
  recorded_at: Date;
  sequence: string | null;
  content_hash: string;
  data: string;
}

const COLUMNS = `f.contract, f.source, f.id, f.type, f.subject, f.occurred_at, f.appended_at, f.recorded_at,
  f.sequence, f.content_hash, f.data::text AS data`;

const ROWS_PER_FETCH = 5_000;

/** Which facts of a contract judging reads. */
export interface FactSelection {
  readonly contract: string;
  readonly types: readonly string[];
  /** Leaves out what was recorded later (epoch milliseconds). */
  readonly knownAt?: number | undefined;
}

/** Hands over all facts of the given types of one contract, in portions, in the order of their recording. */
export async function streamFacts(
  client: ClientBase,
  { contract, types, knownAt }: FactSelection,
  take: (facts: readonly Fact[]) => void,
): Promise<void> {
  await client.query(
    `DECLARE facts_of_contract NO SCROLL CURSOR FOR
     SELECT ${COLUMNS} FROM fact f WHERE f.contract = $1 AND f.type = ANY($2::text[]) AND f.recorded_at <= $3::timestamptz
      ORDER BY f.recorded_at, f.record_offset`,
    [contract, types, knownAt === undefined ? 'infinity' : timestamp(knownAt)],
  );
  for (;;) {
    const { rows } = await client.query<Row>(`FETCH ${ROWS_PER_FETCH} FROM facts_of_contract`);
    if (rows.length > 0) take(rows.map(factOf));
    if (rows.length < ROWS_PER_FETCH) break;
  }
  await client.query('CLOSE facts_of_contract');
}

/** Which facts belong to the history of one subject. */
export interface SubjectSelection {
  readonly contract: string;
  readonly subject: string;
  /** State keys of the subject: `kind/subject`. */
  readonly keys: readonly string[];
  /** Types of facts that may come without a subject and still feed one of the keys: corrections. */
  readonly typesWithoutSubject: readonly string[];
  /** Types of facts that name in `data` another subject that they feed: no index helps to find them. */
  readonly typesFedByData: readonly string[];
  /** Leaves out what was recorded later (epoch milliseconds). */
  readonly knownAt?: number | undefined;
  readonly limit: number;
}

/** The facts of one subject: those that name it, and those that fed one of its state keys all the same. By occurrence. */
export async function selectFactsOfSubject(
  client: ClientBase,
  selection: SubjectSelection,
): Promise<readonly RecordedFact[]> {
  const { contract, subject, keys, typesWithoutSubject, typesFedByData, knownAt, limit } = selection;
  const fed = `EXISTS (SELECT FROM processed_id p
      WHERE p.contract = f.contract AND p.source = f.source AND p.id = f.id AND p.keys && $3::text[])`;
  const branches = [
    `SELECT ${COLUMNS} FROM fact f WHERE f.contract = $1 AND f.subject = $2 AND f.recorded_at <= $6::timestamptz`,
    `SELECT ${COLUMNS} FROM fact f
      WHERE f.contract = $1 AND f.subject IS NULL AND f.type = ANY($4::text[]) AND f.recorded_at <= $6::timestamptz
        AND ${fed}`,
  ];
  const until = knownAt === undefined ? 'infinity' : timestamp(knownAt);
  const values: unknown[] = [contract, subject, keys, typesWithoutSubject, limit, until];
  if (typesFedByData.length > 0) {
    values.push(typesFedByData);
    branches.push(
      `SELECT ${COLUMNS} FROM fact f
        WHERE f.contract = $1 AND f.subject <> $2 AND f.type = ANY($7::text[]) AND f.recorded_at <= $6::timestamptz
          AND ${fed}`,
    );
  }
  const { rows } = await client.query<Row>(
    `${branches.join(' UNION ALL ')} ORDER BY occurred_at, source, id LIMIT $5`,
    values,
  );
  return rows.map((row) => ({ ...factOf(row), recordedAt: row.recorded_at.getTime() }));
}

function factOf(row: Row): Fact {
  return {
    contract: row.contract,
    source: row.source,
    id: row.id,
    type: row.type,
    subject: row.subject ?? undefined,
    occurredAt: row.occurred_at.getTime(),
    appendedAt: row.appended_at.getTime(),
    sequence: row.sequence ?? undefined,
    contentHash: row.content_hash,
    data: JSON.parse(row.data) as JsonObject,
  };
}
