import { formatInstant, type Instant } from '#libs/calendar';
import type { Contract, Fact, Refusal, RefusalReason } from '#libs/contract';
import { contentHash } from './canonical-json.js';
import { isCorrection, refuseCorrection } from './correction.js';
import type { EventEnvelope } from './envelope.js';

export type ReadFact = { readonly ok: true; readonly fact: Fact } | { readonly ok: false; readonly refusal: Refusal };

/** How far the source's clock may run before ours. */
const clockSkewMillis = 5 * 60 * 1000;

/**
 * Checks an event against the contract it belongs to: a subject where its type needs one, the fields of `data` that rules read,
 * and a plausible `time`. A type that the contract does not know is a fact too; it is stored and judged by nothing.
 *
 * `appendedAt` is when it first reached us. `online` also refuses a `time` more than five minutes after it; offline streams say
 * nothing reliable about arrival, so nothing is compared.
 */
export function toFact(
  event: EventEnvelope,
  contract: Contract,
  appendedAt: Instant,
  mode: 'online' | 'offline' = 'online',
): ReadFact {
  const refuse = (reason: RefusalReason, detail: string): ReadFact => ({
    ok: false,
    refusal: { reason, detail, id: event.id, source: event.source, contract: contract.id },
  });

  const correction = isCorrection(event, contract);
  const known = contract.eventTypes.get(event.type);
  if (
    event.subject === undefined &&
    !correction &&
    event.type !== contract.vocabulary.heartbeat &&
    known?.needsSubject === true
  ) {
    return refuse('SCHEMA', `subject is missing (needed by type '${event.type}')`);
  }
  const problem = (correction ? refuseCorrection(event.data) : undefined) ?? known?.refuse(event.data);
  if (problem !== undefined) return refuse('SCHEMA', problem);

  const { plausibleFrom, survivesUntil } = contract.term;
  if (event.time < plausibleFrom || event.time > survivesUntil) {
    return refuse(
      'TIME_IMPLAUSIBLE',
      `time ${event.timeText} is outside ${formatInstant(plausibleFrom)} .. ${formatInstant(survivesUntil)}`,
    );
  }
  if (mode === 'online' && event.time > appendedAt + clockSkewMillis) {
    return refuse(
      'TIME_IMPLAUSIBLE',
      `time ${event.timeText} is more than five minutes after it was appended (${formatInstant(appendedAt)})`,
    );
  }
  return {
    ok: true,
    fact: {
      contract: contract.id,
      // The contract's own texts where it has them: what is looked up by them is found without comparing letters.
      source: contract.sources.get(event.source)?.uri ?? event.source,
      id: event.id,
      type: known?.type ?? event.type,
      subject: event.subject,
      occurredAt: event.time,
      appendedAt,
      sequence: event.sequence,
      data: event.data,
      contentHash: contentHash(event),
    },
  };
}
