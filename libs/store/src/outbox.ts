import type { Pool } from 'pg';
import type { QueuedRow } from './api.js';
import { selectDecisionsByNumber } from './reads/decision-reads.js';

interface Row {
  /** Of the first record. */
  readonly number: number;
  readonly records: number;
  readonly topic: string;
  readonly partition: number | null;
  readonly key: string | null;
  /** Null, like `value`, where it is a decision that is told. */
  readonly headers: Record<string, string> | null;
  readonly value: string | null;
  /** Of the first record. */
  readonly decisionNumber: number | null;
  readonly recordedAt: number;
}

const READ = `
SELECT number::float8 AS number, records, target_topic AS topic, target_partition AS partition, key, headers, value,
  decision_number::float8 AS "decisionNumber", (extract(epoch FROM recorded_at) * 1000)::float8 AS "recordedAt"
FROM outbox_span WHERE topic = $1 AND partition = $2 AND number + records > $3::bigint + 1 ORDER BY number LIMIT $4`;

/** Of a row that is relayed in part, the rest stays. */
const ACKNOWLEDGE = `
WITH relayed AS (
  DELETE FROM outbox_span WHERE topic = $1 AND partition = $2 AND number <= $3::bigint AND number + records <= $3::bigint + 1
)
UPDATE outbox_span SET number = $3::bigint + 1, records = number + records - $3::bigint - 1,
  decision_number = decision_number + $3::bigint + 1 - number
WHERE topic = $1 AND partition = $2 AND number <= $3::bigint AND number + records > $3::bigint + 1`;

/**
 * Records written with a save that wait to be relayed, by the gapless number of their writer's partition. Decisions of a
 * contract that follow each other are one row.
 */
export class Outbox {
  constructor(private readonly pool: Pool) {}

  /** The next records after number `after`, in order. */
  async read(topic: string, partition: number, after: number, limit: number): Promise<QueuedRow[]> {
    const { rows } = await this.pool.query<Row>({
      name: 'read_outbox_spans',
      text: READ,
      values: [topic, partition, after, limit],
    });
    const records = singly(rows, after, limit);
    const told = records.flatMap(({ key, decisionNumber }) =>
      decisionNumber === null ? [] : [{ contract: key!, number: decisionNumber }],
    );
    const decisions = await selectDecisionsByNumber(this.pool, told);
    return records.map(
      ({ number, recordedAt, decisionNumber, headers, value, topic: target, partition: home, key }) => {
        if (decisionNumber === null) {
          return { number, recordedAt, topic: target, partition: home, key, headers: headers!, value: value! };
        }
        const decision = decisions.get(`${key}/${decisionNumber}`);
        if (decision === undefined) {
          throw new Error(`outbox ${topic}/${partition}, number ${number}: decision ${key}/${decisionNumber} is gone`);
        }
        return { number, recordedAt, decision };
      },
    );
  }

  /** Forgets the records up to and including number `through`: the log has them. */
  async acknowledge(topic: string, partition: number, through: number): Promise<void> {
    await this.pool.query({
      name: 'acknowledge_outbox_spans',
      text: ACKNOWLEDGE,
      values: [topic, partition, through],
    });
  }
}

/** One row per record behind number `after`, so many at most. */
function singly(rows: readonly Row[], after: number, limit: number): Row[] {
  const single: Row[] = [];
  for (const row of rows) {
    for (let index = Math.max(0, after + 1 - row.number); index < row.records; index++) {
      if (single.length === limit) return single;
      const decisionNumber = row.decisionNumber === null ? null : row.decisionNumber + index;
      single.push({ ...row, number: row.number + index, decisionNumber });
    }
  }
  return single;
}
