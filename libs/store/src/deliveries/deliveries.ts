import type { Pool, PoolClient } from 'pg';
import { inTransaction } from './in-transaction.js';
import {
  ADD_ESCALATIONS,
  ADD_SILENCES,
  DROP_ESCALATIONS,
  INCIDENTS_BY_ID,
  SAVE_INCIDENTS,
  SILENCES_OF,
  toIncident,
  toSilence,
  type IncidentColumns,
  type IncidentRow,
  type NewEscalation,
  type SilenceColumns,
  type SilenceRow,
} from './incident-rows.js';
import { fullPace, takeTokens, waitForTokens, type Pace, type PaceLimit } from './pace.js';

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
  /** Tells alerts of one kind beside the same decision apart: which warning, which fact. */
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
  readonly severity: string;
  /** JSON text of the message as it goes out; null where it is held for a digest. */
  readonly message: string | null;
  /** True: held for the digest too where an earlier one about the same incident still is. Else it would come first. */
  readonly follows: boolean;
  readonly idempotencyKey: string;
  /** Why it is not sent at all; null: it is. */
  readonly suppressed: string | null;
  /** Not before this instant (epoch milliseconds); null: at once. */
  readonly notBefore: number | null;
  /** When the agreed delay is over (epoch milliseconds): where the breach is withdrawn before, neither is sent. Null: not held back. */
  readonly heldUntil: number | null;
  /** May be told in a digest where the limits of its receiver would be passed. */
  readonly gathers: boolean;
  /** At most so many about one incident to one receiver within so many milliseconds; null: no cap. */
  readonly cap: { readonly most: number; readonly perMillis: number } | null;
}

export interface AlertSave {
  readonly consumer: string;
  readonly topic: string;
  readonly partition: number;
  /** Where the caller believes the position stands. */
  readonly fromOffset: number;
  readonly toOffset: number;
  readonly alerts: readonly NewAlert[];
  /** As they stand after these alerts. */
  readonly incidents: readonly IncidentRow[];
  readonly escalations: readonly NewEscalation[];
  /** Incidents nobody needs to be told of further up any more. */
  readonly settled: readonly string[];
  readonly silences: readonly SilenceRow[];
  /** Incidents whose breach was withdrawn: what is held back of them is not sent. */
  readonly withdrawn: readonly string[];
}

/** What tells an alert from all others. */
export type AlertKey = Pick<NewAlert, 'contract' | 'generation' | 'number' | 'kind' | 'warning'>;

/** What is known already when a batch of alerts comes in. */
export interface Standing {
  /** For each key that was asked for: whether the alert is here already. */
  readonly known: readonly boolean[];
  readonly incidents: ReadonlyMap<string, IncidentRow>;
  /** Those that have not ended. */
  readonly silences: readonly SilenceRow[];
}

/** How fast the receivers of a channel may be written to. */
export type LimitsOf = (channel: string) => readonly PaceLimit[];

/** A delivery that the caller has to send now, or give back with an outcome. */
export interface ClaimedDelivery {
  readonly id: string;
  readonly channel: string;
  readonly recipient: string;
  readonly message: string;
  readonly idempotencyKey: string;
  /** This attempt's number, from 1. */
  readonly attempt: number;
  readonly contract: string;
  readonly contractHash: string;
  /** Of its alert. */
  readonly kind: string;
  /** JSON text of who is written to. */
  readonly addressee: string;
  readonly severity: string;
}

