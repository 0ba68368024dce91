import type { Instant } from '#libs/calendar';
import { noCircumstances, type Circumstances } from './circumstances.js';
import { ContractStandards } from './contract-standards.js';
import type { Now } from './derive-clock.js';
import type { SubjectState } from './subject-state.js';
import type { Sweep } from './sweep.js';
import { DeadlineQueue } from './deadline-queue.js';
import type { ContractVersions } from './contract-versions.js';

/** A published version as the stream said it. */
export interface PublishedVersion {
  readonly version: number;
  readonly hash: string;
  /** Calendar id -> hash of its file. */
  readonly calendars: Readonly<Record<string, string>>;
  readonly from: Instant;
}

/** A back-fill that is open: only its records move the clock. */
export interface ImportState {
  readonly id: string;
  readonly alerts: 'each' | 'summary';
  /** Decisions made in it so far, and breaches by `obligation/party`. */
  decisions: number;
  breaches: Record<string, number>;
  from: Instant | null;
  to: Instant | null;
}

/** What the owner holds of a contract. The clock is the only `now`; it never goes back (but for the first import). */
export interface ContractMemory {
  readonly id: string;
  versions: ContractVersions | null;
  published: PublishedVersion[];
  clock: Instant | null;
  lastNumber: number;
  /** True once a fact was accepted. */
  hasFacts: boolean;
  import: ImportState | null;
  /** The latest watermark of each door: the clock goes no further. */
  readonly doors: Map<string, Instant>;
  /** Last sign of life of each feed that should give one, and those that are silent with the last sign before. */
  readonly signs: Map<string, Instant>;
  readonly silent: Map<string, Instant>;
  /** Keys of subjects that could not be judged, with the clock at which that showed last. */
  readonly faulted: Map<string, Instant>;
  /** The clock at the last publication: what was faulted by then is judged again. Null before the first that had a clock. */
  changedAt: Instant | null;
  readonly deadlines: DeadlineQueue;
  /** States that bear on other subjects, by key; all of them. */
  readonly bearing: Map<string, SubjectState>;
  /** Derived from them whenever one of them was judged, last as of `circumstancesAt`. */
  circumstances: Circumstances;
  circumstancesAt: Now | null;
  /** Unfinished, in the order of their changes. */
  sweeps: Sweep[];
  /** Number of the last sweep that began. */
  lastSweep: number;
  /**
   * Published before any fact came, and maybe to be filled with its past first: duties whose opening lies before this
   * instant, and periods that close before it, wait until a fact is there, or an import begins. Null: none waits.
   */
  dutiesWaitFrom: Instant | null;
  /** What is counted for standards, and what was recorded about their closed periods. */
  readonly standards: ContractStandards;
}

export function newContractMemory(id: string): ContractMemory {
  return {
    id,
    versions: null,
    published: [],
    clock: null,
    lastNumber: 0,
    hasFacts: false,
    import: null,
    doors: new Map(),
    signs: new Map(),
    silent: new Map(),
    faulted: new Map(),
    changedAt: null,
    deadlines: new DeadlineQueue(),
    bearing: new Map(),
    circumstances: noCircumstances,
    circumstancesAt: null,
    sweeps: [],
    lastSweep: 0,
    dutiesWaitFrom: null,
    standards: new ContractStandards(),
  };
}

/** Takes over a subject that could not be judged: where something was published since, that it be judged again is due. */
export function restoreFaulted({ faulted, changedAt, deadlines }: ContractMemory, key: string, at: Instant): void {
  faulted.set(key, at);
  if (changedAt !== null && at <= changedAt) deadlines.set(key, changedAt);
}
