import { formatInstant } from '#libs/calendar';
import type { FollowingDecision } from '#libs/evaluation';
import type { DecisionRow, OutboxRow } from '#libs/store';
import { alertMessage } from './alert-message.js';
import type { PartitionSession } from './partition-session.js';

/** Neither a statement nor a right has instances. */
const NO_INSTANCE = 0;

/** A deadline that passed longer ago than this is made up for: its alert goes out within a summary. */
const STALE_MILLIS = 24 * 3_600_000;

/**
 * A decision about a statement or a right as a row: `statement` or the right's rule stands where an obligation would, the cycle
 * or what the right is about where the subject, and the instance is 0.
 */
export function followingRow(
  session: PartitionSession,
  decision: FollowingDecision,
  recordedText: string,
): DecisionRow {
  const { contract, number, type, rule, clause, party, subject, state, revision, supersedes, effectiveAt } = decision;
  const { cause, backfill } = decision;
  const record = {
    ...decision.record,
    generation: session.generation,
    number,
    revision,
    supersedes,
    effectiveAt: formatInstant(effectiveAt),
    decidedAt: recordedText,
    cause: cause.kind === 'deadline' ? { kind: 'deadline', at: formatInstant(cause.at) } : cause,
    backfill,
  };
  return {
    contract,
    number,
    generation: session.generation,
    type,
    obligation: rule,
    clause,
    party,
    subject,
    instance: NO_INSTANCE,
    state,
    revision,
    supersedes,
    effectiveAt,
    record: JSON.stringify(record),
  };
}

/** Both parties hear that a statement was frozen: from then on it can be disputed and signed. */
export function statementAlert(
  session: PartitionSession,
  decision: FollowingDecision,
  row: DecisionRow,
  recordedAt: number,
): OutboxRow | undefined {
  const { backfill, cause, contract, number, subject: cycle, effectiveAt } = decision;
  if (decision.type !== 'compliance.statement.frozen' || backfill?.alerts === 'summary') return undefined;
  const clock = session.judge.contracts.get(contract)?.clock ?? recordedAt;
  const stale = backfill === undefined && cause.kind === 'deadline' && clock - effectiveAt > STALE_MILLIS;
  const alert = {
    id: `${contract}/${session.generation}/${number}/statement.frozen`,
    kind: 'statement.frozen',
    contract,
    incident: `${contract}/statement/${cycle}`,
    change: number,
    number,
    mode: stale ? ('summary' as const) : ('each' as const),
    import: backfill?.import,
    effectiveAt,
    told: { verdict: null, statement: JSON.parse(row.record) as object },
  };
  return alertMessage(session, alert, recordedAt);
}
