import type { Pool } from 'pg';
import {
  INCIDENTS_BY_ID,
  SILENCES_OF,
  toIncident,
  toSilence,
  type IncidentColumns,
  type IncidentRow,
  type SilenceColumns,
  type SilenceRow,
} from './incident-rows.js';

export interface IncidentFilter {
  readonly contracts?: readonly string[] | undefined;
  readonly rule?: string | undefined;
  /** It and all below it. */
  readonly clause?: string | undefined;
  readonly party?: string | undefined;
  readonly subject?: string | undefined;
  readonly states?: readonly string[] | undefined;
  readonly severities?: readonly string[] | undefined;
}

/** The last one of a page: the next page begins behind it. */
export interface IncidentPlace {
  readonly changedAt: number;
  readonly incident: string;
}

/** A step that has fallen due while nobody acknowledged. */
export interface DueEscalation {
  readonly incident: string;
  readonly run: number;
  readonly route: string;
  readonly step: number;
  readonly contract: string;
  readonly plannedAt: number;
}

/** How a delivery ended, as the stream has not been told yet. */
export interface UntoldOutcome {
  readonly id: string;
  readonly idempotencyKey: string;
  readonly contract: string;
  readonly kind: string;
  /** What it was about; of a digest all that was in it. */
  readonly incidents: readonly string[];
  readonly digest: boolean;
  readonly channel: string;
  readonly recipient: string;
  /** JSON text of who was written to. */
  readonly addressee: string;
  readonly status: 'sent' | 'failed' | 'suppressed';
  readonly attempts: number;
  readonly response: string | null;
  readonly endedAt: number;
}

const UNTOLD = `
SELECT d.id, d.idempotency_key, a.contract, a.kind, a.incident, d.channel, d.recipient,
       d.details -> 'addressee' AS addressee, d.status, d.attempts, d.last_response, d.ended_at,
       d.details ? 'isDigest' AS digest,
       CASE WHEN d.details ? 'isDigest' THEN (
         SELECT array_agg(DISTINCT b.incident) FROM delivery e JOIN alert b ON b.id = e.alert_id
         WHERE e.details -> 'digest' = to_jsonb(d.id)) END AS incidents
FROM delivery d JOIN alert a ON a.id = d.alert_id
WHERE d.told_at IS NULL AND d.status IN ('sent', 'failed', 'suppressed')
ORDER BY d.id
LIMIT $1`;

/** What is read of incidents, and what the notifier still owes the stream about them. */
export class Incidents {
  constructor(private readonly pool: Pool) {}

  async byId(incident: string): Promise<IncidentRow | undefined> {
    const { rows } = await this.pool.query<IncidentColumns>(INCIDENTS_BY_ID, [[incident]]);
    return rows[0] === undefined ? undefined : toIncident(rows[0]);
  }

