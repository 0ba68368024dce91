import type { RefusalReason } from '#libs/contract';
import { toFact, type EventEnvelope } from '#libs/events';
import type { ContractShelf } from './contracts/contract-shelf.js';

type Judgeable =
  | { readonly ok: true; readonly contract: string }
  | { readonly ok: false; readonly kind: 'refused'; readonly reason: RefusalReason; readonly detail: string }
  /** Published, but not readable by this release: nothing is known to be wrong with the event. */
  | { readonly ok: false; readonly kind: 'unavailable'; readonly detail: string };

/**
 * Whether the contract that an event belongs to can judge it, as the monitor will ask.
 *
 * @param cameAt when it reached us, epoch milliseconds
 */
export function judgeable(event: EventEnvelope, shelf: ContractShelf, cameAt: number): Judgeable {
  const id = shelf.contractIdOf(event);
  const contract = id === undefined ? undefined : shelf.find(id);
  if (contract === undefined || id === undefined) {
    const detail =
      id === undefined
        ? `contractid is missing, and no published contract takes source '${event.source}' by default`
        : `contractid is not allowed: contract '${id}' is not published`;
    return { ok: false, kind: 'refused', reason: 'UNKNOWN_CONTRACT', detail };
  }
  if (contract === null) {
    const detail = `contractid: contract '${id}' is published, but cannot be read by this release`;
    return { ok: false, kind: 'unavailable', detail };
  }
  const read = toFact(event, contract, cameAt);
  if (read.ok) return { ok: true, contract: id };
  return { ok: false, kind: 'refused', reason: read.refusal.reason, detail: read.refusal.detail };
}
