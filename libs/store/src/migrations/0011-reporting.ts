import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What reports and dashboards may read: views without payloads of facts, recipients or contacts, and a role that can do nothing
 * but select from them. Where the migrating user may not make roles, whoever may does it, and grants what stands at the end.
 */
export class Reporting implements MigrationInterface {
  readonly name = 'Reporting0000000000011';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(SQL);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations only go forward; restore a backup to go back.'));
  }
}

const SQL = `
-- Decisions of a span of time; those about periods, cycles and rights; what was told when.
CREATE INDEX decision_decided ON decision USING brin (decided_at);
CREATE INDEX decision_of_period ON decision (contract, obligation, subject, number) WHERE instance = 0;

CREATE SCHEMA reporting;
COMMENT ON SCHEMA reporting IS 'Read only, for reports and dashboards: role pactwatch_reader.';

CREATE FUNCTION reporting.url_part(part text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $function$
  SELECT coalesce(string_agg(
    CASE WHEN letter COLLATE "C" ~ '^[A-Za-z0-9_.~-]$' THEN letter
    ELSE regexp_replace(upper(encode(convert_to(letter, 'UTF8'), 'hex')), '(..)', '%\\1', 'g') END, '' ORDER BY place), '')
  FROM regexp_split_to_table(part, '') WITH ORDINALITY AS letters (letter, place)
$function$;
COMMENT ON FUNCTION reporting.url_part IS 'Percent-encoded for a link.';

-- caseLink stands at the beginning of a line of the contract file, or the contract has none.
CREATE VIEW reporting.contract AS
SELECT s.contract, p.version, p.from_instant AS version_from, s.clock, s.recorded_at, s.partition, s.last_number,
  substring(convert_from(d.bytes, 'UTF8') FROM '(?n)^caseLink:[ \\t]*[''"]?(https?://[^[:space:]''"]+)') AS case_link,
  '/v1/contracts/' || reporting.url_part(s.contract) AS audit_path
FROM contract_state s
LEFT JOIN LATERAL (
  SELECT c.version, c.from_instant, c.hash FROM published_contract c
  WHERE c.contract = s.contract
  ORDER BY c.from_instant <= coalesce(s.clock, 'infinity') DESC, c.from_instant DESC, c.version DESC
  LIMIT 1
) p ON true
LEFT JOIN document d ON d.hash = p.hash;

CREATE VIEW reporting.amendment AS
SELECT contract, version, from_instant, published_at FROM published_contract;

CREATE VIEW reporting.verdict AS
SELECT v.contract, v.obligation, v.clause, v.party, v.subject, v.instance, v.state, v.started_at, v.due_at, v.stopped_at,
  v.revision, v.effective_at, d.decided_at,
  '/v1/verdicts/' || reporting.url_part(v.contract) || '/' || reporting.url_part(v.obligation) || '/'
    || reporting.url_part(v.subject) || '/' || v.instance AS audit_path,
  replace(c.case_link, '{subject}', reporting.url_part(v.subject)) AS case_link
FROM verdict v
LEFT JOIN decision d ON d.contract = v.contract AND d.number = v.number
LEFT JOIN reporting.contract c ON c.contract = v.contract
WHERE v.state <> 'withdrawn';

CREATE VIEW reporting.decision AS
SELECT d.contract, d.number, d.generation, d.type, d.obligation, d.clause, d.party, d.subject, d.instance, d.state,
  d.revision, d.supersedes, d.effective_at, d.decided_at,
  CASE WHEN d.instance > 0 THEN '/v1/verdicts/' || reporting.url_part(d.contract) || '/' || reporting.url_part(d.obligation)
    || '/' || reporting.url_part(d.subject) || '/' || d.instance END AS audit_path
FROM decision d;

CREATE VIEW reporting.standard AS
SELECT p.contract, p.standard, d.clause, d.party, p.period, p.state, p.numerator::numeric AS numerator,
  p.denominator::numeric AS denominator, p.value::numeric AS value, p.target::numeric AS target, p.sample, p.revision,
  d.effective_at, d.decided_at,
  '/v1/contracts/' || reporting.url_part(p.contract) || '/standards?standard=' || reporting.url_part(p.standard)
    || '&period=' || reporting.url_part(p.period) AS audit_path
FROM standard_period p
JOIN decision d ON d.contract = p.contract AND d.number = p.number;

-- The latest revision of each.
CREATE VIEW reporting.statement AS
SELECT DISTINCT ON (contract, subject) contract, subject AS cycle, state, revision, record ->> 'currency' AS currency,
  (record #>> '{totals,provider}')::numeric AS provider, (record #>> '{totals,client}')::numeric AS client,
  record #>> '{net,from}' AS net_from, (record #>> '{net,amount}')::numeric AS net_amount, effective_at, decided_at,
  '/v1/contracts/' || reporting.url_part(contract) || '/statements/' || reporting.url_part(subject) AS audit_path
FROM decision
WHERE instance = 0 AND obligation = 'statement' AND type LIKE 'compliance.statement.%'
ORDER BY contract, subject, number DESC;

CREATE VIEW reporting.statement_line AS
SELECT s.contract, s.cycle, line ->> 'party' AS party, line ->> 'remedy' AS remedy, line ->> 'clause' AS clause,
  line ->> 'about' AS about, line ->> 'subject' AS subject, (line ->> 'amount')::numeric AS amount, s.currency, s.state,
  s.audit_path
FROM (
  SELECT DISTINCT ON (contract, subject) contract, subject AS cycle, state, record ->> 'currency' AS currency, record,
    '/v1/contracts/' || reporting.url_part(contract) || '/statements/' || reporting.url_part(subject) AS audit_path
  FROM decision
  WHERE instance = 0 AND obligation = 'statement' AND type LIKE 'compliance.statement.%'
  ORDER BY contract, subject, number DESC
) s, json_array_elements(s.record -> 'lines') AS line;

CREATE VIEW reporting.delivery AS
SELECT a.contract, a.incident, a.kind, d.channel, d.status, d.attempts, d.created_at, d.sent_at, d.next_attempt_at
FROM delivery d JOIN alert a ON a.id = d.alert_id;

CREATE VIEW reporting.quarantine AS
SELECT id, contract, source, reason, partition, record_offset, appended_at, recorded_at, released_at,
  '/v1/quarantine/' || id AS audit_path
FROM quarantine;

CREATE VIEW reporting.partition AS
SELECT o.partition, o.epoch, o.next_offset, o.recorded_at, o.process, o.taken_at, o.starts, w.waiting, w.oldest_waiting_at
FROM partition_owner o
LEFT JOIN LATERAL (
  SELECT count(*) AS waiting, min(b.recorded_at) AS oldest_waiting_at FROM outbox b
  WHERE b.topic = o.topic AND b.partition = o.partition
) w ON true
WHERE o.topic = 'platform.events';

-- Roles belong to the whole server: another database of it may have made this one, also at this very moment.
DO $body$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'pactwatch_reader') THEN
    BEGIN
      CREATE ROLE pactwatch_reader NOLOGIN;
      ALTER ROLE pactwatch_reader SET default_transaction_read_only = on;
      ALTER ROLE pactwatch_reader SET statement_timeout = '30s';
    EXCEPTION
      WHEN duplicate_object OR unique_violation THEN NULL;
      WHEN insufficient_privilege THEN
        RAISE WARNING 'The role pactwatch_reader could not be made: somebody who may has to make it and to grant it reporting.';
    END;
  END IF;
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'pactwatch_reader') THEN
    GRANT USAGE ON SCHEMA reporting TO pactwatch_reader;
    GRANT SELECT ON ALL TABLES IN SCHEMA reporting TO pactwatch_reader;
  END IF;
END
$body$;
`;
