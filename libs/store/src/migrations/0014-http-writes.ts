import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What people entered over HTTP with an idempotency key, so that a repeat is the same fact to the letter. */
export class HttpWrites implements MigrationInterface {
  readonly name = 'HttpWrites0000000000014';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(SQL);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations only go forward; restore a backup to go back.'));
  }
}

const SQL = `
CREATE TABLE http_write (
  contract text COLLATE "C" NOT NULL,
  source text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  request_hash text NOT NULL,
  event json NOT NULL,
  caller text NOT NULL,
  accepted_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (contract, source, id)
);
COMMENT ON TABLE http_write IS 'Facts that people entered over HTTP, kept before they are appended; a repeat appends the same one again.';
COMMENT ON COLUMN http_write.id IS 'The idempotency key, which is the id of the event.';
COMMENT ON COLUMN http_write.request_hash IS 'SHA-256 of what was asked for; the same key with another one is refused.';
`;
