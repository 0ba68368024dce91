CREATE TYPE save_contract AS (
  contract text,
  clock timestamp with time zone,
  last_number bigint,
  state json
);

CREATE TYPE save_count AS (
  contract text,
  version integer,
  standard text,
  minute timestamp with time zone,
  value text,
  good bigint,
  items bigint,
  undecided bigint,
  sum text
);

CREATE TYPE save_decision AS (
  contract text,
  number bigint,
  generation integer,
  type text,
  obligation text,
  clause text,
  party text,
  subject text,
  instance integer,
  state text,
  revision integer,
  supersedes bigint,
  effective_at timestamp with time zone,
  record json
);

CREATE TYPE save_fact AS (
  contract text,
  source text,
  id text,
  type text,
  subject text,
  occurred_at timestamp with time zone,
  appended_at timestamp with time zone,
  sequence text,
  content_hash text,
  data json,
  record_offset bigint
);

CREATE TYPE save_id AS (
  contract text,
  source text,
  id text,
  content_hash text,
  type text,
  appended_at timestamp with time zone,
  keys text[],
  note text
);

CREATE TYPE save_outbox AS (
  target_topic text,
  target_partition integer,
  key text,
  headers json,
  value text,
  decision_number bigint
);

CREATE TYPE save_period AS (
  contract text,
  standard text,
  period text,
  state text,
  numerator text,
  denominator text,
  value text,
  target text,
  sample bigint,
  revision integer,
  number bigint
);

CREATE TYPE save_published AS (
  contract text,
  version integer,
  hash text,
  calendars jsonb,
  from_instant timestamp with time zone
);

CREATE TYPE save_quarantine AS (
  contract text,
  source text,
  event_id text,
  reason text,
  detail text,
  record_offset bigint,
  appended_at timestamp with time zone,
  headers json,
  key bytea,
  value bytea
);

CREATE TYPE save_state AS (
  contract text,
  key text,
  packed text,
  next_instant timestamp with time zone
);

CREATE TYPE save_verdict AS (
  contract text,
  obligation text,
  subject text,
  instance integer,
  clause text,
  party text,
  state text,
  started_at timestamp with time zone,
  due_at timestamp with time zone,
  stopped_at timestamp with time zone,
  state_key text,
  revision integer,
  number bigint,
  effective_at timestamp with time zone,
  dimensions jsonb
);

CREATE TYPE save_waited AS (
  contract text,
  source text,
  id text
);

CREATE TYPE save_waiting AS (
  contract text,
  source text,
  id text,
  target_source text,
  target_id text,
  correction text
);

CREATE TABLE alert (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  topic text COLLATE "C" NOT NULL,
  partition integer NOT NULL,
  record_offset bigint NOT NULL,
  contract text COLLATE "C" NOT NULL,
  generation integer NOT NULL,
  number bigint NOT NULL,
  incident text COLLATE "C" NOT NULL,
  change bigint NOT NULL,
  kind text NOT NULL,
  warning text DEFAULT ''::text NOT NULL,
  record json NOT NULL,
  created_at timestamp with time zone NOT NULL,
  CONSTRAINT alert_contract_generation_number_kind_warning_key UNIQUE (contract, generation, number, kind, warning),
  CONSTRAINT alert_topic_partition_record_offset_key UNIQUE (topic, partition, record_offset),
  CONSTRAINT alert_pkey PRIMARY KEY (id)
);

CREATE INDEX alert_incident ON public.alert USING btree (incident, id);

CREATE TRIGGER alert_append_only BEFORE DELETE OR UPDATE ON public.alert FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER alert_no_truncate BEFORE TRUNCATE ON public.alert FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE bus_partition (
  topic text COLLATE "C" NOT NULL,
  partition integer NOT NULL,
  next_offset bigint DEFAULT 0 NOT NULL,
  last_appended_at timestamp with time zone,
  CONSTRAINT bus_partition_pkey PRIMARY KEY (topic, partition),
  CONSTRAINT bus_partition_topic_fkey FOREIGN KEY (topic) REFERENCES bus_topic(topic)
) WITH (fillfactor=50);

CREATE TABLE bus_record (
  topic text COLLATE "C" NOT NULL,
  partition integer NOT NULL,
  record_offset bigint NOT NULL,
  key bytea,
  value bytea,
  headers jsonb NOT NULL,
  appended_at timestamp with time zone NOT NULL,
  CONSTRAINT bus_record_pkey PRIMARY KEY (topic, partition, record_offset)
);

