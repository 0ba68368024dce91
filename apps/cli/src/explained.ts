import type { Contract } from '#libs/contract';
import type { VerdictRecord } from '#libs/evaluation';

/** A verdict with the version of the contract that judged it. */
export interface Explained {
  readonly record: VerdictRecord;
  readonly contract: Contract;
}