/** Held deliveries of one contract to one recipient by one channel. */
export interface HeldGroup {
  readonly contract: string;
  readonly channel: string;
  readonly recipient: string;
  /** True where at least one was held because the limits of its receiver would have been passed. */
  readonly overLimit: boolean;
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
export type WrittenDigest = Pick<NewDelivery, 'channel' | 'recipient' | 'addressee' | 'idempotencyKey'> & {
  readonly message: string;
};

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

/** Offsets of a topic that was made anew may be taken by alerts of the one before: these get the next ones that are free. */
const SAVE_ALERTS = `
WITH taken AS (
  SELECT coalesce(max(record_offset), -1) AS last FROM alert WHERE topic = $1 AND partition = $2
), incoming AS (
  SELECT i.*, CASE WHEN min("offset") OVER () > taken.last THEN "offset"
                   ELSE taken.last + row_number() OVER (ORDER BY "offset") END AS place
  FROM taken, json_to_recordset($3::json) AS i(
    "offset" bigint, contract text, generation integer, number bigint, incident text, change bigint, kind text,
    warning text, record json, deliveries json)
), fresh AS (
  INSERT INTO alert (topic, partition, record_offset, contract, generation, number, incident, change, kind, warning,
                     record, created_at)
  SELECT $1, $2, place, contract, generation, number, incident, change, kind, warning, record, now()
  FROM incoming ORDER BY place
  ON CONFLICT DO NOTHING
  RETURNING id, record_offset
)
INSERT INTO delivery (alert_id, channel, recipient, status, next_attempt_at, idempotency_key, details, created_at,
                      last_response, ended_at, gathers, held_until)
SELECT fresh.id, d.channel, d.recipient, CASE WHEN d.suppressed IS NULL THEN 'pending' ELSE 'suppressed' END,
       CASE WHEN d.message IS NOT NULL AND d.suppressed IS NULL
            THEN greatest(now(), to_timestamp(d."notBefore" / 1000.0)) END,
       d.key, jsonb_build_object('addressee', d.addressee, 'severity', d.severity, 'message', d.message), now(),
       d.suppressed, CASE WHEN d.suppressed IS NOT NULL THEN now() END, d.gathers,
       to_timestamp(d."heldUntil" / 1000.0)
FROM fresh
JOIN incoming ON incoming.place = fresh.record_offset,
LATERAL ROWS FROM (json_to_recordset(incoming.deliveries) AS (
  channel text, recipient text, addressee jsonb, message jsonb, "idempotencyKey" text, suppressed text,
  "notBefore" bigint, gathers boolean, "heldUntil" bigint, severity text)
) WITH ORDINALITY AS d(channel, recipient, addressee, message, key, suppressed, "notBefore", gathers, "heldUntil",
                       severity, place)
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

/** Of what was told of one incident to one receiver within a span, whatever is beyond the cap. */
const CAP = `
UPDATE delivery d SET status = 'suppressed', next_attempt_at = NULL, ended_at = now(), last_response = $4
FROM alert a, unnest($1::text[], $2::integer[], $3::bigint[]) AS c(key, most, millis)
WHERE d.idempotency_key = c.key AND a.id = d.alert_id AND d.status = 'pending'
  AND (SELECT count(*) FROM alert b JOIN delivery e ON e.alert_id = b.id
       WHERE b.incident = a.incident AND e.channel = d.channel AND e.recipient = d.recipient AND e.id < d.id
         AND e.status <> 'suppressed' AND e.created_at > now() - c.millis * interval '1 millisecond') >= c.most`;

/** The breach that was held back, and what would follow it to the same receiver: neither has been told. */
const DROP_HELD_BACK = `
WITH held AS (
  SELECT d.id, a.incident, d.channel, d.recipient FROM delivery d JOIN alert a ON a.id = d.alert_id
  WHERE a.incident = ANY($1::text[]) AND d.held_until > now() AND d.status = 'pending' AND d.attempts = 0
  FOR UPDATE OF d
)
UPDATE delivery d SET status = 'suppressed', next_attempt_at = NULL, ended_at = now(), last_response = $2
FROM alert a, held
WHERE a.id = d.alert_id AND a.incident = held.incident AND d.channel = held.channel AND d.recipient = held.recipient
  AND d.id >= held.id AND d.status = 'pending' AND d.attempts = 0`;

/** What may be sent once it is due: not what an earlier delivery about the same incident must precede. */
const NEXT_IN_LINE = `
  FROM delivery d JOIN alert a ON a.id = d.alert_id
  WHERE d.status = 'pending'
    AND NOT EXISTS (
      SELECT 1 FROM alert b JOIN delivery e ON e.alert_id = b.id
      WHERE b.incident = a.incident AND b.id < a.id AND e.status = 'pending' AND e.next_attempt_at IS NOT NULL
        AND e.channel = d.channel AND e.recipient = d.recipient)`;

const DUE = `
SELECT d.id, d.channel, d.recipient, now() AS now ${NEXT_IN_LINE} AND d.next_attempt_at <= now()
ORDER BY d.next_attempt_at, d.id
LIMIT $1
FOR UPDATE OF d SKIP LOCKED`;

const TAKE = `
UPDATE delivery d SET attempts = d.attempts + 1, next_attempt_at = now() + $2 * interval '1 millisecond'
FROM alert a
WHERE d.id = ANY($1::bigint[]) AND a.id = d.alert_id
RETURNING d.id, d.channel, d.recipient, d.details -> 'message' AS message, d.idempotency_key, d.attempts, a.contract,
          a.kind, a.record ->> 'contractHash' AS contract_hash, d.details -> 'addressee' AS addressee,
          coalesce(d.details ->> 'severity', '') AS severity`;

/** How much waits for a receiver, and whether some of it is held because its limits would have been passed. */
const WAITING = `
SELECT count(*) FILTER (WHERE next_attempt_at <= now())::integer AS due,
       coalesce(bool_or(next_attempt_at IS NULL AND details ? 'overLimit'), false) AS held
FROM delivery WHERE channel = $1 AND recipient = $2 AND status = 'pending'`;

/** Not what was tried already, nor what would then be told before an earlier message about the same incident. */
const GATHER = `
UPDATE delivery SET next_attempt_at = NULL, details = details || '{"overLimit": true}'
WHERE id IN (
  SELECT d.id FROM delivery d JOIN alert a ON a.id = d.alert_id
  WHERE d.channel = $1 AND d.recipient = $2 AND d.status = 'pending' AND d.gathers AND d.attempts = 0
    AND d.next_attempt_at <= now()
    AND NOT EXISTS (
      SELECT 1 FROM alert b JOIN delivery e ON e.alert_id = b.id
      WHERE b.incident = a.incident AND e.id < d.id AND e.channel = d.channel AND e.recipient = d.recipient
        AND e.status = 'pending' AND (e.attempts > 0 OR e.next_attempt_at > now() OR NOT e.gathers))
  FOR UPDATE OF d SKIP LOCKED)
RETURNING id`;

const KNOWN = `
SELECT EXISTS (
  SELECT 1 FROM alert a
  WHERE a.contract = k.contract AND a.generation = k.generation AND a.number = k.number AND a.kind = k.kind
    AND a.warning = k.warning) AS known
FROM ROWS FROM (json_to_recordset($1::json) AS (
  contract text, generation integer, number bigint, kind text, warning text))
WITH ORDINALITY AS k(contract, generation, number, kind, warning, place)
ORDER BY k.place`;

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
       d.details ? 'overLimit' AS over_limit,
       EXISTS (SELECT 1 FROM alert l WHERE l.incident = a.incident AND l.id > a.id AND l.kind = $5) AS withdrawn_since
FROM delivery d JOIN alert a ON a.id = d.alert_id
WHERE d.status = 'pending' AND d.next_attempt_at IS NULL
  AND a.contract = $1 AND d.channel = $2 AND d.recipient = $3
ORDER BY d.id
LIMIT $4
FOR UPDATE OF d SKIP LOCKED`;

const ADD_DIGEST = `
INSERT INTO delivery (alert_id, channel, recipient, status, next_attempt_at, idempotency_key, details, created_at)
VALUES ($1, $2, $3, 'pending', now(), $4,
        jsonb_build_object('addressee', $5::jsonb, 'message', $6::jsonb, 'isDigest', true), now())
RETURNING id`;

const SUPPRESSED_BY_CAP = 'the cap on repeats about one incident is reached';
const SUPPRESSED_AS_WITHDRAWN = 'withdrawn before the agreed delay was over';

/** Where the last of what waits could not be sent within this time, it is told together. */
const GATHER_AFTER_MILLIS = 30_000;

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
   * Moves a position where the log does not hold it any more.
   *
   * @throws PositionMovedError where it is not `from`
   */
  async restart(consumer: string, topic: string, partition: number, from: number, to: number): Promise<void> {
    const moved = await this.pool.query(
      `UPDATE consumer_position SET next_offset = $5
       WHERE consumer = $1 AND topic = $2 AND partition = $3 AND next_offset = $4`,
      [consumer, topic, partition, from, to],
    );
    if (moved.rowCount !== 1) throw new PositionMovedError(consumer, topic, partition, from);
  }