CREATE TABLE bus_topic (
  topic text COLLATE "C" NOT NULL,
  partitions integer NOT NULL,
  CONSTRAINT bus_topic_pkey PRIMARY KEY (topic),
  CONSTRAINT bus_topic_partitions_check CHECK ((partitions > 0))
);

CREATE TABLE consumer_position (
  consumer text COLLATE "C" NOT NULL,
  topic text COLLATE "C" NOT NULL,
  partition integer NOT NULL,
  next_offset bigint NOT NULL,
  CONSTRAINT consumer_position_pkey PRIMARY KEY (consumer, topic, partition)
) WITH (fillfactor=50);

CREATE TABLE contract_clock (
  contract text COLLATE "C" NOT NULL,
  recorded_at timestamp with time zone NOT NULL,
  clock timestamp with time zone,
  CONSTRAINT contract_clock_pkey PRIMARY KEY (contract, recorded_at)
);

CREATE TABLE contract_state (
  contract text COLLATE "C" NOT NULL,
  topic text COLLATE "C" NOT NULL,
  partition integer NOT NULL,
  clock timestamp with time zone,
  last_number bigint NOT NULL,
  state json NOT NULL,
  recorded_at timestamp with time zone NOT NULL,
  CONSTRAINT contract_state_pkey PRIMARY KEY (contract)
) WITH (fillfactor=50);

CREATE INDEX contract_state_home ON public.contract_state USING btree (topic, partition);

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
  effective_at timestamp with time zone NOT NULL,
  decided_at timestamp with time zone NOT NULL,
  record json NOT NULL,
  CONSTRAINT decision_pkey PRIMARY KEY (contract, number)
);

CREATE INDEX decision_decided ON public.decision USING brin (decided_at);

CREATE INDEX decision_of_period ON public.decision USING btree (contract, obligation, subject, number) WHERE (instance = 0);

CREATE INDEX decision_subject ON public.decision USING btree (contract, subject);

CREATE TRIGGER decision_append_only BEFORE DELETE OR UPDATE ON public.decision FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER decision_no_truncate BEFORE TRUNCATE ON public.decision FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE delivery (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  alert_id bigint NOT NULL,
  channel text NOT NULL,
  recipient text NOT NULL,
  status text NOT NULL,
  attempts integer DEFAULT 0 NOT NULL,
  next_attempt_at timestamp with time zone,
  last_response text,
  idempotency_key text COLLATE "C" NOT NULL,
  details jsonb,
  created_at timestamp with time zone NOT NULL,
  sent_at timestamp with time zone,
  gathers boolean DEFAULT false NOT NULL,
  held_until timestamp with time zone,
  ended_at timestamp with time zone,
  told_at timestamp with time zone,
  CONSTRAINT delivery_idempotency_key_key UNIQUE (idempotency_key),
  CONSTRAINT delivery_pkey PRIMARY KEY (id),
  CONSTRAINT delivery_alert_id_fkey FOREIGN KEY (alert_id) REFERENCES alert(id),
  CONSTRAINT delivery_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'sent'::text, 'failed'::text, 'summarised'::text, 'suppressed'::text])))
) WITH (fillfactor=80);

CREATE INDEX delivery_alert ON public.delivery USING btree (alert_id);

CREATE INDEX delivery_pending ON public.delivery USING btree (next_attempt_at) WHERE (status = 'pending'::text);

CREATE INDEX delivery_untold ON public.delivery USING btree (id) WHERE ((told_at IS NULL) AND (status = ANY (ARRAY['sent'::text, 'failed'::text, 'suppressed'::text])));

CREATE INDEX delivery_waiting ON public.delivery USING btree (channel, recipient) WHERE (status = 'pending'::text);

CREATE TABLE deployment (
  only_row boolean DEFAULT true NOT NULL,
  generation integer DEFAULT 1 NOT NULL,
  stream_partitions integer,
  CONSTRAINT deployment_pkey PRIMARY KEY (only_row),
  CONSTRAINT deployment_only_row_check CHECK (only_row),
  CONSTRAINT deployment_stream_partitions_check CHECK ((stream_partitions > 0))
);

CREATE TABLE document (
  hash text COLLATE "C" NOT NULL,
  kind text NOT NULL,
  bytes bytea NOT NULL,
  stored_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT document_pkey PRIMARY KEY (hash)
);

