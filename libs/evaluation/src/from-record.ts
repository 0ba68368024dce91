import { parseInstant, type Instant } from '#libs/calendar';
import type { Verdict, VerdictRecord } from './verdict.js';

/**
 * The verdict that a public record shows: instants for text. `effectiveAt` is no part of the record of `evaluate`; where the
 * caller does not know it, it is the stop, the due instant or the start.
 */
export function fromRecord(record: VerdictRecord, effectiveAt?: Instant): Verdict {
  const { startedAt, dueAt, stoppedAt } = record;
  const at = (text: string): Instant => parseInstant(text) ?? NaN;
  return {
    contract: record.contract,
    obligation: record.obligation,
    clause: record.clause,
    party: record.party,
    subject: record.subject,
    instance: record.instance,
    state: record.state,
    startedAt: at(startedAt),
    dueAt: dueAt === null ? null : at(dueAt),
    stoppedAt: stoppedAt === null ? null : at(stoppedAt),
    elapsed: record.elapsed,
    allowed: record.allowed,
    overdueBy: record.overdueBy,
    effectiveAt: effectiveAt ?? at(stoppedAt ?? dueAt ?? startedAt),
    dimensions: record.dimensions,
    because: record.because,
  };
}
