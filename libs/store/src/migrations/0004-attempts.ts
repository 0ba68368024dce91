import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What tells a record that kills its reader from a process that was ended; and the faulted subjects, found without a search. */
export class Attempts implements MigrationInterface {
  readonly name = 'Attempts0000000000004';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(SQL);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations only go forward; restore a backup to go back.'));
  }
}

const SQL = `
-- starts: how often in a row the partition was taken at (start_offset, start_slice), ends in order left out.
-- named: the record that was about to be judged by itself, by how many starts, and by which owner last.
ALTER TABLE partition_owner
  ADD COLUMN starts integer NOT NULL DEFAULT 0,
  ADD COLUMN start_offset bigint,
  ADD COLUMN start_slice bigint,
  ADD COLUMN ended_in_order boolean NOT NULL DEFAULT false,
  ADD COLUMN named_offset bigint,
  ADD COLUMN named_starts integer NOT NULL DEFAULT 0,
  ADD COLUMN named_epoch bigint;

CREATE INDEX verdict_faulted ON verdict (contract, state_key) WHERE state = 'faulted';
`;
