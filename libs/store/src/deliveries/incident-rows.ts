/** What nobody should have to hear twice: one per contract, rule, subject and instance. Instants are epoch milliseconds. */
export interface IncidentRow {
  readonly incident: string;
  readonly contract: string;
  /** Of the version that the last alert names. */
  readonly contractHash: string;
  /** Of an obligation, duty, prohibition or standard; else what it is about (`feed`, `statement`, `delivery`). */
  readonly rule: string;
  readonly subject: string | null;
  readonly clause: string | null;
  /** Who owes the duty; null where nobody does. */
  readonly party: string | null;
  /** Of the alert that opened it. */
  readonly kind: string;
  readonly severity: string;
  readonly state: 'open' | 'acknowledged' | 'escalated' | 'resolved' | 'withdrawn';
  /** Counts how often it was opened, or became more severe. */
  readonly run: number;
  readonly openedAt: number;
  readonly changedAt: number;
  readonly acknowledged: Acknowledgement | null;
  /** How far up it went in this run; 0: nowhere. */
  readonly escalatedStep: number;
  /** JSON text of the last alert that says what it is about. */
  readonly record: string;
}

interface Acknowledgement {
  readonly by: string;
  readonly at: number;
  readonly note: string | null;
}

export interface NewEscalation {
  readonly incident: string;
  readonly run: number;
  readonly route: string;
  /** From 1. */
  readonly step: number;
  readonly dueAt: number;
}

export interface SilenceRow {
  readonly id: string;
  readonly contract: string;
  /** JSON text of what it matches. */
  readonly match: string;
  readonly reason: string;
  /** JSON text of who said so. */
  readonly by: string;
  readonly beginsAt: number;
  readonly endsAt: number;
}

export interface IncidentColumns {
  readonly incident: string;
  readonly contract: string;
  readonly contract_hash: string;
  readonly rule: string;
  readonly subject: string | null;
  readonly clause: string | null;
  readonly party: string | null;
  readonly kind: string;
  readonly severity: string;
  readonly state: IncidentRow['state'];
  readonly run: number;
  readonly opened_at: Date;
  readonly changed_at: Date;
  readonly acknowledged: Acknowledgement | null;
  readonly escalated_step: number;
  readonly record: unknown;
}

export interface SilenceColumns {
  readonly id: string;
  readonly contract: string;
  readonly match: unknown;
  readonly reason: string;
  readonly by: unknown;
  readonly begins_at: Date;
  readonly ends_at: Date;
}

export function toIncident(row: IncidentColumns): IncidentRow {
  return {
    incident: row.incident,
    contract: row.contract,
    contractHash: row.contract_hash,
    rule: row.rule,
    subject: row.subject,
    clause: row.clause,
    party: row.party,
    kind: row.kind,
    severity: row.severity,
    state: row.state,
    run: row.run,
    openedAt: row.opened_at.getTime(),
    changedAt: row.changed_at.getTime(),
    acknowledged: row.acknowledged,
    escalatedStep: row.escalated_step,
    record: JSON.stringify(row.record),
  };
}

export function toSilence(row: SilenceColumns): SilenceRow {
  return {
    id: row.id,
    contract: row.contract,
    match: JSON.stringify(row.match),
    reason: row.reason,
    by: JSON.stringify(row.by),
    beginsAt: row.begins_at.getTime(),
    endsAt: row.ends_at.getTime(),
  };
}

export const INCIDENTS_BY_ID = 'SELECT * FROM incident WHERE incident = ANY($1::text[])';

export const SILENCES_OF = 'SELECT * FROM silence WHERE contract = ANY($1::text[]) AND ends_at > now() ORDER BY id';

export const SAVE_INCIDENTS = `
INSERT INTO incident (incident, contract, contract_hash, rule, subject, clause, party, kind, severity, state, run,
                      opened_at, changed_at, acknowledged, escalated_step, record)
SELECT incident, contract, "contractHash", rule, subject, clause, party, kind, severity, state, run,
       to_timestamp("openedAt" / 1000.0), to_timestamp("changedAt" / 1000.0), nullif(acknowledged, 'null'),
       "escalatedStep", record::json
FROM json_to_recordset($1::json) AS i(
  incident text, contract text, "contractHash" text, rule text, subject text, clause text, party text, kind text,
  severity text, state text, run integer, "openedAt" bigint, "changedAt" bigint, acknowledged jsonb,
  "escalatedStep" integer, record text)
ON CONFLICT (incident) DO UPDATE SET
  contract_hash = EXCLUDED.contract_hash, rule = EXCLUDED.rule, subject = EXCLUDED.subject, clause = EXCLUDED.clause,
  party = EXCLUDED.party, kind = EXCLUDED.kind, severity = EXCLUDED.severity, state = EXCLUDED.state, run = EXCLUDED.run,
  opened_at = EXCLUDED.opened_at, changed_at = EXCLUDED.changed_at, acknowledged = EXCLUDED.acknowledged,
  escalated_step = EXCLUDED.escalated_step, record = EXCLUDED.record`;

export const DROP_ESCALATIONS = 'DELETE FROM escalation WHERE incident = ANY($1::text[])';

export const ADD_ESCALATIONS = `
INSERT INTO escalation (incident, run, route, step, planned_at, due_at)
SELECT incident, run, route, step, to_timestamp("dueAt" / 1000.0), to_timestamp("dueAt" / 1000.0)
FROM json_to_recordset($1::json) AS e(incident text, run integer, route text, step integer, "dueAt" bigint)
ON CONFLICT DO NOTHING`;

export const ADD_SILENCES = `
INSERT INTO silence (id, contract, match, reason, by, begins_at, ends_at)
SELECT id, contract, match::jsonb, reason, by::jsonb, to_timestamp("beginsAt" / 1000.0), to_timestamp("endsAt" / 1000.0)
FROM json_to_recordset($1::json) AS s(
  id text, contract text, match text, reason text, by text, "beginsAt" bigint, "endsAt" bigint)
ON CONFLICT DO NOTHING`;
