import type { ClientBase, Pool } from 'pg';
import type { DecisionRow } from '../api.js';
import { Conditions, timestamp } from './conditions.js';

export interface DecisionFilter {
  readonly contracts?: readonly string[] | undefined;
  readonly types?: readonly string[] | undefined;
  readonly obligations?: readonly string[] | undefined;
  readonly clauses?: readonly string[] | undefined;
  readonly parties?: readonly string[] | undefined;
  readonly states?: readonly string[] | undefined;
  readonly subjects?: readonly string[] | undefined;
  readonly instance?: number | undefined;
  /** True: only decisions about instances of rules; those about periods (of standards, of statements) are left out. */
  readonly ofInstances?: true;
  /** Half-open, on the instant of recording. */
  readonly decided?: { readonly from?: number | undefined; readonly to?: number | undefined } | undefined;
  /** Order is contract, number; begins behind this one. */
  readonly after?: { readonly contract: string; readonly number: number } | undefined;
  readonly limit: number;
}

/** A decision with the instant it was recorded at (epoch milliseconds). */
export interface RecordedDecision extends DecisionRow {
  readonly decidedAt: number;
}

interface Row {
  contract: string;
  number: string;
  generation: number;
  type: string;
  obligation: string;
  clause: string;
  party: string;
  subject: string;
  instance: number;
  state: string;
  revision: number;
  supersedes: string | null;
  effective_at: Date;
  decided_at: Date;
  record: string;
}

const COLUMNS = `contract, number, generation, type, obligation, clause, party, subject, instance, state, revision,
            supersedes, effective_at, decided_at, record::text AS record`;

export async function selectDecisions(
  client: ClientBase,
  filter: DecisionFilter,
): Promise<readonly RecordedDecision[]> {
  const where = new Conditions();
  where.anyOf('contract', filter.contracts);
  where.anyOf('type', filter.types);
  where.anyOf('obligation', filter.obligations);
  where.anyOf('clause', filter.clauses);
  where.anyOf('party', filter.parties);
  where.anyOf('state', filter.states);
  where.anyOf('subject', filter.subjects);
  if (filter.instance !== undefined) where.add(`instance = ${where.value(filter.instance)}`);
  if (filter.ofInstances === true) where.add('instance > 0');
  where.within('decided_at', filter.decided ?? {});
  if (filter.after !== undefined) {
    const contract = where.value(filter.after.contract);
    const number = where.value(filter.after.number);
    where.add(`(contract, number) > (${contract}::text, ${number}::bigint)`);
  }
  const limit = where.value(filter.limit);
  const { rows } = await client.query<Row>(
    `SELECT ${COLUMNS} FROM decision WHERE ${where} ORDER BY contract, number LIMIT ${limit}`,
    where.values,
  );
  return rows.map(toDecision);
}

const ROWS_PER_FETCH = 5_000;

/**
 * Hands over the last decision about each instance of a contract that was recorded by an instant: its public record as JSON
 * text, in portions, by obligation, subject and instance.
 */
export async function streamLastDecisions(
  client: ClientBase,
  { contract, knownAt }: { readonly contract: string; readonly knownAt: number },
  take: (records: readonly string[]) => void,
): Promise<void> {
  await client.query(
    `DECLARE last_decisions NO SCROLL CURSOR FOR
     SELECT d.record::text AS record FROM (
       SELECT contract, max(number) AS number FROM decision
        WHERE contract = $1 AND decided_at <= $2::timestamptz AND instance > 0
        GROUP BY contract, obligation, subject, instance
     ) AS last JOIN decision d USING (contract, number) ORDER BY d.obligation, d.subject, d.instance`,
    [contract, timestamp(knownAt)],
  );
  for (;;) {
    const { rows } = await client.query<{ record: string }>(`FETCH ${ROWS_PER_FETCH} FROM last_decisions`);
    if (rows.length > 0) take(rows.map(({ record }) => record));
    if (rows.length < ROWS_PER_FETCH) break;
  }
  await client.query('CLOSE last_decisions');
}

function toDecision(row: Row): RecordedDecision {
  return {
    contract: row.contract,
    number: Number(row.number),
    generation: row.generation,
    type: row.type,
    obligation: row.obligation,
    clause: row.clause,
    party: row.party,
    subject: row.subject,
    instance: row.instance,
    state: row.state,
    revision: row.revision,
    supersedes: row.supersedes === null ? null : Number(row.supersedes),
    effectiveAt: row.effective_at.getTime(),
    decidedAt: row.decided_at.getTime(),
    record: row.record,
  };
}

/** By `contract/number`; what is not there is absent. */
export async function selectDecisionsByNumber(
  pool: Pool,
  numbers: readonly { readonly contract: string; readonly number: number }[],
): Promise<ReadonlyMap<string, RecordedDecision>> {
  if (numbers.length === 0) return new Map();
  const { rows } = await pool.query<Row>({
    name: 'decisions_by_number',
    text: `SELECT ${COLUMNS} FROM unnest($1::text[], $2::bigint[]) AS asked (contract, number)
             JOIN decision USING (contract, number)`,
    values: [numbers.map((one) => one.contract), numbers.map((one) => one.number)],
  });
  return new Map(rows.map((row) => [`${row.contract}/${row.number}`, toDecision(row)]));
}

export async function selectDecisionRecords(
  client: ClientBase,
  numbers: readonly { readonly contract: string; readonly number: number }[],
): Promise<ReadonlyMap<string, string>> {
  if (numbers.length === 0) return new Map();
  const { rows } = await client.query<{ contract: string; number: string; record: string }>(
    `SELECT d.contract, d.number, d.record::text AS record
       FROM unnest($1::text[], $2::bigint[]) AS asked (contract, number)
       JOIN decision d USING (contract, number)`,
    [numbers.map((one) => one.contract), numbers.map((one) => one.number)],
  );
  return new Map(rows.map((row) => [`${row.contract}/${row.number}`, row.record]));
}
