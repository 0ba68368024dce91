import type { Instant } from '#libs/calendar';
import type { Dispute, Signature } from '#libs/evaluation';
import type { RecordedDispute, RecordedSignature } from './recorded-statement.js';
import type { Line, Statement } from './statement.js';

/** A line with its name, and of an adjustment the line that it adjusts. */
export interface LifeLine extends Line {
  readonly id: string;
  readonly adjusts: { readonly cycle: string; readonly line: string } | null;
}

/** A dispute as it stands. */
export interface LiveDispute extends Dispute {
  /** The name of its line; as it was written where there is no such line. */
  readonly lineId: string;
  /** Moot: there is no such line, or none that can be disputed, or the statement was final. */
  readonly state: 'open' | 'upheld' | 'waived' | 'adjusted' | 'moot';
}

export interface LiveSignature extends Signature {
  /** False where lines have changed since the revision that was signed. */
  readonly counts: boolean;
}

/** What was recorded last about the statement of a cycle. */
export interface LastRevision {
  readonly state: 'frozen' | 'final';
  readonly revision: number;
  readonly number: number;
  /** The revision that has changed the lines last. */
  readonly linesRevision: number;
  readonly frozenAt: Instant;
  readonly finalAt: Instant | null;
  readonly lines: readonly LifeLine[];
  readonly capped: readonly string[];
  readonly disputes: readonly RecordedDispute[];
  readonly signatures: readonly RecordedSignature[];
}

export type StatementChange = 'frozen' | 'revised' | 'final';

/** A statement as of an instant of the contract's clock, and what of it is to be recorded. */
export interface LiveStatement extends Omit<Statement, 'state' | 'lines'> {
  readonly state: 'provisional' | 'frozen' | 'final';
  readonly lines: readonly LifeLine[];
  readonly disputes: readonly LiveDispute[];
  readonly signatures: readonly LiveSignature[];
  /** When it freezes or froze; null where that lies beyond the years of the calendar. */
  readonly frozenAt: Instant | null;
  /** When it becomes final where nothing is disputed and not both have signed. Null while provisional, or beyond the calendar. */
  readonly finalDueAt: Instant | null;
  readonly finalAt: Instant | null;
  /** Null: nothing new. */
  readonly change: StatementChange | null;
  /** Whether the lines are others than those recorded last. */
  readonly linesChanged: boolean;
}
