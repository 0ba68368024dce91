import type { Instant } from '#libs/calendar';
import type { Contract, Language, PartyId, Period } from '#libs/contract';
import type { StandardVerdict, Verdict } from '#libs/evaluation';
import type { RecordedLine, StatementLifeRecord } from '#libs/liability';
import type { Words } from './words.js';

/** All that a report of one statement is made from. */
export interface StatementSource {
  /** The version in force when the cycle begins. */
  readonly contract: Contract;
  /** Every version: what a verdict was judged by explains it. */
  readonly versions: readonly Contract[];
  readonly cycle: Period;
  readonly statement: StatementLifeRecord & { readonly revision?: number };
  /** Up to when it holds. */
  readonly asOf: Instant;
  /** Verdicts and standards that lines may come from; what is missing is named by its id. */
  readonly verdicts: readonly Verdict[];
  readonly standards: readonly StandardVerdict[];
  /** Address of the product's own pages, without a slash at the end; null where a reader has none. */
  readonly publicUrl: string | null;
  /** The loss that a breach of the party did to the other, as that one states it; decimals above 0. */
  readonly losses: Readonly<Partial<Record<PartyId, string>>>;
}

/** A line of the statement, in words. */
export interface ReportLine {
  /** Its place in the statement, from 1: what a dispute may name. */
  readonly number: number;
  readonly party: PartyId;
  readonly remedy: string;
  readonly clause: string;
  readonly about: string;
  readonly subject: string;
  readonly base: string;
  readonly rate: string;
  readonly quantity: string;
  readonly amount: string;
  /** As the record has it. */
  readonly line: RecordedLine;
  readonly origin: LineOrigin | null;
  /** Further sentences: what it adjusts, that it is disputed. */
  readonly remarks: readonly string[];
}

/** One statement in one language: all its text, in order, without any layout. */
export interface StatementReport {
  readonly language: Language;
  readonly title: string;
  /** What the columns of the lines are called. */
  readonly columns: Words['columns'];
  readonly contractTitle: string;
  /** `CRM-2026-001 · 2026-03 · frozen`. */
  readonly runningHead: string;
  readonly head: readonly (readonly [label: string, value: string])[];
  readonly result: string;
  readonly sums: readonly (readonly [label: string, value: string])[];
  readonly parties: readonly {
    readonly party: PartyId;
    readonly heading: string;
    readonly lines: readonly ReportLine[];
    readonly empty: string;
    readonly total: readonly [label: string, value: string];
  }[];
  readonly disputes: readonly (readonly string[])[];
  readonly signatures: readonly (readonly string[])[];
  readonly origins: readonly Origin[];
  readonly notes: readonly string[];
  readonly asOf: Instant;
}

/** The verdict or the judged standard that a line comes from. */
export interface LineOrigin {
  /** `contract/obligation/subject/instance`, or `contract/standard/period`. */
  readonly id: string;
  readonly kind: 'verdict' | 'standard';
  /** Where it is read; null where a reader has no server. */
  readonly url: string | null;
}

/** An origin in words, with the lines that come from it. */
export interface Origin {
  readonly lines: string;
  readonly id: string;
  readonly url: string | null;
  /** Null where nothing more than the id is known. */
  readonly sentence: string | null;
  /** The facts used, one each. */
  readonly facts: readonly string[];
}
