import type { Instant } from '#libs/calendar';
import type { Fact, Refusal } from '#libs/contract';
import type { ContractMemory, ImportState, PublishedVersion } from './contract-memory.js';
import type { CountChange } from './count-change.js';
import type { FeedChange } from './feeds.js';
import type { FollowingDecision, KeptRow } from './following-decision.js';
import type { RawRecord } from './judge-item.js';
import type { IdEntry, WaitingCorrection } from './register-fact.js';
import type { SubjectState } from './subject-state.js';
import type { RecordedStandard, StandardDecision } from './standard-decision.js';
import type { Decision } from './verdict.js';

interface RefusedRecord {
  readonly refusal: Refusal;
  /** What is kept instead of the record at the offset. */
  readonly raw?: RawRecord | undefined;
  /** Offset of the record refused; of a correction that waited: of the record that showed it. */
  readonly offset: number;
}

export interface ImportSummary {
  readonly contract: string;
  readonly import: ImportState;
  readonly completedAt: Instant;
}

/** Everything one batch or slice changes; the shell saves it in one transaction. */
export interface JudgeOutcome {
  readonly facts: { readonly fact: Fact; readonly offset: number }[];
  readonly ids: Map<
    string,
    {
      readonly contract: string;
      readonly source: string;
      readonly id: string;
      readonly entry: IdEntry;
      readonly fact: Fact | null;
    }
  >;
  /** Removed before what is added is added. */
  readonly waitingRemoved: { readonly contract: string; readonly source: string; readonly id: string }[];
  readonly waitingAdded: { readonly contract: string; readonly waiting: WaitingCorrection }[];
  /** Changed states by `contract\nkey`, packed when saved. */
  readonly states: Map<
    string,
    {
      readonly contract: string;
      readonly key: string;
      readonly state: SubjectState;
      readonly nextInstant: Instant | null;
    }
  >;
  readonly decisions: Decision[];
  /** Decisions about closed periods, numbered in one row with those about instances. */
  readonly standards: StandardDecision[];
  /** Decisions about statements and rights, numbered in that row too. */
  readonly followed: FollowingDecision[];
  /** Changed rows that closers keep, by `contract\nkey`. */
  readonly kept: Map<string, KeptRow>;
  /** What is recorded about a closed period from now on, by `contract\nstandard/period`. */
  readonly periods: Map<string, { readonly contract: string; readonly recorded: RecordedStandard }>;
  /** By how much counters changed, by contract, version, standard, minute and value. */
  readonly figures: Map<string, CountChange>;
  readonly refused: RefusedRecord[];
  /** Contracts whose memory changed. */
  readonly contracts: Set<ContractMemory>;
  readonly published: { readonly contract: string; readonly version: PublishedVersion }[];
  readonly summaries: ImportSummary[];
  /** Feeds that fell silent, or are heard again. */
  readonly feeds: FeedChange[];
  /** By how much the number of clocks that run or are paused changed, by contract and obligation. */
  readonly openClocks: Map<string, { readonly contract: string; readonly obligation: string; change: number }>;
  /** Facts by what became of them, for counters. */
  readonly counts: { accepted: number; duplicate: number; refused: number };
}

export function emptyOutcome(): JudgeOutcome {
  return {
    facts: [],
    ids: new Map(),
    waitingRemoved: [],
    waitingAdded: [],
    states: new Map(),
    decisions: [],
    standards: [],
    followed: [],
    kept: new Map(),
    periods: new Map(),
    figures: new Map(),
    refused: [],
    contracts: new Set(),
    published: [],
    summaries: [],
    feeds: [],
    openClocks: new Map(),
    counts: { accepted: 0, duplicate: 0, refused: 0 },
  };
}
