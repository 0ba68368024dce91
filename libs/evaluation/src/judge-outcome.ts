import type { Instant } from '#libs/calendar';
import type { Fact, Refusal } from '#libs/contract';
import type { ContractMemory, ImportState, PublishedVersion } from './contract-memory.js';
import type { FeedChange } from './feeds.js';
import type { RawRecord } from './judge-item.js';
import type { IdEntry, WaitingCorrection } from './register-fact.js';
import type { SubjectState } from './subject-state.js';
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
    refused: [],
    contracts: new Set(),
    published: [],
    summaries: [],
    feeds: [],
    openClocks: new Map(),
    counts: { accepted: 0, duplicate: 0, refused: 0 },
  };
}
