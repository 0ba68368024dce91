import type { Pool, PoolClient } from 'pg';

/** An alert as it is kept, with the deliveries that the routes made of it. */
export interface NewAlert {
  readonly offset: number;
  readonly contract: string;
  /** `contract/obligation/subject/instance`, or the import that is summed up. */
  readonly incident: string;
  readonly change: number;
  readonly kind: string;
  readonly generation: number;
  readonly number: number;
  /** Which warning it is; empty for all other alerts. */
  readonly warning: string;
  /** JSON text of the alert's data as they came. */
  readonly record: string;
  readonly deliveries: readonly NewDelivery[];
}

export interface NewDelivery {
  readonly channel: string;
  readonly recipient: string;
  /** JSON text of who is written to. */
  readonly addressee: string;
  /** JSON text of the message as it goes out; null where it is held for a digest. */
  readonly message: string | null;
  /** True: held for the digest too where an earlier one about the same incident still is. Else it would come first. */
  readonly follows: boolean;
  readonly idempotencyKey: string;
}

export interface AlertSave {
  readonly consumer: string;
  readonly topic: string;
  readonly partition: number;
  /** Where the caller believes the position stands. */
  readonly fromOffset: number;
  readonly toOffset: number;
  readonly alerts: readonly NewAlert[];
}

/** A delivery that the caller has to send now, or give back with an outcome. */
export interface ClaimedDelivery {
  readonly id: string;
  readonly channel: string;
  readonly recipient: string;
  readonly message: string;
  readonly idempotencyKey: string;
  /** This attempt's number, from 1. */
  readonly attempt: number;
}

/** Held deliveries of one contract to one recipient by one channel. */
export interface HeldGroup {
  readonly contract: string;
  readonly channel: string;
  readonly recipient: string;
  readonly items: readonly HeldItem[];
}

interface HeldItem {
  readonly id: string;
  readonly alertId: string;
  readonly addressee: string;
  readonly kind: string;
  readonly record: string;
  /** True where a later alert of the same incident withdrew the breach. */
  readonly withdrawnSince: boolean;
}

/** A digest as it goes out. */
export type WrittenDigest = Omit<NewDelivery, 'follows' | 'message'> & { readonly message: string };

/** Somebody else has moved the position of this consumer: the batch was read on a wrong assumption. */
export class PositionMovedError extends Error {
  readonly retriable = false;

  constructor(
    readonly consumer: string,
    readonly topic: string,
    readonly partition: number,
    readonly expected: number,
  ) {
    super(`the position of ${consumer} in ${topic}/${partition} is no longer ${expected}: another process reads it`);
    this.name = 'PositionMovedError';
  }
}

/** Deliveries held for a digest at most this many at once; the rest follows in the next digest. */
const MAX_HELD = 500;

const SAVE_ALERTS = `
WITH incoming AS (
  SELECT * FROM json_to_recordset($3::json) AS i(
    "offset" bigint, contract text, generation integer, number bigint, incident text, change bigint, kind text,
    warning text, record json, deliveries json)
), fresh AS (
  INSERT INTO alert (topic, partition, record_offset, contract, generation, number, incident, change, kind, warning,
                     record, created_at)
  SELECT $1, $2, "offset", contract, generation, number, incident, change, kind, warning, record, now()
  FROM incoming ORDER BY "offset"
  ON CONFLICT DO NOTHING
  RETURNING id, record_offset
)
INSERT INTO delivery (alert_id, channel, recipient, status, next_attempt_at, idempotency_key, details, created_at)
SELECT fresh.id, d.channel, d.recipient, 'pending', CASE WHEN d.message IS NOT NULL THEN now() END, d.key,
       jsonb_build_object('addressee', d.addressee, 'message', d.message), now()
FROM fresh
JOIN incoming ON incoming."offset" = fresh.record_offset,
LATERAL ROWS FROM (json_to_recordset(incoming.deliveries) AS (
  channel text, recipient text, addressee jsonb, message jsonb, "idempotencyKey" text)
) WITH ORDINALITY AS d(channel, recipient, addressee, message, key, place)
ORDER BY fresh.id, d.place
ON CONFLICT (idempotency_key) DO NOTHING`;

const HOLD_WITH_EARLIER = `
UPDATE delivery d SET next_attempt_at = NULL
FROM alert a
WHERE a.id = d.alert_id AND d.idempotency_key = ANY($1::text[]) AND d.status = 'pending'
  AND EXISTS (
    SELECT 1 FROM alert b JOIN delivery e ON e.alert_id = b.id
    WHERE b.incident = a.incident AND b.id < a.id AND e.channel = d.channel AND e.recipient = d.recipient
      AND e.status = 'pending' AND e.next_attempt_at IS NULL)`;