CREATE TABLE door_cursor (
  door text COLLATE "C" NOT NULL,
  topic text COLLATE "C" NOT NULL,
  partition integer NOT NULL,
  epoch bigint NOT NULL,
  next_offset bigint,
  read_through timestamp with time zone,
  process text NOT NULL,
  taken_at timestamp with time zone NOT NULL,
  last_offset bigint,
  last_appended_at timestamp with time zone,
  last_hash text,
  CONSTRAINT door_cursor_pkey PRIMARY KEY (door, topic, partition),
  CONSTRAINT door_cursor_next_offset_check CHECK ((next_offset >= 0)),
  CONSTRAINT door_cursor_partition_check CHECK ((partition >= 0))
);

CREATE TABLE escalation (
  incident text COLLATE "C" NOT NULL,
  run integer NOT NULL,
  route text COLLATE "C" NOT NULL,
  step integer NOT NULL,
  planned_at timestamp with time zone NOT NULL,
  due_at timestamp with time zone NOT NULL,
  CONSTRAINT escalation_pkey PRIMARY KEY (incident, run, route, step),
  CONSTRAINT escalation_incident_fkey FOREIGN KEY (incident) REFERENCES incident(incident),
  CONSTRAINT escalation_step_check CHECK ((step > 0))
);

CREATE INDEX escalation_due ON public.escalation USING btree (due_at);

CREATE TABLE fact (
  contract text COLLATE "C" NOT NULL,
  source text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  type text COLLATE "C" NOT NULL,
  subject text COLLATE "C",
  occurred_at timestamp with time zone NOT NULL,
  appended_at timestamp with time zone NOT NULL,
  recorded_at timestamp with time zone NOT NULL,
  sequence text COLLATE "C",
  content_hash text NOT NULL,
  data json NOT NULL,
  topic text COLLATE "C" NOT NULL,
  partition integer NOT NULL,
  record_offset bigint NOT NULL
) PARTITION BY RANGE (recorded_at);

CREATE INDEX fact_subject ON ONLY public.fact USING btree (contract, subject);

CREATE TRIGGER fact_append_only BEFORE DELETE OR UPDATE ON public.fact FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER fact_no_truncate BEFORE TRUNCATE ON public.fact FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE http_write (
  contract text COLLATE "C" NOT NULL,
  source text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  request_hash text NOT NULL,
  event json NOT NULL,
  caller text NOT NULL,
  accepted_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT http_write_pkey PRIMARY KEY (contract, source, id)
);

CREATE TABLE incident (
  incident text COLLATE "C" NOT NULL,
  contract text COLLATE "C" NOT NULL,
  contract_hash text NOT NULL,
  rule text COLLATE "C" NOT NULL,
  subject text COLLATE "C",
  clause text COLLATE "C",
  party text,
  kind text NOT NULL,
  severity text NOT NULL,
  state text NOT NULL,
  run integer NOT NULL,
  opened_at timestamp with time zone NOT NULL,
  changed_at timestamp with time zone NOT NULL,
  acknowledged jsonb,
  escalated_step integer DEFAULT 0 NOT NULL,
  record json NOT NULL,
  CONSTRAINT incident_pkey PRIMARY KEY (incident),
  CONSTRAINT incident_run_check CHECK ((run > 0)),
  CONSTRAINT incident_state_check CHECK ((state = ANY (ARRAY['open'::text, 'acknowledged'::text, 'escalated'::text, 'resolved'::text, 'withdrawn'::text])))
) WITH (fillfactor=80);

CREATE INDEX incident_listed ON public.incident USING btree (contract, changed_at, incident);

CREATE TABLE outbox_span (
  topic text COLLATE "C" NOT NULL,
  partition integer NOT NULL,
  number bigint NOT NULL,
  target_topic text COLLATE "C" NOT NULL,
  target_partition integer,
  key text,
  headers json,
  value text,
  recorded_at timestamp with time zone NOT NULL,
  decision_number bigint,
  records integer DEFAULT 1 NOT NULL,
  CONSTRAINT outbox_span_pkey PRIMARY KEY (topic, partition, number),
  CONSTRAINT outbox_span_check CHECK (
CASE
    WHEN (decision_number IS NULL) THEN ((headers IS NOT NULL) AND (value IS NOT NULL))
    ELSE (key IS NOT NULL)
END),
  CONSTRAINT outbox_span_records CHECK (
CASE
    WHEN (decision_number IS NULL) THEN (records = 1)
    ELSE (records > 0)
END)
);

