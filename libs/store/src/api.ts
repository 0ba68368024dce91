/** Rows of the store as plain values: instants are epoch milliseconds, JSON travels as text that is stored unchanged. */

export interface OwnerRow {
  readonly topic: string;
  readonly partition: number;
  readonly epoch: number;
  readonly nextOffset: number;
  readonly slice: number;
  /** Number of the last outbox record written (0: none). */
  readonly outboxNumber: number;
  /** The last record read: takeover reads it again and compares. */
  readonly last: { readonly offset: number; readonly appendedAt: number; readonly hash: string } | null;
  /** The greatest instant of recording so far (null: nothing saved yet): the next must not lie before it. */
  readonly recordedAt: number | null;
  /**
   * How often in a row the partition was taken at this place, the last time included; what ended in order counts for none, nor
   * does a start whose process lives.
   */
  readonly starts: number;
  /** The record that was about to be judged by itself when the last owner ended, and by how many starts; null where none was. */
  readonly named: { readonly offset: number; readonly starts: number } | null;
}

/** Some keys of one contract, and the next instant of each in the same place: there may be millions, so none is an object. */
export interface OpenDeadlines {
  readonly contract: string;
  readonly keys: readonly string[];
  /** Epoch milliseconds. */
  readonly instants: readonly number[];
}

export interface Takeover {
  readonly owner: OwnerRow;
  readonly contracts: readonly ContractRow[];
  /** Every state with a next instant: what the timers need, nothing more. */
  readonly deadlines: readonly OpenDeadlines[];
  /** Subjects that could not be judged, with the clock at which that showed. */
  readonly faulted: readonly { readonly contract: string; readonly key: string; readonly at: number }[];
  /** Raised when a backup was restored (table `deployment`). */
  readonly generation: number;
}

export interface ContractRow {
  readonly contract: string;
  /** Null before the first record. */
  readonly clock: number | null;
  /** Number of the last decision, gapless. */
  readonly lastNumber: number;
  /** JSON of what the engine keeps per contract: published versions, open import, circumstances. */
  readonly state: string;
}

export interface FactRow {
  readonly contract: string;
  readonly source: string;
  readonly id: string;
  readonly type: string;
  readonly subject: string | null;
  readonly occurredAt: number;
  readonly appendedAt: number;
  readonly sequence: string | null;
  readonly contentHash: string;
  /** JSON text. */
  readonly data: string;
  readonly offset: number;
}

export interface IdRow {
  readonly contract: string;
  readonly source: string;
  readonly id: string;
  readonly contentHash: string;
  readonly type: string;
  readonly appendedAt: number;
  /** State keys the fact feeds (`kind/subject`); of a correction: those of the fact it finally corrects. */
  readonly keys: readonly string[];
  /** JSON of what the engine keeps beside it (the root of a correction, …); null for ordinary facts. */
  readonly note: string | null;
}

export interface WaitingRow {
  readonly contract: string;
  /** The fact it waits for. */
  readonly targetSource: string;
  readonly targetId: string;
  /** The correction that waits. */
  readonly source: string;
  readonly id: string;
  /** JSON of the correction as the engine needs it. */
  readonly correction: string;
}

export interface StateRow {
  readonly contract: string;
  /** `kind/subject` */
  readonly key: string;
  readonly packed: string;
  readonly nextInstant: number | null;
}

/** The current verdict of an instance, for readers; written only when it changes. */
export interface VerdictRow {
  readonly contract: string;
  readonly obligation: string;
  readonly subject: string;
  readonly instance: number;
  readonly clause: string;
  readonly party: string;
  readonly state: string;
  readonly startedAt: number;
  readonly dueAt: number | null;
  readonly stoppedAt: number | null;
  readonly stateKey: string;
  readonly revision: number;
  /** Number of the decision that made it so. */
  readonly number: number;
  readonly effectiveAt: number;
  /** JSON object of strings. */
  readonly dimensions: string;
}

export interface DecisionRow {
  readonly contract: string;
  readonly number: number;
  readonly generation: number;
  readonly type: string;
  readonly obligation: string;
  readonly clause: string;
  readonly party: string;
  readonly subject: string;
  readonly instance: number;
  readonly state: string;
  readonly revision: number;
  readonly supersedes: number | null;
  readonly effectiveAt: number;
  /** JSON of the public record, as it goes out on `compliance.decisions`. */
  readonly record: string;
}

