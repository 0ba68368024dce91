import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Remembers how many partitions the stream had when the database first met it: the number says where each contract lives. */
export class StreamPartitions implements MigrationInterface {
  readonly name = 'StreamPartitions0000000000003';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE deployment ADD COLUMN stream_partitions integer CHECK (stream_partitions > 0)');
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations only go forward; restore a backup to go back.'));
  }
}
