import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Counters of standards by minute, and what was recorded when their periods closed. A save takes both along: a second
 * `save_batch` with two more parameters, beside the one that an older process still calls.
 */
export class Standards implements MigrationInterface {
  readonly name = 'Standards0000000000008';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(SQL);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations only go forward; restore a backup to go back.'));
  }
}

const SQL = `
CREATE TABLE standard_count (
  contract text COLLATE "C" NOT NULL,
  version integer NOT NULL,
  standard text COLLATE "C" NOT NULL,
  minute timestamptz NOT NULL,
  value text COLLATE "C" NOT NULL,
  good bigint NOT NULL,
  items bigint NOT NULL,
  undecided bigint NOT NULL,
  sum numeric NOT NULL,
  PRIMARY KEY (contract, version, standard, minute, value)
);
COMMENT ON TABLE standard_count IS 'What the subjects of a contract add to a standard of a version, by the minute that places it.';
COMMENT ON COLUMN standard_count.standard IS 'Of a segment: standard.segment.';
COMMENT ON COLUMN standard_count.value IS 'Of a percentile the value that is counted; else empty.';

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
  PRIMARY KEY (contract, standard, period)
);
COMMENT ON TABLE standard_period IS 'What the last decision about a standard in a closed period says; number: of that decision.';

CREATE TYPE save_count AS (
  contract text, version integer, standard text, minute timestamptz, value text,
  good bigint, items bigint, undecided bigint, sum text
);
CREATE TYPE save_period AS (
  contract text, standard text, period text, state text, numerator text, denominator text, value text, target text,
  sample bigint, revision integer, number bigint
);

CREATE FUNCTION save_batch(
  p_topic text, p_partition integer, p_epoch bigint, p_from_offset bigint, p_from_slice bigint,
  p_to_offset bigint, p_to_slice bigint, p_outbox_number bigint,
  p_last_offset bigint, p_last_appended_at timestamptz, p_last_hash text, p_recorded_at timestamptz,
  p_facts save_fact[], p_ids save_id[], p_waiting save_waiting[], p_waited save_waited[], p_states save_state[],
  p_verdicts save_verdict[], p_decisions save_decision[], p_quarantine save_quarantine[], p_outbox save_outbox[],
  p_contracts save_contract[], p_published save_published[], p_counts save_count[], p_periods save_period[]
) RETURNS timestamptz LANGUAGE plpgsql AS $function$
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
`;
