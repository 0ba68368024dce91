import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Tables of the one transaction, of published contracts, of the notifier and of the log in Postgres. */
export class Tables implements MigrationInterface {
  readonly name = 'Tables0000000000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(SQL);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations only go forward; restore a backup to go back.'));
  }
}

// Ids compare by Unicode code points whatever the database's own collation is: hence COLLATE "C".
const SQL = `
-- One row, raised by whoever restores a backup: consumers tell repeats by (generation, number).
CREATE TABLE deployment (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  generation integer NOT NULL DEFAULT 1
);
INSERT INTO deployment DEFAULT VALUES;

-- The fence: whoever saves must know epoch, next_offset, slice and outbox_number as they are here.
CREATE TABLE partition_owner (
  topic text COLLATE "C" NOT NULL,
  partition integer NOT NULL,
  epoch bigint NOT NULL,
  next_offset bigint NOT NULL DEFAULT 0,
  slice bigint NOT NULL DEFAULT 0,
  outbox_number bigint NOT NULL DEFAULT 0,
  last_offset bigint,
  last_appended_at timestamptz,
  last_hash text,
  recorded_at timestamptz,
  process text NOT NULL,
  backend_pid integer NOT NULL,
  backend_start timestamptz NOT NULL,
  taken_at timestamptz NOT NULL,
  PRIMARY KEY (topic, partition)
) WITH (fillfactor = 50);

CREATE TABLE contract_state (
  contract text COLLATE "C" PRIMARY KEY,
  topic text COLLATE "C" NOT NULL,
  partition integer NOT NULL,
  clock timestamptz,
  last_number bigint NOT NULL,
  state json NOT NULL,
  recorded_at timestamptz NOT NULL
) WITH (fillfactor = 50);
CREATE INDEX contract_state_home ON contract_state (topic, partition);

-- JSON of facts and records is json, not jsonb: kept as it came, and jsonb refuses \\u0000.
CREATE TABLE fact (
  contract text COLLATE "C" NOT NULL,
  source text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  type text COLLATE "C" NOT NULL,
  subject text COLLATE "C",
  occurred_at timestamptz NOT NULL,
  appended_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  sequence text COLLATE "C",
  content_hash text NOT NULL,
  data json NOT NULL,
  topic text COLLATE "C" NOT NULL,
  partition integer NOT NULL,
  record_offset bigint NOT NULL
) PARTITION BY RANGE (recorded_at);
CREATE INDEX fact_subject ON fact (contract, subject);

CREATE TABLE processed_id (
  contract text COLLATE "C" NOT NULL,
  source text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  content_hash text NOT NULL,
  type text COLLATE "C" NOT NULL,
  appended_at timestamptz NOT NULL,
  keys text[] NOT NULL,
  note text,
  PRIMARY KEY (contract, source, id)
);

CREATE TABLE waiting_correction (
  contract text COLLATE "C" NOT NULL,
  source text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  target_source text COLLATE "C" NOT NULL,
  target_id text COLLATE "C" NOT NULL,
  correction text NOT NULL,
  PRIMARY KEY (contract, source, id)
);
CREATE INDEX waiting_correction_target ON waiting_correction (contract, target_source, target_id);

-- Rewritten with nearly every fact: room on the page and no index on what changes keep the update in its page.
-- The partition is that of the contract (contract_state).
CREATE TABLE subject_state (
  contract text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  packed text NOT NULL,
  next_instant timestamptz,
  PRIMARY KEY (contract, key)
) WITH (fillfactor = 70);

CREATE TABLE verdict (
  contract text COLLATE "C" NOT NULL,
  obligation text COLLATE "C" NOT NULL,
  subject text COLLATE "C" NOT NULL,
  instance integer NOT NULL,
  clause text NOT NULL,
  party text NOT NULL,
  state text NOT NULL,
  started_at timestamptz NOT NULL,
  due_at timestamptz,
  stopped_at timestamptz,
  state_key text COLLATE "C" NOT NULL,
  revision integer NOT NULL,
  number bigint NOT NULL,
  effective_at timestamptz NOT NULL,
  dimensions jsonb NOT NULL,
  PRIMARY KEY (contract, obligation, subject, instance)
) WITH (fillfactor = 80);
CREATE INDEX verdict_subject ON verdict (contract, subject);
CREATE INDEX verdict_due ON verdict (due_at);
CREATE INDEX verdict_breached ON verdict (contract, obligation, subject, instance) WHERE state = 'breached';

CREATE TABLE decision (
  contract text COLLATE "C" NOT NULL,
  number bigint NOT NULL,
  generation integer NOT NULL,
  type text COLLATE "C" NOT NULL,
  obligation text COLLATE "C" NOT NULL,
  clause text NOT NULL,
  party text NOT NULL,
  subject text COLLATE "C" NOT NULL,
  instance integer NOT NULL,
  state text NOT NULL,
  revision integer NOT NULL,
  supersedes bigint,
  effective_at timestamptz NOT NULL,
  decided_at timestamptz NOT NULL,
  record json NOT NULL,
  PRIMARY KEY (contract, number)
);
CREATE INDEX decision_subject ON decision (contract, subject);

CREATE TABLE quarantine (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  topic text COLLATE "C" NOT NULL,
  partition integer NOT NULL,
  contract text COLLATE "C",
  source text COLLATE "C",
  event_id text COLLATE "C",
  reason text COLLATE "C" NOT NULL,
  detail text NOT NULL,
  record_offset bigint NOT NULL,
  appended_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  headers json NOT NULL,
  key bytea,
  value bytea,
  released_at timestamptz
);
CREATE INDEX quarantine_contract ON quarantine (contract, id);

-- topic and partition are the writer's; where the record goes is in target_topic and target_partition.
CREATE TABLE outbox (
  topic text COLLATE "C" NOT NULL,
  partition integer NOT NULL,
  number bigint NOT NULL,
  target_topic text COLLATE "C" NOT NULL,
  target_partition integer,
  key text,
  headers json NOT NULL,
  value text NOT NULL,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (topic, partition, number)
);

CREATE TABLE document (
  hash text COLLATE "C" PRIMARY KEY,
  kind text NOT NULL,
  bytes bytea NOT NULL,
  stored_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE published_contract (
  contract text COLLATE "C" NOT NULL,
  version integer NOT NULL,
  hash text COLLATE "C" NOT NULL,
  calendars jsonb NOT NULL,
  from_instant timestamptz NOT NULL,
  published_at timestamptz NOT NULL,
  PRIMARY KEY (contract, version)
);

-- How far a consumer with effects in this database has come.
CREATE TABLE consumer_position (
  consumer text COLLATE "C" NOT NULL,
  topic text COLLATE "C" NOT NULL,
  partition integer NOT NULL,
  next_offset bigint NOT NULL,
  PRIMARY KEY (consumer, topic, partition)
) WITH (fillfactor = 50);

-- What happened is one row that stays; how its delivery stands is another.
CREATE TABLE alert (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  topic text COLLATE "C" NOT NULL,
  partition integer NOT NULL,
  record_offset bigint NOT NULL,
  contract text COLLATE "C" NOT NULL,
  generation integer NOT NULL,
  number bigint NOT NULL,
  incident text COLLATE "C" NOT NULL,
  change bigint NOT NULL,
  kind text NOT NULL,
  warning text NOT NULL DEFAULT '',
  record json NOT NULL,
  created_at timestamptz NOT NULL,
  UNIQUE (topic, partition, record_offset),
  UNIQUE (contract, generation, number, kind, warning)
);
CREATE INDEX alert_incident ON alert (incident, id);

CREATE TABLE delivery (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  alert_id bigint NOT NULL REFERENCES alert (id),
  channel text NOT NULL,
  recipient text NOT NULL,
  status text NOT NULL CHECK (status IN ('pending', 'sent', 'failed', 'summarised')),
  attempts integer NOT NULL DEFAULT 0,
  next_attempt_at timestamptz,
  last_response text,
  idempotency_key text COLLATE "C" NOT NULL UNIQUE,
  details jsonb,
  created_at timestamptz NOT NULL,
  sent_at timestamptz
) WITH (fillfactor = 80);
CREATE INDEX delivery_alert ON delivery (alert_id);
CREATE INDEX delivery_pending ON delivery (next_attempt_at) WHERE status = 'pending';

-- The log in Postgres, for machines without Kafka; libs/bus alone reads and writes it.
CREATE TABLE bus_topic (
  topic text COLLATE "C" PRIMARY KEY,
  partitions integer NOT NULL CHECK (partitions > 0)
);

CREATE TABLE bus_partition (
  topic text COLLATE "C" NOT NULL REFERENCES bus_topic (topic),
  partition integer NOT NULL,
  next_offset bigint NOT NULL DEFAULT 0,
  last_appended_at timestamptz,
  PRIMARY KEY (topic, partition)
) WITH (fillfactor = 50);

CREATE TABLE bus_record (
  topic text COLLATE "C" NOT NULL,
  partition integer NOT NULL,
  record_offset bigint NOT NULL,
  key bytea,
  value bytea,
  headers jsonb NOT NULL,
  appended_at timestamptz NOT NULL,
  PRIMARY KEY (topic, partition, record_offset)
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
  RAISE EXCEPTION USING
    ERRCODE = 'PW002',
    MESSAGE = format('Rows of %s are never changed or removed: %s refused.', TG_TABLE_NAME, TG_OP);
END
$function$;

CREATE TRIGGER fact_append_only BEFORE UPDATE OR DELETE ON fact
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER fact_no_truncate BEFORE TRUNCATE ON fact
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER decision_append_only BEFORE UPDATE OR DELETE ON decision
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER decision_no_truncate BEFORE TRUNCATE ON decision
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER alert_append_only BEFORE UPDATE OR DELETE ON alert
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER alert_no_truncate BEFORE TRUNCATE ON alert
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
`;