/** What may be sent once it is due: not what an earlier delivery about the same incident must precede. */
const NEXT_IN_LINE = `
  FROM delivery d JOIN alert a ON a.id = d.alert_id
  WHERE d.status = 'pending'
    AND NOT EXISTS (
      SELECT 1 FROM alert b JOIN delivery e ON e.alert_id = b.id
      WHERE b.incident = a.incident AND b.id < a.id AND e.status = 'pending' AND e.next_attempt_at IS NOT NULL
        AND e.channel = d.channel AND e.recipient = d.recipient)`;

const CLAIM = `
UPDATE delivery SET attempts = attempts + 1, next_attempt_at = now() + $2 * interval '1 millisecond'
WHERE id IN (
  SELECT d.id ${NEXT_IN_LINE} AND d.next_attempt_at <= now()
  ORDER BY d.next_attempt_at, d.id
  LIMIT $1
  FOR UPDATE OF d SKIP LOCKED)
RETURNING id, channel, recipient, details -> 'message' AS message, idempotency_key, attempts`;

const HELD_GROUPS = `
SELECT a.contract, d.channel, d.recipient
FROM delivery d JOIN alert a ON a.id = d.alert_id
WHERE d.status = 'pending' AND d.next_attempt_at IS NULL
GROUP BY a.contract, d.channel, d.recipient
HAVING max(d.created_at) <= now() - $1 * interval '1 millisecond'
    OR min(d.created_at) <= now() - $2 * interval '1 millisecond'
ORDER BY a.contract, d.channel, d.recipient`;

const HELD_ITEMS = `
SELECT d.id, d.alert_id, d.details -> 'addressee' AS addressee, a.kind, a.record,
       EXISTS (SELECT 1 FROM alert l WHERE l.incident = a.incident AND l.id > a.id AND l.kind = $5) AS withdrawn_since
FROM delivery d JOIN alert a ON a.id = d.alert_id
WHERE d.status = 'pending' AND d.next_attempt_at IS NULL
  AND a.contract = $1 AND d.channel = $2 AND d.recipient = $3
ORDER BY d.id
LIMIT $4
FOR UPDATE OF d SKIP LOCKED`;

const ADD_DIGEST = `
INSERT INTO delivery (alert_id, channel, recipient, status, next_attempt_at, idempotency_key, details, created_at)
VALUES ($1, $2, $3, 'pending', now(), $4, jsonb_build_object('addressee', $5::jsonb, 'message', $6::jsonb), now())
RETURNING id`;

/**
 * The SQL of alerts and deliveries: what was taken in, what waits, what was sent. Instants are the database's. An alert
 * never changes; how it went stands in its deliveries, with the words that were sent. A delivery that waits for a digest
 * is pending without a next attempt.
 */
export class Deliveries {
  constructor(private readonly pool: Pool) {}

  /** Where a consumer goes on reading; `start` becomes its position where it has none yet. */
  async position(consumer: string, topic: string, partition: number, start: number): Promise<number> {
    await this.pool.query(
      `INSERT INTO consumer_position (consumer, topic, partition, next_offset) VALUES ($1, $2, $3, $4)
       ON CONFLICT (consumer, topic, partition) DO NOTHING`,
      [consumer, topic, partition, start],
    );
    const { rows } = await this.pool.query<{ next_offset: string }>(
      'SELECT next_offset FROM consumer_position WHERE consumer = $1 AND topic = $2 AND partition = $3',
      [consumer, topic, partition],
    );
    return Number(rows[0]?.next_offset ?? start);
  }

  /**
   * Saves a batch of alerts, their deliveries and the position in one transaction. An alert that is here already
   * (same contract, generation, number, kind and warning) is passed over, and its deliveries with it.
   *
   * @throws PositionMovedError where the position is not `fromOffset`: nothing is saved.
   */
  async save(save: AlertSave): Promise<void> {
    await this.inTransaction(async (client) => {
      const moved = await client.query(
        `UPDATE consumer_position SET next_offset = $5
         WHERE consumer = $1 AND topic = $2 AND partition = $3 AND next_offset = $4`,
        [save.consumer, save.topic, save.partition, save.fromOffset, save.toOffset],
      );
      if (moved.rowCount !== 1) {
        throw new PositionMovedError(save.consumer, save.topic, save.partition, save.fromOffset);
      }
      if (save.alerts.length > 0) {
        await client.query(SAVE_ALERTS, [save.topic, save.partition, alertsJson(save.alerts)]);
      }
      const following = save.alerts.flatMap(({ deliveries }) => deliveries.filter((delivery) => delivery.follows));
      if (following.length > 0) {
        await client.query(HOLD_WITH_EARLIER, [following.map((delivery) => delivery.idempotencyKey)]);
      }
    });
  }

  /**
   * Takes deliveries that are due, oldest first, never one while an earlier one about the same incident waits. What is
   * not given back with an outcome within the lease is due again: its sender is taken for dead.
   */
  async claim(limit: number, leaseMillis: number): Promise<ClaimedDelivery[]> {
    const { rows } = await this.pool.query<{
      id: string;
      channel: string;
      recipient: string;
      message: unknown;
      idempotency_key: string;
      attempts: number;
    }>(CLAIM, [limit, leaseMillis]);
    return rows
      .map((row) => ({
        id: row.id,
        channel: row.channel,
        recipient: row.recipient,
        message: JSON.stringify(row.message),
        idempotencyKey: row.idempotency_key,
        attempt: row.attempts,
      }))
      .sort((a, b) => Number(a.id) - Number(b.id));
  }