  /** What the alerts of a batch meet. Whoever saves on it is refused where another process has saved since. */
  async standing(
    keys: readonly AlertKey[],
    incidents: readonly string[],
    contracts: readonly string[],
  ): Promise<Standing> {
    const [known, found, silences] = await Promise.all([
      this.pool.query<{ known: boolean }>(KNOWN, [JSON.stringify(keys)]),
      this.pool.query<IncidentColumns>(INCIDENTS_BY_ID, [incidents]),
      this.pool.query<SilenceColumns>(SILENCES_OF, [contracts]),
    ]);
    return {
      known: known.rows.map((row) => row.known),
      incidents: new Map(found.rows.map((row) => [row.incident, toIncident(row)])),
      silences: silences.rows.map(toSilence),
    };
  }

  /**
   * Saves a batch of alerts, their deliveries, incidents and the position in one transaction. An alert that is here already
   * (same contract, generation, number, kind and warning) is passed over, and its deliveries with it.
   *
   * @throws PositionMovedError where the position is not `fromOffset`: nothing is saved.
   */
  async save(save: AlertSave): Promise<void> {
    await inTransaction(this.pool, async (client) => {
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
      const capped = save.alerts.flatMap(({ deliveries }) => deliveries.filter(({ cap }) => cap !== null));
      if (capped.length > 0) {
        await client.query(CAP, [
          capped.map((delivery) => delivery.idempotencyKey),
          capped.map(({ cap }) => cap?.most),
          capped.map(({ cap }) => cap?.perMillis),
          SUPPRESSED_BY_CAP,
        ]);
      }
      if (save.withdrawn.length > 0) await client.query(DROP_HELD_BACK, [save.withdrawn, SUPPRESSED_AS_WITHDRAWN]);
      if (save.incidents.length > 0) await client.query(SAVE_INCIDENTS, [JSON.stringify(save.incidents)]);
      if (save.settled.length > 0) await client.query(DROP_ESCALATIONS, [save.settled]);
      if (save.escalations.length > 0) await client.query(ADD_ESCALATIONS, [JSON.stringify(save.escalations)]);
      if (save.silences.length > 0) await client.query(ADD_SILENCES, [JSON.stringify(save.silences)]);
    });
  }

