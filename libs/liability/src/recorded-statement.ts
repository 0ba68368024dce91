import type { PartyId } from '#libs/contract';
import type { StatementRecord } from './statement.js';

/** A line as a revision records it. */
export interface RecordedLine extends Readonly<StatementRecord['lines'][number]> {
  /** `party/remedy/clause/about/subject[/instance]`, with `#2` where one is there twice: what a dispute names. */
  readonly id: string;
  readonly instance: number | null;
  /** Of an adjustment: the line of a final statement whose amount has changed since. */
  readonly adjusts: { readonly cycle: string; readonly line: string } | null;
}

/** A dispute of one line. Instants are RFC 3339 text. */
export interface RecordedDispute {
  /** Id and source of the disputing fact. */
  readonly id: string;
  readonly source: string;
  /** The line's id; as it was written where there is no such line. */
  readonly line: string;
  readonly by: PartyId;
  readonly at: string;
  readonly reason: string | null;
  /** Moot: there is no such line, or none that can be disputed. It holds up nothing. */
  readonly state: 'open' | 'upheld' | 'waived' | 'adjusted' | 'moot';
  /** What the line comes to where it was adjusted; a decimal. */
  readonly amount: string | null;
  readonly decidedBy: PartyId | 'arbiter' | null;
  readonly decidedAt: string | null;
  /** The fact that decided it. */
  readonly decidedIn: { readonly source: string; readonly id: string } | null;
}

export interface RecordedSignature {
  readonly party: PartyId;
  readonly revision: number;
  readonly at: string;
  readonly source: string;
  readonly id: string;
  /** False where lines have changed since the revision that was signed. */
  readonly counts: boolean;
}

/** What is true of the life of a statement, whether or not it was recorded. */
export interface StatementLifeRecord extends Omit<StatementRecord, 'lines'> {
  /** `contract/cycle`. */
  readonly id: string;
  readonly currency: string;
  readonly lines: readonly RecordedLine[];
  /** Limits that took something back in this cycle. */
  readonly capped: readonly string[];
  /** Null while it is provisional. */
  readonly frozenAt: string | null;
  /** When it becomes final where nobody disputes it and not both have signed; null where that cannot be told. */
  readonly finalDueAt: string | null;
  readonly finalAt: string | null;
  readonly disputes: readonly RecordedDispute[];
  readonly signatures: readonly RecordedSignature[];
}

/** One revision of a statement: the message on `compliance.statements`, and what is stored of it. */
export interface RecordedStatement extends StatementLifeRecord {
  readonly generation: number;
  /** Gapless per contract, shared with all decisions. */
  readonly number: number;
  /** From 1, the freezing. */
  readonly revision: number;
  /** Number of the revision before. */
  readonly supersedes: number | null;
  /** The revision that has changed the lines last. A signature counts from that one on. */
  readonly linesRevision: number;
  /** What made it. */
  readonly cause:
    | { readonly kind: 'fact'; readonly source: string; readonly id: string }
    | { readonly kind: 'deadline'; readonly at: string }
    | { readonly kind: 'published'; readonly version: number }
    | { readonly kind: 'replay'; readonly id: string; readonly reason: string };
  /** Whose fact it was; null where time did it, or a source that speaks for neither party. */
  readonly who: PartyId | 'arbiter' | null;
  readonly effectiveAt: string;
  /** When it was recorded. */
  readonly decidedAt: string;
}