CREATE TABLE partition_owner (
  topic text COLLATE "C" NOT NULL,
  partition integer NOT NULL,
  epoch bigint NOT NULL,
  next_offset bigint DEFAULT 0 NOT NULL,
  slice bigint DEFAULT 0 NOT NULL,
  outbox_number bigint DEFAULT 0 NOT NULL,
  last_offset bigint,
  last_appended_at timestamp with time zone,
  last_hash text,
  recorded_at timestamp with time zone,
  process text NOT NULL,
  backend_pid integer NOT NULL,
  backend_start timestamp with time zone NOT NULL,
  taken_at timestamp with time zone NOT NULL,
  starts integer DEFAULT 0 NOT NULL,
  start_offset bigint,
  start_slice bigint,
  ended_in_order boolean DEFAULT false NOT NULL,
  named_offset bigint,
  named_starts integer DEFAULT 0 NOT NULL,
  named_epoch bigint,
  CONSTRAINT partition_owner_pkey PRIMARY KEY (topic, partition)
) WITH (fillfactor=50);

CREATE TABLE processed_id (
  contract text COLLATE "C" NOT NULL,
  source text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  content_hash text NOT NULL,
  type text COLLATE "C" NOT NULL,
  appended_at timestamp with time zone NOT NULL,
  keys text[] NOT NULL,
  note text,
  CONSTRAINT processed_id_pkey PRIMARY KEY (contract, source, id)
);

CREATE TABLE published_contract (
  contract text COLLATE "C" NOT NULL,
  version integer NOT NULL,
  hash text COLLATE "C" NOT NULL,
  calendars jsonb NOT NULL,
  from_instant timestamp with time zone NOT NULL,
  published_at timestamp with time zone NOT NULL,
  CONSTRAINT published_contract_pkey PRIMARY KEY (contract, version)
);

CREATE TABLE quarantine (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  topic text COLLATE "C" NOT NULL,
  partition integer NOT NULL,
  contract text COLLATE "C",
  source text COLLATE "C",
  event_id text COLLATE "C",
  reason text COLLATE "C" NOT NULL,
  detail text NOT NULL,
  record_offset bigint NOT NULL,
  appended_at timestamp with time zone NOT NULL,
  recorded_at timestamp with time zone NOT NULL,
  headers json NOT NULL,
  key bytea,
  value bytea,
  released_at timestamp with time zone,
  CONSTRAINT quarantine_pkey PRIMARY KEY (id)
);

CREATE INDEX quarantine_contract ON public.quarantine USING btree (contract, id);

CREATE TABLE receiver_pace (
  channel text COLLATE "C" NOT NULL,
  recipient text COLLATE "C" NOT NULL,
  tokens double precision[] NOT NULL,
  filled_at timestamp with time zone NOT NULL,
  blocked_until timestamp with time zone,
  CONSTRAINT receiver_pace_pkey PRIMARY KEY (channel, recipient)
) WITH (fillfactor=50);

CREATE TABLE silence (
  id text COLLATE "C" NOT NULL,
  contract text COLLATE "C" NOT NULL,
  match jsonb NOT NULL,
  reason text NOT NULL,
  by jsonb NOT NULL,
  begins_at timestamp with time zone NOT NULL,
  ends_at timestamp with time zone NOT NULL,
  CONSTRAINT silence_pkey PRIMARY KEY (id)
);

CREATE INDEX silence_contract ON public.silence USING btree (contract, ends_at);

CREATE TABLE standard_count (
  contract text COLLATE "C" NOT NULL,
  version integer NOT NULL,
  standard text COLLATE "C" NOT NULL,
  minute timestamp with time zone NOT NULL,
  value text COLLATE "C" NOT NULL,
  good bigint NOT NULL,
  items bigint NOT NULL,
  undecided bigint NOT NULL,
  sum numeric NOT NULL,
  CONSTRAINT standard_count_pkey PRIMARY KEY (contract, version, standard, minute, value)
);

CREATE TABLE standard_period (
  contract text COLLATE "C" NOT NULL,
  standard text COLLATE "C" NOT NULL,
  period text COLLATE "C" NOT NULL,
  state text NOT NULL,
  numerator text NOT NULL,
  denominator text NOT NULL,
  value text,
  target text NOT NULL,
  sample bigint NOT NULL,
  revision integer NOT NULL,
  number bigint NOT NULL,
  CONSTRAINT standard_period_pkey PRIMARY KEY (contract, standard, period)
);

CREATE TABLE subject_state (
  contract text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  packed text NOT NULL,
  next_instant timestamp with time zone,
  CONSTRAINT subject_state_pkey PRIMARY KEY (contract, key)
) WITH (fillfactor=70);

