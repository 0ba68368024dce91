import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How far the doors have read the platform's own topics. */
export class DoorCursors implements MigrationInterface {
  readonly name = 'DoorCursors0000000000006';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(SQL);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations only go forward; restore a backup to go back.'));
  }
}

const SQL = `
CREATE TABLE door_cursor (
  door text COLLATE "C" NOT NULL,
  topic text COLLATE "C" NOT NULL,
  partition integer NOT NULL CHECK (partition >= 0),
  epoch bigint NOT NULL,
  next_offset bigint CHECK (next_offset >= 0),
  read_through timestamptz,
  process text NOT NULL,
  taken_at timestamptz NOT NULL,
  PRIMARY KEY (door, topic, partition)
);
COMMENT ON COLUMN door_cursor.next_offset IS 'Everything before it has been forwarded; null: nothing was read yet.';
COMMENT ON COLUMN door_cursor.read_through IS 'Everything that the partition had received before it has been forwarded.';
`;
