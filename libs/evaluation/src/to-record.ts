import { formatInstant } from '#libs/calendar';
import type { Verdict, VerdictRecord } from './verdict.js';

/** The public record of a verdict; field names and order are those of `evaluate --format json`. */
export function toRecord(verdict: Verdict, revision: number): VerdictRecord {
  return {
    kind: 'verdict',
    contract: verdict.contract,
    obligation: verdict.obligation,
    clause: verdict.clause,
    party: verdict.party,
    subject: verdict.subject,
    instance: verdict.instance,
    state: verdict.state,
    startedAt: formatInstant(verdict.startedAt),
    dueAt: verdict.dueAt === null ? null : formatInstant(verdict.dueAt),
    stoppedAt: verdict.stoppedAt === null ? null : formatInstant(verdict.stoppedAt),
    elapsed: verdict.elapsed,
    allowed: verdict.allowed,
    overdueBy: verdict.overdueBy,
    revision,
    dimensions: verdict.dimensions,
    because: verdict.because,
  };
}

/** A verdict's id: `contract/obligation/subject/instance`. */
export function verdictId(verdict: Pick<Verdict, 'contract' | 'obligation' | 'subject' | 'instance'>): string {
  return `${verdict.contract}/${verdict.obligation}/${verdict.subject}/${verdict.instance}`;
}
