import type { Pool } from 'pg';
import type { QueuedRow } from './api.js';

/** Records written with a save that wait to be relayed, by the gapless number of their writer's partition. */
export class Outbox {
  constructor(private readonly pool: Pool) {}

  /** The next records after number `after`, in order. */
  async read(topic: string, partition: number, after: number, limit: number): Promise<QueuedRow[]> {
    const { rows } = await this.pool.query<QueuedRow>({
      name: 'read_outbox',
      text: `SELECT number::float8 AS number, target_topic AS topic, target_partition AS partition, key,
               headers::text AS headers, value, (extract(epoch FROM recorded_at) * 1000)::float8 AS "recordedAt"
             FROM outbox WHERE topic = $1 AND partition = $2 AND number > $3 ORDER BY number LIMIT $4`,
      values: [topic, partition, after, limit],
    });
    return rows;
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
