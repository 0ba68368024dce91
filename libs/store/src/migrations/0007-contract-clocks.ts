import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Where the clock of a contract stood when something was recorded: what was known at an instant is judged as of the clock of
 * then. A save that brings facts or decisions of the contract keeps it; one that only moves the clock does once an hour.
 */
export class ContractClocks implements MigrationInterface {
  readonly name = 'ContractClocks0000000000007';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(SQL);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations only go forward; restore a backup to go back.'));
  }
}

const SQL = `
CREATE TABLE contract_clock (
  contract text COLLATE "C" NOT NULL,
  recorded_at timestamptz NOT NULL,
  clock timestamptz,
  PRIMARY KEY (contract, recorded_at)
);
COMMENT ON TABLE contract_clock IS 'Where the clock of a contract stood after a save; null: not begun.';
INSERT INTO contract_clock (contract, recorded_at, clock) SELECT contract, recorded_at, clock FROM contract_state;

CREATE OR REPLACE FUNCTION save_batch(
  p_topic text, p_partition integer, p_epoch bigint, p_from_offset bigint, p_from_slice bigint,
  p_to_offset bigint, p_to_slice bigint, p_outbox_number bigint,
  p_last_offset bigint, p_last_appended_at timestamptz, p_last_hash text, p_recorded_at timestamptz,
  p_facts save_fact[], p_ids save_id[], p_waiting save_waiting[], p_waited save_waited[], p_states save_state[],
  p_verdicts save_verdict[], p_decisions save_decision[], p_quarantine save_quarantine[], p_outbox save_outbox[],
  p_contracts save_contract[], p_published save_published[]
) RETURNS timestamptz LANGUAGE plpgsql AS $function$
DECLARE
  recorded timestamptz;
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

  IF cardinality(p_ids) > 0 THEN
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
    INSERT INTO subject_state (contract, key, packed, next_instant)
    SELECT r.contract, r.key, r.packed, r.next_instant FROM unnest(p_states) r
    ON CONFLICT (contract, key) DO UPDATE SET packed = excluded.packed, next_instant = excluded.next_instant;
  END IF;

  IF cardinality(p_verdicts) > 0 THEN
    INSERT INTO verdict (contract, obligation, subject, instance, clause, party, state, started_at, due_at,
      stopped_at, state_key, revision, number, effective_at, dimensions)
    SELECT r.contract, r.obligation, r.subject, r.instance, r.clause, r.party, r.state, r.started_at, r.due_at,
      r.stopped_at, r.state_key, r.revision, r.number, r.effective_at, r.dimensions
    FROM unnest(p_verdicts) r
    ON CONFLICT (contract, obligation, subject, instance) DO UPDATE SET
      clause = excluded.clause, party = excluded.party, state = excluded.state, started_at = excluded.started_at,
      due_at = excluded.due_at, stopped_at = excluded.stopped_at, state_key = excluded.state_key,
      revision = excluded.revision, number = excluded.number, effective_at = excluded.effective_at,
      dimensions = excluded.dimensions;
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
    INSERT INTO outbox (topic, partition, number, target_topic, target_partition, key, headers, value, decision_number,
      recorded_at)
    SELECT p_topic, p_partition, p_outbox_number + r.n, r.target_topic, r.target_partition, r.key, r.headers, r.value,
      r.decision_number, recorded
    FROM unnest(p_outbox) WITH ORDINALITY
      AS r (target_topic, target_partition, key, headers, value, decision_number, n);
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
`;
