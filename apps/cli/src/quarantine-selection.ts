import type { QuarantineSelection } from '#libs/store';
import { readInstantFlag } from './read-instant-flag.js';

/** Flags that say which items of the quarantine; each that is given must hold. */
export interface SelectionFlags {
  readonly reason?: string;
  readonly contract?: string;
  readonly source?: string;
  /** RFC 3339, half-open, on the instant of recording. */
  readonly from?: string;
  readonly to?: string;
}

/** @throws Failure (2) where an instant is none */
export function selectionOf({ reason, contract, source, from, to }: SelectionFlags): QuarantineSelection {
  return {
    reasons: reason === undefined ? undefined : [reason],
    // What names a contract that is not published belongs to none yet: its key tells.
    contractsOrKeys: contract === undefined ? undefined : [contract],
    sources: source === undefined ? undefined : [source],
    recorded: { from: readInstantFlag('--from', from), to: readInstantFlag('--to', to) },
  };
}
