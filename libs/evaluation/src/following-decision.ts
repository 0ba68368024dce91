import type { Instant } from '#libs/calendar';
import type { PartyId } from '#libs/contract';
import type { Decision } from './verdict.js';

/** A decision that follows from verdicts and standards: about a statement, or a right that was raised. */
export interface FollowingDecision {
  readonly type:
    | 'compliance.statement.frozen'
    | 'compliance.statement.revised'
    | 'compliance.statement.final'
    | 'compliance.right.raised';
  readonly contract: string;
  /** In the same gapless row as the decisions about instances. */
  readonly number: number;
  readonly revision: number;
  readonly supersedes: number | null;
  readonly effectiveAt: Instant;
  /** What it is about: the right's rule, or `statement`. */
  readonly rule: string;
  readonly clause: string;
  readonly party: PartyId;
  /** The cycle, or what the right is about. */
  readonly subject: string;
  readonly state: string;
  /** The public record without generation, number and what is said of every decision. */
  readonly record: object;
  readonly cause: Decision['cause'];
  readonly backfill?: NonNullable<Decision['backfill']>;
}

/** What a closer keeps of a subject: a row of its own, which nothing else reads. */
export interface KeptRow {
  readonly contract: string;
  readonly key: string;
  readonly packed: string;
}