CREATE TABLE verdict (
  contract text COLLATE "C" NOT NULL,
  obligation text COLLATE "C" NOT NULL,
  subject text COLLATE "C" NOT NULL,
  instance integer NOT NULL,
  clause text NOT NULL,
  party text NOT NULL,
  state text NOT NULL,
  started_at timestamp with time zone NOT NULL,
  due_at timestamp with time zone,
  stopped_at timestamp with time zone,
  state_key text COLLATE "C" NOT NULL,
  revision integer NOT NULL,
  number bigint NOT NULL,
  effective_at timestamp with time zone NOT NULL,
  dimensions jsonb NOT NULL,
  breached boolean DEFAULT false NOT NULL,
  faulted boolean DEFAULT false NOT NULL,
  CONSTRAINT verdict_pkey PRIMARY KEY (contract, obligation, subject, instance),
  CONSTRAINT verdict_flags CHECK (((breached = (state = 'breached'::text)) AND (faulted = (state = 'faulted'::text)))) NOT VALID
) WITH (fillfactor=80);

CREATE INDEX verdict_breached ON public.verdict USING btree (contract, obligation, subject, instance) WHERE breached;

CREATE INDEX verdict_due ON public.verdict USING btree (due_at);

CREATE INDEX verdict_faulted ON public.verdict USING btree (contract, state_key) WHERE faulted;

CREATE INDEX verdict_subject ON public.verdict USING btree (contract, subject);

CREATE TABLE waiting_correction (
  contract text COLLATE "C" NOT NULL,
  source text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  target_source text COLLATE "C" NOT NULL,
  target_id text COLLATE "C" NOT NULL,
  correction text NOT NULL,
  CONSTRAINT waiting_correction_pkey PRIMARY KEY (contract, source, id)
);

CREATE INDEX waiting_correction_target ON public.waiting_correction USING btree (contract, target_source, target_id);

VIEW outbox (
  topic text,
  partition integer,
  number bigint,
  target_topic text,
  target_partition integer,
  key text,
  headers json,
  value text,
  recorded_at timestamp with time zone,
  decision_number bigint
);

VIEW reporting.amendment (
  contract text,
  version integer,
  from_instant timestamp with time zone,
  published_at timestamp with time zone
);

VIEW reporting.contract (
  contract text,
  version integer,
  version_from timestamp with time zone,
  clock timestamp with time zone,
  recorded_at timestamp with time zone,
  partition integer,
  last_number bigint,
  case_link text,
  audit_path text
);

VIEW reporting.decision (
  contract text,
  number bigint,
  generation integer,
  type text,
  obligation text,
  clause text,
  party text,
  subject text,
  instance integer,
  state text,
  revision integer,
  supersedes bigint,
  effective_at timestamp with time zone,
  decided_at timestamp with time zone,
  audit_path text
);

VIEW reporting.delivery (
  contract text,
  incident text,
  kind text,
  channel text,
  status text,
  attempts integer,
  created_at timestamp with time zone,
  sent_at timestamp with time zone,
  next_attempt_at timestamp with time zone
);

VIEW reporting.partition (
  partition integer,
  epoch bigint,
  next_offset bigint,
  recorded_at timestamp with time zone,
  process text,
  taken_at timestamp with time zone,
  starts integer,
  waiting bigint,
  oldest_waiting_at timestamp with time zone
);

VIEW reporting.quarantine (
  id bigint,
  contract text,
  source text,
  reason text,
  partition integer,
  record_offset bigint,
  appended_at timestamp with time zone,
  recorded_at timestamp with time zone,
  released_at timestamp with time zone,
  audit_path text
);

VIEW reporting.standard (
  contract text,
  standard text,
  clause text,
  party text,
  period text,
  state text,
  numerator numeric,
  denominator numeric,
  value numeric,
  target numeric,
  sample bigint,
  revision integer,
  effective_at timestamp with time zone,
  decided_at timestamp with time zone,
  audit_path text
);

VIEW reporting.statement (
  contract text,
  cycle text,
  state text,
  revision integer,
  currency text,
  provider numeric,
  client numeric,
  net_from text,
  net_amount numeric,
  effective_at timestamp with time zone,
  decided_at timestamp with time zone,
  audit_path text
);

VIEW reporting.statement_line (
  contract text,
  cycle text,
  party text,
  remedy text,
  clause text,
  about text,
  subject text,
  amount numeric,
  currency text,
  state text,
  audit_path text
);

VIEW reporting.verdict (
  contract text,
  obligation text,
  clause text,
  party text,
  subject text,
  instance integer,
  state text,
  started_at timestamp with time zone,
  due_at timestamp with time zone,
  stopped_at timestamp with time zone,
  revision integer,
  effective_at timestamp with time zone,
  decided_at timestamp with time zone,
  audit_path text,
  case_link text
);

