import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The notifier's own: incidents and their life, escalations to come, silences, how fast each receiver may be written to, and
 * which outcomes of deliveries the stream has been told of. What ended before this release is not told again.
 */
export class Incidents implements MigrationInterface {
  readonly name = 'Incidents0000000000010';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(SQL);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations only go forward; restore a backup to go back.'));
  }
}

const SQL = `
CREATE TABLE incident (
  incident text COLLATE "C" PRIMARY KEY,
  contract text COLLATE "C" NOT NULL,
  contract_hash text NOT NULL,
  rule text COLLATE "C" NOT NULL,
  subject text COLLATE "C",
  clause text COLLATE "C",
  party text,
  kind text NOT NULL,
  severity text NOT NULL,
  state text NOT NULL CHECK (state IN ('open', 'acknowledged', 'escalated', 'resolved', 'withdrawn')),
  run integer NOT NULL CHECK (run > 0),
  opened_at timestamptz NOT NULL,
  changed_at timestamptz NOT NULL,
  acknowledged jsonb,
  escalated_step integer NOT NULL DEFAULT 0,
  record json NOT NULL
) WITH (fillfactor = 80);
COMMENT ON TABLE incident IS 'One per contract, rule, subject and instance; the same incident is updated, not repeated.';
COMMENT ON COLUMN incident.run IS 'Counts how often it was opened, or became more severe: what was acknowledged before counts no more.';
COMMENT ON COLUMN incident.record IS 'The last alert that says what it is about, for those who are told later.';
CREATE INDEX incident_listed ON incident (contract, changed_at, incident);

CREATE TABLE escalation (
  incident text COLLATE "C" NOT NULL REFERENCES incident (incident),
  run integer NOT NULL,
  route text COLLATE "C" NOT NULL,
  step integer NOT NULL CHECK (step > 0),
  planned_at timestamptz NOT NULL,
  due_at timestamptz NOT NULL,
  PRIMARY KEY (incident, run, route, step)
);
COMMENT ON TABLE escalation IS 'Steps to come while nobody has acknowledged; gone when appended to the stream, or no longer needed.';
COMMENT ON COLUMN escalation.planned_at IS 'When it falls due by the route; due_at is later where a silence puts it off.';
CREATE INDEX escalation_due ON escalation (due_at);

CREATE TABLE silence (
  id text COLLATE "C" PRIMARY KEY,
  contract text COLLATE "C" NOT NULL,
  match jsonb NOT NULL,
  reason text NOT NULL,
  by jsonb NOT NULL,
  begins_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL
);
CREATE INDEX silence_contract ON silence (contract, ends_at);

CREATE TABLE receiver_pace (
  channel text COLLATE "C" NOT NULL,
  recipient text COLLATE "C" NOT NULL,
  tokens double precision[] NOT NULL,
  filled_at timestamptz NOT NULL,
  blocked_until timestamptz,
  PRIMARY KEY (channel, recipient)
) WITH (fillfactor = 50);
COMMENT ON TABLE receiver_pace IS 'A bucket of tokens for each limit of a receiver, so that a restart passes none.';

ALTER TABLE delivery DROP CONSTRAINT delivery_status_check;
ALTER TABLE delivery ADD CONSTRAINT delivery_status_check
  CHECK (status IN ('pending', 'sent', 'failed', 'summarised', 'suppressed'));
ALTER TABLE delivery
  ADD COLUMN gathers boolean NOT NULL DEFAULT false,
  ADD COLUMN held_until timestamptz,
  ADD COLUMN ended_at timestamptz,
  ADD COLUMN told_at timestamptz;
COMMENT ON COLUMN delivery.gathers IS 'May be told in a digest where the limits of its receiver would be passed.';
COMMENT ON COLUMN delivery.held_until IS 'When the agreed delay is over; a withdrawal before that ends both in silence.';
COMMENT ON COLUMN delivery.told_at IS 'When its outcome was appended to the stream as a fact.';
UPDATE delivery SET told_at = now(), ended_at = coalesce(sent_at, created_at) WHERE status <> 'pending';
CREATE INDEX delivery_untold ON delivery (id) WHERE told_at IS NULL AND status IN ('sent', 'failed', 'suppressed');
CREATE INDEX delivery_waiting ON delivery (channel, recipient) WHERE status = 'pending';
`;
