import type { Instant } from '#libs/calendar';
import { DeadlineQueue } from './deadline-queue.js';
import type { ContractVersions } from './derive-subject.js';

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
  };
}

/** Takes over a subject that could not be judged: where something was published since, that it be judged again is due. */
export function restoreFaulted({ faulted, changedAt, deadlines }: ContractMemory, key: string, at: Instant): void {
  faulted.set(key, at);
  if (changedAt !== null && at <= changedAt) deadlines.set(key, changedAt);
}