  /** Latest change first. */
  async list(filter: IncidentFilter, limit: number, after: IncidentPlace | null): Promise<IncidentRow[]> {
    const values: unknown[] = [limit];
    const conditions: string[] = [];
    const where = (sql: (place: string) => string, value: unknown): void => {
      values.push(value);
      conditions.push(sql(`$${values.length}`));
    };
    if (filter.contracts !== undefined) where((at) => `contract = ANY(${at}::text[])`, filter.contracts);
    if (filter.rule !== undefined) where((at) => `rule = ${at}`, filter.rule);
    if (filter.clause !== undefined)
      where((at) => `(clause = ${at} OR starts_with(clause, ${at} || '.'))`, filter.clause);
    if (filter.party !== undefined) where((at) => `party = ${at}`, filter.party);
    if (filter.subject !== undefined) where((at) => `subject = ${at}`, filter.subject);
    if (filter.states !== undefined) where((at) => `state = ANY(${at}::text[])`, filter.states);
    if (filter.severities !== undefined) where((at) => `severity = ANY(${at}::text[])`, filter.severities);
    if (after !== null) {
      values.push(after.changedAt, after.incident);
      const [at, id] = [values.length - 1, values.length];
      conditions.push(`(changed_at, incident) < (to_timestamp($${at}::float8 / 1000), $${id})`);
    }
    const { rows } = await this.pool.query<IncidentColumns>(
      `SELECT * FROM incident ${conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`}
       ORDER BY changed_at DESC, incident DESC LIMIT $1`,
      values,
    );
    return rows.map(toIncident);
  }

  /** Silences of a contract that have not ended. */
  async silences(contract: string): Promise<SilenceRow[]> {
    const { rows } = await this.pool.query<SilenceColumns>(SILENCES_OF, [[contract]]);
    return rows.map(toSilence);
  }

  /** Steps that have fallen due, the earliest first; only while their incident waits for somebody. */
  async dueEscalations(limit: number): Promise<DueEscalation[]> {
    const { rows } = await this.pool.query<{
      incident: string;
      run: number;
      route: string;
      step: number;
      contract: string;
      planned_at: Date;
    }>(
      `SELECT e.incident, e.run, e.route, e.step, i.contract, e.planned_at
       FROM escalation e JOIN incident i ON i.incident = e.incident AND i.run = e.run
       WHERE e.due_at <= now() AND i.state IN ('open', 'escalated')
       ORDER BY e.due_at, e.incident, e.route, e.step LIMIT $1`,
      [limit],
    );
    return rows.map(({ planned_at, ...row }) => ({ ...row, plannedAt: planned_at.getTime() }));
  }

  /** A step that the stream has been told of. */
  async escalated({ incident, run, route, step }: Omit<DueEscalation, 'contract' | 'plannedAt'>): Promise<void> {
    await this.pool.query('DELETE FROM escalation WHERE incident = $1 AND run = $2 AND route = $3 AND step = $4', [
      incident,
      run,
      route,
      step,
    ]);
  }

  /** A step that waits until an instant (epoch milliseconds): a silence is over then. */
  async putOffEscalation(
    { incident, run, route, step }: Omit<DueEscalation, 'contract' | 'plannedAt'>,
    until: number,
  ): Promise<void> {
    await this.pool.query(
      `UPDATE escalation SET due_at = to_timestamp($5::float8 / 1000)
       WHERE incident = $1 AND run = $2 AND route = $3 AND step = $4`,
      [incident, run, route, step, until],
    );
  }

  /** Ends of deliveries that the stream has not been told of, in order of their beginning. */
  async untold(limit: number): Promise<UntoldOutcome[]> {
    const { rows } = await this.pool.query<{
      id: string;
      idempotency_key: string;
      contract: string;
      kind: string;
      incident: string;
      channel: string;
      recipient: string;
      addressee: unknown;
      status: UntoldOutcome['status'];
      attempts: number;
      last_response: string | null;
      ended_at: Date;
      digest: boolean;
      incidents: string[] | null;
    }>(UNTOLD, [limit]);
    return rows.map((row) => ({
      id: row.id,
      idempotencyKey: row.idempotency_key,
      contract: row.contract,
      kind: row.kind,
      incidents: row.incidents ?? [row.incident],
      digest: row.digest,
      channel: row.channel,
      recipient: row.recipient,
      addressee: JSON.stringify(row.addressee),
      status: row.status,
      attempts: row.attempts,
      response: row.last_response,
      endedAt: row.ended_at.getTime(),
    }));
  }

  /** The stream has been told: their facts are appended. */
  async told(ids: readonly string[]): Promise<void> {
    await this.pool.query('UPDATE delivery SET told_at = now() WHERE id = ANY($1::bigint[])', [ids]);
  }

  async knowsContract(contract: string): Promise<boolean> {
    const { rows } = await this.pool.query('SELECT 1 FROM published_contract WHERE contract = $1 LIMIT 1', [contract]);
    return rows.length > 0;
  }

  /** Of each incident that is not over, the last message that a receiver of a channel has taken: JSON text. */
  async standingMessages(
    channel: string,
    limit: number,
  ): Promise<readonly { readonly recipient: string; readonly incident: string; readonly message: string }[]> {
    const { rows } = await this.pool.query<{ recipient: string; incident: string; message: unknown }>(
      `SELECT DISTINCT ON (i.incident, d.recipient) d.recipient, i.incident, d.details -> 'message' AS message
       FROM incident i JOIN alert a ON a.incident = i.incident JOIN delivery d ON d.alert_id = a.id
       WHERE i.state IN ('open', 'acknowledged', 'escalated') AND d.channel = $1 AND d.status = 'sent'
       ORDER BY i.incident, d.recipient, d.id DESC LIMIT $2`,
      [channel, limit],
    );
    return rows.map((row) => ({ ...row, message: JSON.stringify(row.message) }));
  }

  /** Deliveries of one incident in order, at most 1,000; undefined where the notifier has not read of it. */
  async deliveriesOf(incident: string): Promise<readonly DeliveryOfIncident[] | undefined> {
    const { rows } = await this.pool.query<DeliveryOfIncident & { readonly channel: string | null }>(
      `SELECT a.kind, d.channel, d.recipient, d.status, d.attempts, d.last_response AS response
       FROM alert a LEFT JOIN delivery d ON d.alert_id = a.id WHERE a.incident = $1 ORDER BY a.id, d.id LIMIT 1000`,
      [incident],
    );
    return rows.length === 0 ? undefined : rows.filter((row) => row.channel !== null);
  }
}

export interface DeliveryOfIncident {
  readonly kind: string;
  readonly channel: string;
  readonly recipient: string;
  readonly status: 'pending' | 'sent' | 'failed' | 'summarised' | 'suppressed';
  readonly attempts: number;
  readonly response: string | null;
}
