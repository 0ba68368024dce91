import { formatInstant } from '#libs/calendar';
import type { RecordedDecision } from '#libs/store';

export const DECISION_COLUMNS: readonly string[] = [
  'contract',
  'number',
  'generation',
  'type',
  'id',
  'obligation',
  'clause',
  'party',
  'subject',
  'instance',
  'state',
  'startedAt',
  'dueAt',
  'stoppedAt',
  'elapsed',
  'allowed',
  'overdueBy',
  'revision',
  'supersedes',
  'effectiveAt',
  'decidedAt',
];

/** The record as it goes out on `compliance.decisions`, with its type and the instant it was recorded at. */
export function decisionItem(decision: RecordedDecision): object {
  return {
    type: decision.type,
    ...(JSON.parse(decision.record) as object),
    number: decision.number,
    generation: decision.generation,
    revision: decision.revision,
    supersedes: decision.supersedes,
    effectiveAt: formatInstant(decision.effectiveAt),
    decidedAt: formatInstant(decision.decidedAt),
  };
}