  /**
   * Takes deliveries that are due, oldest first, never one while an earlier one about the same incident waits, and never more
   * than the limits of their receivers allow. What is not given back with an outcome within the lease is due again: its sender
   * is taken for dead. What a receiver cannot be sent yet waits for its turn; where that would take long, what may be told
   * together is held for a digest.
   *
   * @returns what to send now; `looked`: how many were due. More may be due where that is the limit.
   */
  async claim(
    limit: number,
    leaseMillis: number,
    limitsOf: LimitsOf,
  ): Promise<{ readonly claimed: ClaimedDelivery[]; readonly looked: number }> {
    return inTransaction(this.pool, async (client) => {
      const { rows: due } = await client.query<DueColumns>(DUE, [limit]);
      const receivers = new Map<string, DueColumns[]>();
      for (const row of due) {
        const receiver = JSON.stringify([row.channel, row.recipient]);
        receivers.set(receiver, [...(receivers.get(receiver) ?? []), row]);
      }
      const granted: string[] = [];
      // In one order everywhere: two that claim at once wait for each other's receivers in turn, not in a circle.
      for (const receiver of [...receivers.keys()].sort()) {
        granted.push(...(await grant(client, receivers.get(receiver) ?? [], limitsOf)));
      }
      const { rows } = await client.query<ClaimedColumns>(TAKE, [granted, leaseMillis]);
      return { claimed: rows.map(toClaimed).sort((a, b) => Number(a.id) - Number(b.id)), looked: due.length };
    });
  }

  /** The receiver has taken it over. Final, whoever else tries at the same time. */
  async accepted(id: string, response: string): Promise<void> {
    await this.pool.query(
      `UPDATE delivery SET status = 'sent', sent_at = now(), ended_at = now(), last_response = $2
       WHERE id = $1 AND status <> 'sent'`,
      [id, response],
    );
  }

  /** Not taken over: again after a while, or never where `againMillis` is null. Does nothing once a later attempt began. */
  async refused(id: string, attempt: number, response: string, againMillis: number | null): Promise<void> {
    await this.pool.query(
      `UPDATE delivery
       SET last_response = $3, status = CASE WHEN $4::bigint IS NULL THEN 'failed' ELSE status END,
           next_attempt_at = now() + coalesce($4::bigint, 0) * interval '1 millisecond',
           ended_at = CASE WHEN $4::bigint IS NULL THEN now() END
       WHERE id = $1 AND attempts = $2 AND status = 'pending'`,
      [id, attempt, response, againMillis],
    );
  }

  /** Given back untried: this attempt does not count, and the next is not before an instant (epoch milliseconds). */
  async putOff(id: string, attempt: number, notBefore: number): Promise<void> {
    await this.pool.query(
      `UPDATE delivery SET attempts = attempts - 1, next_attempt_at = greatest(now(), to_timestamp($3::float8 / 1000))
       WHERE id = $1 AND attempts = $2 AND status = 'pending'`,
      [id, attempt, notBefore],
    );
  }

