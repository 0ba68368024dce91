import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What a save writes, written with less:
 * - Decisions that are told one after the other are one row of the outbox. The view `outbox` shows one row per record, and
 *   through it a process of the release before reads and forgets them as it did.
 * - The state of a verdict stands in no index any more, so that a verdict that changes is a new version in the same page and
 *   nothing else. Breaches and what could not be judged are found by a flag each, which hardly ever changes.
 * - Rows that are there are changed without a lock of their own first; ids of new facts are inserted without a look before.
 * - The plans of a save are made once for a connection.
 *
 * It also lets the cursor of a door say which record it read last.
 */
export class FewerWrites implements MigrationInterface {
  readonly name = 'FewerWrites0000000000015';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(SQL);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations only go forward; restore a backup to go back.'));
  }
}

const SQL = `
ALTER TABLE verdict ADD COLUMN breached boolean NOT NULL DEFAULT false, ADD COLUMN faulted boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN verdict.breached IS 'Of state breached: stands in an index in its place.';
COMMENT ON COLUMN verdict.faulted IS 'Of state faulted: stands in an index in its place.';
UPDATE verdict SET breached = true WHERE state = 'breached';
UPDATE verdict SET faulted = true WHERE state = 'faulted';
ALTER TABLE verdict ADD CONSTRAINT verdict_flags CHECK (breached = (state = 'breached') AND faulted = (state = 'faulted')) NOT VALID;
DROP INDEX verdict_breached;
DROP INDEX verdict_faulted;
CREATE INDEX verdict_breached ON verdict (contract, obligation, subject, instance) WHERE breached;
CREATE INDEX verdict_faulted ON verdict (contract, state_key) WHERE faulted;

ALTER TABLE door_cursor
  ADD COLUMN last_offset bigint,
  ADD COLUMN last_appended_at timestamptz,
  ADD COLUMN last_hash text;

ALTER TABLE outbox RENAME TO outbox_span;
ALTER INDEX outbox_pkey RENAME TO outbox_span_pkey;
ALTER TABLE outbox_span RENAME CONSTRAINT outbox_check TO outbox_span_check;
ALTER TABLE outbox_span
  ADD COLUMN records integer NOT NULL DEFAULT 1,
  ADD CONSTRAINT outbox_span_records CHECK (CASE WHEN decision_number IS NULL THEN records = 1 ELSE records > 0 END);
COMMENT ON TABLE outbox_span IS 'Records that wait to be relayed: one, or several decisions of a contract that follow each other.';
COMMENT ON COLUMN outbox_span.number IS 'Of the first record.';
COMMENT ON COLUMN outbox_span.decision_number IS 'Of the first record, where it is a decision that is told; headers and value follow from its row.';

CREATE VIEW outbox AS
SELECT topic, partition, number + n AS number, target_topic, target_partition, key, headers, value, recorded_at,
  decision_number + n AS decision_number
FROM outbox_span, generate_series(0, records - 1) AS n;
COMMENT ON VIEW outbox IS 'What waits to be relayed, record by record.';

CREATE FUNCTION forget_outbox_record() RETURNS trigger LANGUAGE plpgsql AS $function$
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
CREATE TRIGGER outbox_forget INSTEAD OF DELETE ON outbox FOR EACH ROW EXECUTE FUNCTION forget_outbox_record();

CREATE OR REPLACE VIEW reporting.partition AS
SELECT o.partition, o.epoch, o.next_offset, o.recorded_at, o.process, o.taken_at, o.starts, w.waiting, w.oldest_waiting_at
FROM partition_owner o
LEFT JOIN LATERAL (
  SELECT coalesce(sum(b.records), 0)::bigint AS waiting, min(b.recorded_at) AS oldest_waiting_at FROM outbox_span b
  WHERE b.topic = o.topic AND b.partition = o.partition
) w ON true
WHERE o.topic = 'platform.events';

-- The rows of a save are found by their keys, one by one, however large or small a table was when its plan was made; and a plan
-- is made once, not anew for each save of a few rows.
CREATE OR REPLACE FUNCTION save_batch(
  p_topic text, p_partition integer, p_epoch bigint, p_from_offset bigint, p_from_slice bigint,
  p_to_offset bigint, p_to_slice bigint, p_outbox_number bigint,
  p_last_offset bigint, p_last_appended_at timestamptz, p_last_hash text, p_recorded_at timestamptz,
  p_facts save_fact[], p_ids save_id[], p_waiting save_waiting[], p_waited save_waited[], p_states save_state[],
  p_verdicts save_verdict[], p_decisions save_decision[], p_quarantine save_quarantine[], p_outbox save_outbox[],
  p_contracts save_contract[], p_published save_published[]
) RETURNS timestamptz LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_bitmapscan = off
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

ALTER FUNCTION save_batch(
  text, integer, bigint, bigint, bigint, bigint, bigint, bigint, bigint, timestamptz, text, timestamptz,
  save_fact[], save_id[], save_waiting[], save_waited[], save_state[], save_verdict[], save_decision[], save_quarantine[],
  save_outbox[], save_contract[], save_published[], save_count[], save_period[]
) SET plan_cache_mode = force_generic_plan;
`;
