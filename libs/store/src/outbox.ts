import type { Pool } from 'pg';
import type { QueuedRow } from './api.js';
import { selectDecisionsByNumber } from './reads/decision-reads.js';

interface Row {
  readonly number: number;
  readonly topic: string;
  readonly partition: number | null;
  readonly key: string | null;
  /** Null, like `value`, where it is a decision that is told. */
  readonly headers: Record<string, string> | null;
  readonly value: string | null;
  readonly decisionNumber: number | null;
  readonly recordedAt: number;
}

/** Records written with a save that wait to be relayed, by the gapless number of their writer's partition. */
export class Outbox {
  constructor(private readonly pool: Pool) {}

  /** The next records after number `after`, in order. */
  async read(topic: string, partition: number, after: number, limit: number): Promise<QueuedRow[]> {
    const { rows } = await this.pool.query<Row>({
      name: 'read_outbox',
      text: `SELECT number::float8 AS number, target_topic AS topic, target_partition AS partition, key, headers, value,
               decision_number::float8 AS "decisionNumber", (extract(epoch FROM recorded_at) * 1000)::float8 AS "recordedAt"
             FROM outbox WHERE topic = $1 AND partition = $2 AND number > $3 ORDER BY number LIMIT $4`,
      values: [topic, partition, after, limit],
    });
    const told = rows.flatMap(({ key, decisionNumber }) =>
      decisionNumber === null ? [] : [{ contract: key!, number: decisionNumber }],
    );
    const decisions = await selectDecisionsByNumber(this.pool, told);
    return rows.map(({ number, recordedAt, decisionNumber, headers, value, ...row }) => {
      if (decisionNumber === null) return { number, recordedAt, ...row, headers: headers!, value: value! };
      const decision = decisions.get(`${row.key}/${decisionNumber}`);
      if (decision === undefined) {
        throw new Error(
          `outbox ${topic}/${partition}, number ${number}: decision ${row.key}/${decisionNumber} is gone`,
        );
      }
      return { number, recordedAt, decision };
    });
  }

  /** Forgets the records up to and including number `through`: the log has them. */
  async acknowledge(topic: string, partition: number, through: number): Promise<void> {
    await this.pool.query({
      name: 'acknowledge_outbox',
      text: 'DELETE FROM outbox WHERE topic = $1 AND partition = $2 AND number <= $3',
      values: [topic, partition, through],
    });
  }
}