export interface QuarantineRow {
  readonly contract: string | null;
  readonly source: string | null;
  readonly id: string | null;
  readonly reason: string;
  readonly detail: string;
  readonly offset: number;
  readonly appendedAt: number;
  readonly headers: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

export interface OutboxRow {
  readonly topic: string;
  readonly key: string | null;
  /** Absent: home partition of the key. */
  readonly partition: number | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: string;
  /**
   * Where the record tells a decision of contract `key`: its number. Headers and value are not kept then: they follow from the
   * decision's own row, which the same save writes.
   */
  readonly decisionNumber?: number;
}

/** A record of the outbox as it waits to be relayed. */
export type QueuedRow = QueuedMessage | QueuedDecision;

export interface QueuedMessage extends OutboxRow {
  readonly number: number;
  readonly recordedAt: number;
}

/** A decision to be told, as it was read back. */
interface QueuedDecision {
  readonly number: number;
  readonly recordedAt: number;
  readonly decision: DecisionRow;
}

/** A contract version that the stream has published: its files are documents by these hashes. */
export interface PublishedRow {
  readonly contract: string;
  readonly version: number;
  readonly hash: string;
  /** Calendar id -> hash. */
  readonly calendars: Readonly<Record<string, string>>;
  readonly fromInstant: number;
}

/** By how much a counter of a standard changes; or, as it is read, how it stands. */
export interface StandardCountRow {
  readonly contract: string;
  readonly version: number;
  readonly standard: string;
  readonly minute: number;
  /** Of a percentile: the value that is counted, as a decimal. */
  readonly value: string | null;
  readonly good: number;
  readonly items: number;
  readonly undecided: number;
  /** Decimal. */
  readonly sum: string;
}

/** What the last decision about a standard in a closed period says. Decimals as text. */
export interface StandardPeriodRow {
  readonly contract: string;
  readonly standard: string;
  readonly period: string;
  readonly state: string;
  readonly numerator: string;
  readonly denominator: string;
  readonly value: string | null;
  readonly target: string;
  readonly sample: number;
  readonly revision: number;
  /** Number of that decision. */
  readonly number: number;
}

/** Everything one batch or slice of one partition changes: saved in one transaction, in one round trip. */
export interface PartitionSave {
  readonly topic: string;
  readonly partition: number;
  readonly epoch: number;
  /** The owner's memory: must match the row. */
  readonly fromOffset: number;
  readonly fromSlice: number;
  readonly toOffset: number;
  readonly toSlice: number;
  readonly outboxNumber: number;
  readonly last: OwnerRow['last'];
  /** Wall instant of recording; where it lies before the last one, the last one is recorded again. */
  readonly recordedAt: number;
  readonly facts: readonly FactRow[];
  readonly ids: readonly IdRow[];
  readonly waitingAdded: readonly WaitingRow[];
  readonly waitingRemoved: readonly { readonly contract: string; readonly source: string; readonly id: string }[];
  /** Each key once; verdicts, ids and contracts likewise. */
  readonly states: readonly StateRow[];
  readonly verdicts: readonly VerdictRow[];
  readonly decisions: readonly DecisionRow[];
  readonly quarantine: readonly QuarantineRow[];
  /** Numbered from outboxNumber + 1 in this order. */
  readonly outbox: readonly OutboxRow[];
  readonly contracts: readonly ContractRow[];
  readonly published?: readonly PublishedRow[];
  /** Changes, each counter once. */
  readonly counts?: readonly StandardCountRow[];
  readonly periods?: readonly StandardPeriodRow[];
}

export interface Saved {
  /** The instant of recording that stands in the rows. */
  readonly recordedAt: number;
}

export interface LoadRequest {
  readonly topic: string;
  readonly partition: number;
  /** `withStates`: also the states named by the row's keys (targets of corrections). */
  readonly ids: readonly {
    readonly contract: string;
    readonly source: string;
    readonly id: string;
    readonly withStates: boolean;
  }[];
  readonly keys: readonly { readonly contract: string; readonly key: string }[];
}

export interface Loaded {
  readonly ids: readonly IdRow[];
  /** Corrections that wait for one of the ids asked for. */
  readonly waiting: readonly WaitingRow[];
  readonly states: readonly StateRow[];
}
