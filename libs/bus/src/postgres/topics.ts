import type { Pool } from 'pg';
import type { TopicSpec } from '../port.js';
import { ShapeError } from '../shape-error.js';

export interface PartitionBounds {
  readonly partition: number;
  readonly low: number;
  readonly high: number;
}

/** The topics of the log in the database. They are never changed, so what is known of one stays true. */
export class Topics {
  private readonly counts = new Map<string, number>();

  constructor(private readonly pool: Pool) {}

  /** @throws ShapeError */
  async ensure(specs: readonly TopicSpec[]): Promise<void> {
    await this.compare(specs);
    const missing = specs.filter(({ topic }) => !this.counts.has(topic));
    if (missing.length === 0) return;
    await this.pool.query(
      `WITH made AS (
         INSERT INTO bus_topic (topic, partitions) SELECT * FROM unnest($1::text[], $2::integer[])
         ON CONFLICT DO NOTHING RETURNING topic, partitions
       )
       INSERT INTO bus_partition (topic, partition)
       SELECT topic, partition FROM made CROSS JOIN LATERAL generate_series(0, partitions - 1) AS partition`,
      [missing.map(({ topic }) => topic), missing.map(({ partitions }) => partitions)],
    );
    // Somebody else may have made it at the same time, with another shape.
    await this.compare(missing);
  }

  /** What was learnt of a topic so far. */
  known(topic: string): number | undefined {
    return this.counts.get(topic);
  }

  /** 0 where there is no such topic. */
  async partitions(topic: string): Promise<number> {
    if (!this.counts.has(topic)) await this.learn([topic]);
    return this.counts.get(topic) ?? 0;
  }

  async bounds(topic: string): Promise<PartitionBounds[]> {
    const { rows } = await this.pool.query<PartitionBounds>(
      `SELECT p.partition, p.next_offset::float8 AS high, coalesce((
         SELECT record_offset FROM bus_record r WHERE r.topic = p.topic AND r.partition = p.partition
         ORDER BY record_offset LIMIT 1
       ), p.next_offset)::float8 AS low
       FROM bus_partition p WHERE p.topic = $1 ORDER BY p.partition`,
      [topic],
    );
    return rows.map(({ partition, low, high }) => ({ partition, low, high }));
  }

  private async compare(specs: readonly TopicSpec[]): Promise<void> {
    await this.learn(specs.map(({ topic }) => topic));
    for (const { topic, partitions } of specs) {
      const found = this.counts.get(topic) ?? partitions;
      if (found !== partitions) throw new ShapeError(topic, found, partitions);
    }
  }

  private async learn(topics: readonly string[]): Promise<void> {
    const { rows } = await this.pool.query<{ topic: string; partitions: number }>(
      'SELECT topic, partitions FROM bus_topic WHERE topic = ANY ($1)',
      [topics],
    );
    for (const { topic, partitions } of rows) this.counts.set(topic, partitions);
  }
}