  /** The receiver has taken it over. Final, whoever else tries at the same time. */
  async accepted(id: string, response: string): Promise<void> {
    await this.pool.query(
      `UPDATE delivery SET status = 'sent', sent_at = now(), last_response = $2 WHERE id = $1 AND status <> 'sent'`,
      [id, response],
    );
  }

  /** Not taken over: again after a while, or never where `againMillis` is null. Does nothing once a later attempt began. */
  async refused(id: string, attempt: number, response: string, againMillis: number | null): Promise<void> {
    await this.pool.query(
      `UPDATE delivery
       SET last_response = $3, status = CASE WHEN $4::bigint IS NULL THEN 'failed' ELSE status END,
           next_attempt_at = now() + coalesce($4::bigint, 0) * interval '1 millisecond'
       WHERE id = $1 AND attempts = $2 AND status = 'pending'`,
      [id, attempt, response, againMillis],
    );
  }

  /** Milliseconds until a delivery can be claimed; null where none waits. Negative: since. */
  async nextDueIn(): Promise<number | null> {
    const { rows } = await this.pool.query<{ millis: number | null }>(
      `SELECT (extract(epoch FROM min(d.next_attempt_at) - now()) * 1000)::float8 AS millis ${NEXT_IN_LINE}`,
    );
    return rows[0]?.millis ?? null;
  }

  /**
   * Turns what is held into digests: for every (contract, channel, recipient) that has been quiet for `quietMillis`, or
   * has waited `atMostMillis`, asks for the digest's delivery and saves it in place of the held ones, in one transaction.
   *
   * @returns how many digests were made.
   */
  async digest(
    options: { readonly quietMillis: number; readonly atMostMillis: number; readonly withdrawalKind: string },
    write: (group: HeldGroup) => Promise<WrittenDigest>,
  ): Promise<number> {
    const { rows } = await this.pool.query<{ contract: string; channel: string; recipient: string }>(HELD_GROUPS, [
      options.quietMillis,
      options.atMostMillis,
    ]);
    let made = 0;
    for (const row of rows) {
      made += await this.inTransaction((client) => this.digestGroup(client, row, options.withdrawalKind, write));
    }
    return made;
  }

  private async digestGroup(
    client: PoolClient,
    group: { contract: string; channel: string; recipient: string },
    withdrawalKind: string,
    write: (group: HeldGroup) => Promise<WrittenDigest>,
  ): Promise<number> {
    const { rows } = await client.query<{
      id: string;
      alert_id: string;
      addressee: unknown;
      kind: string;
      record: unknown;
      withdrawn_since: boolean;
    }>(HELD_ITEMS, [group.contract, group.channel, group.recipient, MAX_HELD, withdrawalKind]);
    const last = rows.at(-1);
    if (last === undefined) return 0;
    const items = rows.map((row) => ({
      id: row.id,
      alertId: row.alert_id,
      addressee: JSON.stringify(row.addressee),
      kind: row.kind,
      record: JSON.stringify(row.record),
      withdrawnSince: row.withdrawn_since,
    }));
    const digest = await write({ ...group, items });
    const added = await client.query<{ id: string }>(ADD_DIGEST, [
      last.alert_id,
      digest.channel,
      digest.recipient,
      digest.idempotencyKey,
      digest.addressee,
      digest.message,
    ]);
    await client.query(
      `UPDATE delivery SET status = 'summarised', details = details || jsonb_build_object('digest', $1::bigint)
       WHERE id = ANY($2::bigint[])`,
      [added.rows[0]?.id, items.map((item) => item.id)],
    );
    return 1;
  }

  private async inTransaction<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    let broken: Error | undefined;
    try {
      await client.query('BEGIN');
      const result = await work(client);
      await client.query('COMMIT');
      return result;
    } catch (error) {
      await client.query('ROLLBACK').catch((failure: Error) => (broken = failure));
      throw error;
    } finally {
      client.release(broken);
    }
  }
}

/** The JSON inside is text already: put together by hand, it is not parsed and written once more. */
function alertsJson(alerts: readonly NewAlert[]): string {
  const one = (alert: NewAlert): string => {
    const { record, deliveries, ...fields } = alert;
    return `${JSON.stringify(fields).slice(0, -1)},"record":${record},"deliveries":[${deliveries.map(deliveryJson).join(',')}]}`;
  };
  return `[${alerts.map(one).join(',')}]`;
}

function deliveryJson(delivery: NewDelivery): string {
  const { addressee, message, channel, recipient, idempotencyKey } = delivery;
  const fields = { channel, recipient, idempotencyKey };
  return `${JSON.stringify(fields).slice(0, -1)},"addressee":${addressee},"message":${message ?? 'null'}}`;
}