CREATE OR REPLACE FUNCTION public.forget_outbox_record()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
DECLARE
  span outbox_span;
BEGIN
  DELETE FROM outbox_span
  WHERE topic = OLD.topic AND partition = OLD.partition AND number + records > OLD.number AND number = (
    SELECT number FROM outbox_span
    WHERE topic = OLD.topic AND partition = OLD.partition AND number <= OLD.number ORDER BY number DESC LIMIT 1
  )
  RETURNING * INTO span;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  INSERT INTO outbox_span (topic, partition, number, records, target_topic, target_partition, key, recorded_at, decision_number)
  SELECT span.topic, span.partition, part.number, part.records, span.target_topic, span.target_partition, span.key,
    span.recorded_at, span.decision_number + part.number - span.number
  FROM (VALUES
    (span.number, (OLD.number - span.number)::integer),
    (OLD.number + 1, (span.number + span.records - OLD.number - 1)::integer)
  ) AS part (number, records)
  WHERE part.records > 0;
  RETURN OLD;
END
$function$;

CREATE OR REPLACE FUNCTION public.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  RAISE EXCEPTION USING
    ERRCODE = 'PW002',
    MESSAGE = format('Rows of %s are never changed or removed: %s refused.', TG_TABLE_NAME, TG_OP);
END
$function$;

CREATE OR REPLACE FUNCTION public.save_batch(p_topic text, p_partition integer, p_epoch bigint, p_from_offset bigint, p_from_slice bigint, p_to_offset bigint, p_to_slice bigint, p_outbox_number bigint, p_last_offset bigint, p_last_appended_at timestamp with time zone, p_last_hash text, p_recorded_at timestamp with time zone, p_facts save_fact[], p_ids save_id[], p_waiting save_waiting[], p_waited save_waited[], p_states save_state[], p_verdicts save_verdict[], p_decisions save_decision[], p_quarantine save_quarantine[], p_outbox save_outbox[], p_contracts save_contract[], p_published save_published[])
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET enable_bitmapscan TO 'off'
AS $function$
DECLARE
  recorded timestamptz;
  upsert_ids boolean := cardinality(p_ids) > 0;