  /** The receiver takes nothing for so long, whatever the message. */
  async block(channel: string, recipient: string, millis: number): Promise<void> {
    await this.pool.query(
      `INSERT INTO receiver_pace (channel, recipient, tokens, filled_at, blocked_until)
       VALUES ($1, $2, '{}', now(), now() + $3 * interval '1 millisecond')
       ON CONFLICT (channel, recipient) DO UPDATE
       SET blocked_until = greatest(receiver_pace.blocked_until, EXCLUDED.blocked_until)`,
      [channel, recipient, millis],
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
      made += await inTransaction(this.pool, (client) => this.digestGroup(client, row, options.withdrawalKind, write));
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
      over_limit: boolean;
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
    const digest = await write({ ...group, overLimit: rows.some((row) => row.over_limit), items });
    const added = await client.query<{ id: string }>(ADD_DIGEST, [
      last.alert_id,
      digest.channel,
      digest.recipient,
      digest.idempotencyKey,
      digest.addressee,
      digest.message,
    ]);
    await client.query(
      `UPDATE delivery SET status = 'summarised', ended_at = now(), details = details || jsonb_build_object('digest', $1::bigint)
       WHERE id = ANY($2::bigint[])`,
      [added.rows[0]?.id, items.map((item) => item.id)],
    );
    return 1;
  }
}

interface DueColumns {
  readonly id: string;
  readonly channel: string;
  readonly recipient: string;
  readonly now: Date;
}

interface ClaimedColumns {
  readonly id: string;
  readonly channel: string;
  readonly recipient: string;
  readonly message: unknown;
  readonly idempotency_key: string;
  readonly attempts: number;
  readonly contract: string;
  readonly contract_hash: string;
  readonly kind: string;
  readonly addressee: unknown;
  readonly severity: string;
}

function toClaimed(row: ClaimedColumns): ClaimedDelivery {
  return {
    id: row.id,
    channel: row.channel,
    recipient: row.recipient,
    message: JSON.stringify(row.message),
    idempotencyKey: row.idempotency_key,
    attempt: row.attempts,
    contract: row.contract,
    contractHash: row.contract_hash,
    kind: row.kind,
    addressee: JSON.stringify(row.addressee),
    severity: row.severity,
  };
}

/** Of what is due to one receiver, the ids that may go now; the rest is put off, or held to be told together. */
async function grant(client: PoolClient, due: readonly DueColumns[], limitsOf: LimitsOf): Promise<string[]> {
  const [{ channel, recipient, now: date } = { channel: '', recipient: '', now: new Date(0) }] = due;
  const limits = limitsOf(channel);
  const now = date.getTime();
  const kept = await client.query<{ tokens: number[]; filled_at: Date; blocked_until: Date | null }>(
    `SELECT tokens, filled_at, blocked_until FROM receiver_pace WHERE channel = $1 AND recipient = $2 FOR UPDATE`,
    [channel, recipient],
  );
  const [row] = kept.rows;
  if (limits.length === 0 && row === undefined) return due.map((one) => one.id);
  const pace: Pace =
    row === undefined
      ? fullPace(limits, now)
      : {
          tokens: row.tokens,
          filledAt: row.filled_at.getTime(),
          blockedUntil: row.blocked_until === null ? null : row.blocked_until.getTime(),
        };
  const { rows } = await client.query<{ due: number; held: boolean }>(WAITING, [channel, recipient]);
  const waiting = rows[0] ?? { due: due.length, held: false };
  const passes = waiting.due > 1 && waitForTokens(pace, limits, now, waiting.due) > GATHER_AFTER_MILLIS;
  const gathered =
    waiting.held || passes ? (await client.query<{ id: string }>(GATHER, [channel, recipient])).rows : [];
  const single = due.map((one) => one.id).filter((id) => !gathered.some((one) => one.id === id));
  const taken = takeTokens(pace, limits, now, single.length);
  await client.query(
    `INSERT INTO receiver_pace (channel, recipient, tokens, filled_at, blocked_until) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (channel, recipient) DO UPDATE SET tokens = EXCLUDED.tokens, filled_at = EXCLUDED.filled_at`,
    [channel, recipient, taken.pace.tokens, date, row?.blocked_until ?? null],
  );
  const late = single.slice(taken.granted);
  if (late.length > 0) {
    await client.query(
      `UPDATE delivery SET next_attempt_at = now() + $2 * interval '1 millisecond' WHERE id = ANY($1::bigint[])`,
      [late, Math.max(1, waitForTokens(taken.pace, limits, now, 1))],
    );
  }
  return single.slice(0, taken.granted);
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
  const { addressee, message, cap: _, follows: __, ...fields } = delivery;
  return `${JSON.stringify(fields).slice(0, -1)},"addressee":${addressee},"message":${message ?? 'null'}}`;
}
