import type { Instant } from '#libs/calendar';

export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue };
export type JsonObject = { [key: string]: JsonValue };

/**
 * Something that happened on the platform: a CloudEvents 1.0 event that was read, checked and attributed to a contract.
 * Immutable; a correction is a fact of its own.
 */
export interface Fact {
  readonly contract: string;
  readonly source: string;
  /** Unique per source within a contract. */
  readonly id: string;
  readonly type: string;
  /** Missing only for heartbeats and corrections. */
  readonly subject: string | undefined;
  /** The source's claim: CloudEvents `time`, cut to the millisecond. */
  readonly occurredAt: Instant;
  /** When it first reached us: a valid stamp, else the log's append time. Offline without `appendedtime`: `occurredAt`. */
  readonly appendedAt: Instant;
  /** CloudEvents extension `sequence`, where the source numbers its events; orders only facts of one source. */
  readonly sequence: string | undefined;
  readonly data: JsonObject;
  /** SHA-256 (hex) over type, subject, instant of `time` and `data` in canonical form: equal content, equal hash. */
  readonly contentHash: string;
}

/** Why something could not be judged. The public reasons of `quarantined` records. */
export type RefusalReason =
  | 'SCHEMA'
  | 'ID_REUSE'
  | 'TIME_IMPLAUSIBLE'
  | 'UNKNOWN_CONTRACT'
  | 'FORGED'
  | 'MISROUTED'
  | 'POISON'
  | 'UNREADABLE'
  | 'TOO_LARGE';

/** An expected refusal is a value: `id` and `source` where they could be read, `detail` names field, value and what was allowed. */
export interface Refusal {
  readonly reason: RefusalReason;
  readonly detail: string;
  readonly id: string | null;
  readonly source: string | null;
  readonly contract: string | null;
}
