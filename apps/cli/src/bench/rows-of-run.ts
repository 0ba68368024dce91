import pg from 'pg';

/** Arrays of rows of tables, as PostgreSQL writes them as text. */
export interface StoredRows {
  readonly processed_id: string;
  readonly subject_state: string;
  readonly verdict: string;
  readonly decision: string;
}

/** What the product has stored because of one record; states and verdicts by their keys, for later records change them again. */
interface RecordRows {
  readonly id: string;
  readonly states: readonly string[];
  readonly verdicts: Set<string>;
  readonly decisions: string[];
}

export interface Stretch {
  readonly topic: string;
  /** By partition: where it begins, and the first offset after it. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  /** By contract: number of its last decision before it. */
  readonly lastNumbers: Readonly<Record<string, number>>;
}

const IDS = `SELECT f.partition, f.record_offset::float8 AS record, f.contract, f.source, f.id, p.keys, p::text AS row
  FROM fact f JOIN processed_id p USING (contract, source, id)
  WHERE f.topic = $1 AND f.record_offset >= ($2::bigint[])[f.partition + 1] AND f.record_offset < ($3::bigint[])[f.partition + 1]`;

const DECISIONS = `SELECT contract, number::float8 AS number, obligation, subject, instance, record->'cause'->>'source' AS source,
    record->'cause'->>'id' AS id, d::text AS row
  FROM decision d ORDER BY contract, number`;

const VERDICTS = `SELECT contract, obligation, subject, instance, v::text AS row FROM verdict v`;

const STATES = `SELECT contract, key, s::text AS row FROM subject_state s
  WHERE (contract, key) IN (SELECT * FROM unnest($1::text[], $2::text[]))`;

/**
 * The rows that the product has stored for a stretch of the stream, by the record that they come from: what a process without rules
 * would have to store, too; written out beforehand, as that is no part of storing. A state or verdict that several records changed is held as it stood at the end. What only time has
 * decided is counted to the record before it, or else to the first.
 */
export class RowsOfRun {
  private constructor(
    private readonly records: ReadonlyMap<string, RecordRows>,
    private readonly states: ReadonlyMap<string, string>,
    private readonly verdicts: ReadonlyMap<string, string>,
  ) {}

  static async read(databaseUrl: string, { topic, starts, ends, lastNumbers }: Stretch): Promise<RowsOfRun> {
    const client = new pg.Client({ connectionString: databaseUrl, application_name: 'pactwatch-bench' });
    await client.connect();
    try {
      const records = new Map<string, RecordRows>();
      const byFact = new Map<string, RecordRows>();
      const touched = new Map<string, readonly [contract: string, key: string]>();
      const ids = await client.query<IdRow>(IDS, [topic, starts, ends]);
      for (const { partition, record, contract, source, id, keys, row } of ids.rows) {
        for (const key of keys) touched.set(keyOf(contract, key), [contract, key]);
        const states = keys.map((key) => keyOf(contract, key));
        const rows = { id: elementOf(row), states, verdicts: new Set<string>(), decisions: [] };
        records.set(keyOf(partition, record), rows);
        byFact.set(keyOf(contract, source, id), rows);
      }
      const decisions = await client.query<DecidedRow>(DECISIONS);
      let contractOfLast: string | undefined;
      let last: RecordRows | undefined;
      let early: DecidedRow[] = [];
      for (const decided of decisions.rows) {
        const { contract, number, source, id } = decided;
        if (number <= (lastNumbers[contract] ?? 0)) continue;
        if (contract !== contractOfLast) {
          contractOfLast = contract;
          last = undefined;
          early = [];
        }
        last = byFact.get(keyOf(contract, source, id)) ?? last;
        early.push(decided);
        if (last === undefined) continue;
        for (const one of early) {
          last.decisions.push(elementOf(one.row));
          last.verdicts.add(keyOf(contract, one.obligation, one.subject, one.instance));
        }
        early = [];
      }
      const verdicts = await client.query<VerdictRow>(VERDICTS);
      const keys = [...touched.values()];
      const states = await client.query<StateRow>(STATES, [
        keys.map(([contract]) => contract),
        keys.map(([, key]) => key),
      ]);
      return new RowsOfRun(
        records,
        new Map(states.rows.map(({ contract, key, row }) => [keyOf(contract, key), elementOf(row)])),
        new Map(
          verdicts.rows.map((one) => [
            keyOf(one.contract, one.obligation, one.subject, one.instance),
            elementOf(one.row),
          ]),
        ),
      );
    } finally {
      await client.end();
    }
  }

  /** For a batch of records: each state and each verdict once, as in a save. */
  of(partition: number, offsets: readonly number[]): StoredRows {
    const states = new Set<string>();
    const verdicts = new Set<string>();
    const ids: string[] = [];
    const decisions: string[] = [];
    for (const offset of offsets) {
      const rows = this.records.get(keyOf(partition, offset));
      if (rows === undefined) continue;
      ids.push(rows.id);
      decisions.push(...rows.decisions);
      for (const key of rows.states) states.add(key);
      for (const key of rows.verdicts) verdicts.add(key);
    }
    return {
      processed_id: arrayOf(ids),
      subject_state: arrayOf(present(states, this.states)),
      verdict: arrayOf(present(verdicts, this.verdicts)),
      decision: arrayOf(decisions),
    };
  }
}

interface IdRow {
  readonly partition: number;
  readonly record: number;
  readonly contract: string;
  readonly source: string;
  readonly id: string;
  readonly keys: readonly string[];
  readonly row: string;
}

interface VerdictRow {
  readonly contract: string;
  readonly obligation: string;
  readonly subject: string;
  readonly instance: number;
  readonly row: string;
}

/** `source` and `id` of the fact that caused it; null where time did. */
interface DecidedRow extends VerdictRow {
  readonly number: number;
  readonly source: string | null;
  readonly id: string | null;
}

interface StateRow {
  readonly contract: string;
  readonly key: string;
  readonly row: string;
}

function present(keys: ReadonlySet<string>, rows: ReadonlyMap<string, string>): string[] {
  return [...keys].flatMap((key) => rows.get(key) ?? []);
}

function elementOf(row: string): string {
  return `"${row.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

function arrayOf(elements: readonly string[]): string {
  return `{${elements.join(',')}}`;
}

function keyOf(...parts: readonly (string | number | null)[]): string {
  return parts.join('\n');
}
