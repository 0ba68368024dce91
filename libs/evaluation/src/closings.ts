import type { Breach } from './breach.js';
import type { ContractMemory } from './contract-memory.js';
import type { Now } from './derive-clock.js';
import type { JudgeOutcome } from './judge-outcome.js';
import type { Decision } from './verdict.js';

/** When and why a period closes or is looked at again, and where what is decided goes. */
export interface ClosingOccasion {
  readonly now: Now;
  readonly cause: Decision['cause'];
  readonly backfill: Decision['backfill'];
  readonly outcome: JudgeOutcome;
}

/**
 * Closes periods by the contract's clock and revises them afterwards. Its deadlines stand beside those of subjects, under keys
 * that begin with `kind`; they follow from the versions and the clock, so no row is kept for them.
 */
export interface Closer {
  readonly kind: string;
  /** Sets its deadlines anew: a partition was taken, a version published, the first fact came, an import set the clock back. */
  schedule(contract: ContractMemory): void;
  /** The deadline of a key has passed. */
  close(contract: ContractMemory, key: string, occasion: ClosingOccasion): void;
  /** Looks for changes of what has closed: behind each record, firing and sweep. Cheap where nothing changed. */
  settle(contract: ContractMemory, occasion: ClosingOccasion): void;
  /** What bears on the contract from outside its subjects has changed, and all of them have been told: the next `settle` follows. */
  swept?(contract: ContractMemory): void;
  /** A subject was judged, and these are its breaches now; none where it could not be judged. */
  judged?(contract: ContractMemory, key: string, breaches: readonly Breach[], outcome: JudgeOutcome): void;
}

/**
 * Everything that closes. While a sweep over a contract is unfinished nothing closes and nothing is revised: what falls due
 * meanwhile is made up for when the last sweep has come to its end.
 */
export class Closings {
  /** Keys whose deadlines passed during a sweep, in the order of their instants. */
  private readonly held = new Map<ContractMemory, string[]>();

  /** Whether any of them asks for breaches. */
  readonly readsBreaches: boolean;

  constructor(private readonly closers: readonly Closer[]) {
    this.readsBreaches = closers.some(({ judged }) => judged !== undefined);
  }

  /** Whether a deadline is one of a period, and not of a subject. */
  owns(key: string): boolean {
    return this.closers.some(({ kind }) => key.startsWith(kind));
  }

  schedule(contract: ContractMemory): void {
    for (const closer of this.closers) closer.schedule(contract);
  }

  judged(contract: ContractMemory, key: string, breaches: readonly Breach[], outcome: JudgeOutcome): void {
    for (const closer of this.closers) closer.judged?.(contract, key, breaches, outcome);
  }

  fire(contract: ContractMemory, key: string, occasion: ClosingOccasion): void {
    contract.deadlines.set(key, null);
    if (contract.sweeps.length === 0) {
      this.close(contract, key, occasion);
      return;
    }
    const held = this.held.get(contract);
    if (held === undefined) this.held.set(contract, [key]);
    else held.push(key);
  }

  /** The last sweep over a contract has come to its end. */
  swept(contract: ContractMemory, occasion: ClosingOccasion): void {
    for (const closer of this.closers) closer.swept?.(contract);
    this.settle(contract, occasion);
  }

  /** Something was judged. */
  settle(contract: ContractMemory, occasion: ClosingOccasion): void {
    if (contract.sweeps.length > 0) return;
    const held = this.held.get(contract);
    if (held !== undefined) {
      this.held.delete(contract);
      for (const key of held) this.close(contract, key, occasion);
    }
    for (const closer of this.closers) closer.settle(contract, occasion);
  }

  private close(contract: ContractMemory, key: string, occasion: ClosingOccasion): void {
    this.closers.find(({ kind }) => key.startsWith(kind))?.close(contract, key, occasion);
  }
}