BEGIN
  UPDATE partition_owner SET
    next_offset = p_to_offset,
    slice = p_to_slice,
    outbox_number = p_outbox_number + cardinality(p_outbox),
    last_offset = p_last_offset,
    last_appended_at = p_last_appended_at,
    last_hash = p_last_hash,
    recorded_at = greatest(recorded_at, p_recorded_at)
  WHERE topic = p_topic AND partition = p_partition AND epoch = p_epoch
    AND next_offset = p_from_offset AND slice = p_from_slice AND outbox_number = p_outbox_number
  RETURNING recorded_at INTO recorded;
  -- What follows is already on the wire: the statement itself must fail.
  IF NOT FOUND THEN
    RAISE EXCEPTION USING
      ERRCODE = 'PW001',
      MESSAGE = format('Partition %s/%s is not where its writer believes it to be.', p_topic, p_partition),
      DETAIL = coalesce((
        SELECT format('epoch %s, next offset %s, slice %s, outbox number %s', epoch, next_offset, slice, outbox_number)
        FROM partition_owner WHERE topic = p_topic AND partition = p_partition
      ), 'never taken');
  END IF;

  IF cardinality(p_facts) > 0 THEN
    INSERT INTO fact (contract, source, id, type, subject, occurred_at, appended_at, recorded_at, sequence,
      content_hash, data, topic, partition, record_offset)
    SELECT r.contract, r.source, r.id, r.type, r.subject, r.occurred_at, r.appended_at, recorded, r.sequence,
      r.content_hash, r.data, p_topic, p_partition, r.record_offset
    FROM unnest(p_facts) r;
  END IF;

  -- As many ids as facts: no more than the facts' own, hence new.
  IF upsert_ids AND cardinality(p_ids) = cardinality(p_facts) THEN
    BEGIN
      INSERT INTO processed_id (contract, source, id, content_hash, type, appended_at, keys, note)
      SELECT r.contract, r.source, r.id, r.content_hash, r.type, r.appended_at, r.keys, r.note FROM unnest(p_ids) r;
      upsert_ids := false;
    EXCEPTION
      WHEN unique_violation THEN NULL;
    END;
  END IF;
  IF upsert_ids THEN
    INSERT INTO processed_id (contract, source, id, content_hash, type, appended_at, keys, note)
    SELECT r.contract, r.source, r.id, r.content_hash, r.type, r.appended_at, r.keys, r.note FROM unnest(p_ids) r
    ON CONFLICT (contract, source, id) DO UPDATE SET
      content_hash = excluded.content_hash, type = excluded.type, appended_at = excluded.appended_at,
      keys = excluded.keys, note = excluded.note;
  END IF;

  IF cardinality(p_waited) > 0 THEN
    DELETE FROM waiting_correction w USING unnest(p_waited) r
    WHERE w.contract = r.contract AND w.source = r.source AND w.id = r.id;
  END IF;
  IF cardinality(p_waiting) > 0 THEN
    INSERT INTO waiting_correction (contract, source, id, target_source, target_id, correction)
    SELECT r.contract, r.source, r.id, r.target_source, r.target_id, r.correction FROM unnest(p_waiting) r
    ON CONFLICT (contract, source, id) DO UPDATE SET
      target_source = excluded.target_source, target_id = excluded.target_id, correction = excluded.correction;
  END IF;

  IF cardinality(p_states) > 0 THEN
    MERGE INTO subject_state s USING unnest(p_states) r ON s.contract = r.contract AND s.key = r.key
    WHEN MATCHED THEN UPDATE SET packed = r.packed, next_instant = r.next_instant
    WHEN NOT MATCHED THEN INSERT (contract, key, packed, next_instant) VALUES (r.contract, r.key, r.packed, r.next_instant);
  END IF;

  IF cardinality(p_verdicts) > 0 THEN
    MERGE INTO verdict v USING unnest(p_verdicts) r
      ON v.contract = r.contract AND v.obligation = r.obligation AND v.subject = r.subject AND v.instance = r.instance
    WHEN MATCHED THEN UPDATE SET
      clause = r.clause, party = r.party, state = r.state, started_at = r.started_at, due_at = r.due_at,
      stopped_at = r.stopped_at, state_key = r.state_key, revision = r.revision, number = r.number,
      effective_at = r.effective_at, dimensions = r.dimensions, breached = r.state = 'breached', faulted = r.state = 'faulted'
    WHEN NOT MATCHED THEN INSERT (contract, obligation, subject, instance, clause, party, state, started_at, due_at,
      stopped_at, state_key, revision, number, effective_at, dimensions, breached, faulted)
    VALUES (r.contract, r.obligation, r.subject, r.instance, r.clause, r.party, r.state, r.started_at, r.due_at,
      r.stopped_at, r.state_key, r.revision, r.number, r.effective_at, r.dimensions, r.state = 'breached', r.state = 'faulted');
  END IF;

  IF cardinality(p_decisions) > 0 THEN
    INSERT INTO decision (contract, number, generation, type, obligation, clause, party, subject, instance, state,
      revision, supersedes, effective_at, decided_at, record)
    SELECT r.contract, r.number, r.generation, r.type, r.obligation, r.clause, r.party, r.subject, r.instance, r.state,
      r.revision, r.supersedes, r.effective_at, recorded, r.record
    FROM unnest(p_decisions) r;
  END IF;

  IF cardinality(p_quarantine) > 0 THEN
    INSERT INTO quarantine (topic, partition, contract, source, event_id, reason, detail, record_offset, appended_at,
      recorded_at, headers, key, value)
    SELECT p_topic, p_partition, r.contract, r.source, r.event_id, r.reason, r.detail, r.record_offset, r.appended_at,
      recorded, r.headers, r.key, r.value
    FROM unnest(p_quarantine) r;
  END IF;

  IF cardinality(p_outbox) > 0 THEN
    INSERT INTO outbox_span (topic, partition, number, records, target_topic, target_partition, key, headers, value,
      decision_number, recorded_at)
    SELECT p_topic, p_partition, p_outbox_number + r.n, 1, r.target_topic, r.target_partition, r.key, r.headers, r.value,
      NULL, recorded
    FROM unnest(p_outbox) WITH ORDINALITY
      AS r (target_topic, target_partition, key, headers, value, decision_number, n)
    WHERE r.decision_number IS NULL
    UNION ALL
    -- A run ends where anything else comes between: another contract, another topic, an alert, a number that does not follow.
    SELECT p_topic, p_partition, p_outbox_number + min(r.n), count(*), r.target_topic, r.target_partition, r.key, NULL, NULL,
      min(r.decision_number), recorded
    FROM (
      SELECT o.*, count(*) FILTER (WHERE o.begins) OVER (ORDER BY o.n) AS run
      FROM (
        SELECT a.*, (lag(a.target_topic) OVER w, lag(a.target_partition) OVER w, lag(a.key) OVER w, lag(a.decision_number) OVER w)
          IS DISTINCT FROM (a.target_topic, a.target_partition, a.key, a.decision_number - 1) AS begins
        FROM unnest(p_outbox) WITH ORDINALITY
          AS a (target_topic, target_partition, key, headers, value, decision_number, n)
        WINDOW w AS (ORDER BY a.n)
      ) o
    ) r
    WHERE r.decision_number IS NOT NULL
    GROUP BY r.target_topic, r.target_partition, r.key, r.run;
  END IF;

  IF cardinality(p_contracts) > 0 THEN
    INSERT INTO contract_state (contract, topic, partition, clock, last_number, state, recorded_at)
    SELECT r.contract, p_topic, p_partition, r.clock, r.last_number, r.state, recorded FROM unnest(p_contracts) r
    ON CONFLICT (contract) DO UPDATE SET
      topic = excluded.topic, partition = excluded.partition, clock = excluded.clock,
      last_number = excluded.last_number, state = excluded.state, recorded_at = excluded.recorded_at;
  END IF;

  IF cardinality(p_contracts) > 0 THEN
    INSERT INTO contract_clock (contract, recorded_at, clock)
    SELECT r.contract, recorded, r.clock FROM unnest(p_contracts) r
    WHERE r.contract IN (SELECT f.contract FROM unnest(p_facts) f)
      OR r.contract IN (SELECT d.contract FROM unnest(p_decisions) d)
      OR NOT EXISTS (
        SELECT FROM contract_clock k
        WHERE k.contract = r.contract AND k.recorded_at > recorded - interval '1 hour' AND k.recorded_at <= recorded
      )
    ON CONFLICT (contract, recorded_at) DO UPDATE SET clock = excluded.clock;
  END IF;

  IF cardinality(p_published) > 0 THEN
    INSERT INTO published_contract (contract, version, hash, calendars, from_instant, published_at)
    SELECT r.contract, r.version, r.hash, r.calendars, r.from_instant, recorded FROM unnest(p_published) r
    ON CONFLICT (contract, version) DO UPDATE SET
      hash = excluded.hash, calendars = excluded.calendars, from_instant = excluded.from_instant;
  END IF;

  RETURN recorded;
END
$function$;

CREATE OR REPLACE FUNCTION public.save_batch(p_topic text, p_partition integer, p_epoch bigint, p_from_offset bigint, p_from_slice bigint, p_to_offset bigint, p_to_slice bigint, p_outbox_number bigint, p_last_offset bigint, p_last_appended_at timestamp with time zone, p_last_hash text, p_recorded_at timestamp with time zone, p_facts save_fact[], p_ids save_id[], p_waiting save_waiting[], p_waited save_waited[], p_states save_state[], p_verdicts save_verdict[], p_decisions save_decision[], p_quarantine save_quarantine[], p_outbox save_outbox[], p_contracts save_contract[], p_published save_published[], p_counts save_count[], p_periods save_period[])
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
DECLARE
  recorded timestamptz;
BEGIN
  recorded := save_batch(p_topic, p_partition, p_epoch, p_from_offset, p_from_slice, p_to_offset, p_to_slice,
    p_outbox_number, p_last_offset, p_last_appended_at, p_last_hash, p_recorded_at, p_facts, p_ids, p_waiting, p_waited,
    p_states, p_verdicts, p_decisions, p_quarantine, p_outbox, p_contracts, p_published);

  IF cardinality(p_counts) > 0 THEN
    INSERT INTO standard_count AS c (contract, version, standard, minute, value, good, items, undecided, sum)
    SELECT r.contract, r.version, r.standard, r.minute, r.value, r.good, r.items, r.undecided, r.sum::numeric
    FROM unnest(p_counts) r
    ON CONFLICT (contract, version, standard, minute, value) DO UPDATE SET
      good = c.good + excluded.good, items = c.items + excluded.items,
      undecided = c.undecided + excluded.undecided, sum = c.sum + excluded.sum;
  END IF;

  IF cardinality(p_periods) > 0 THEN
    INSERT INTO standard_period (contract, standard, period, state, numerator, denominator, value, target, sample,
      revision, number)
    SELECT r.contract, r.standard, r.period, r.state, r.numerator, r.denominator, r.value, r.target, r.sample,
      r.revision, r.number
    FROM unnest(p_periods) r
    ON CONFLICT (contract, standard, period) DO UPDATE SET
      state = excluded.state, numerator = excluded.numerator, denominator = excluded.denominator,
      value = excluded.value, target = excluded.target, sample = excluded.sample, revision = excluded.revision,
      number = excluded.number;
  END IF;

  RETURN recorded;
END
$function$;
