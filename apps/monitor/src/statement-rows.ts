import { formatInstant } from '#libs/calendar';
import { TOPICS } from '#libs/bus';
import type { FollowingDecision } from '#libs/evaluation';
import { toRecordBinary } from '#libs/events';
import type { DecisionRow, OutboxRow } from '#libs/store';
import { MONITOR_SOURCE } from './decision-message.js';
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
  const memory = session.judge.contracts.get(contract);
  const law = memory?.versions?.at(-1);
  const clock = memory?.clock ?? recordedAt;
  const stale = backfill === undefined && cause.kind === 'deadline' && clock - effectiveAt > STALE_MILLIS;
  const incident = `${contract}/statement/${cycle}`;
  const { key, value, headers } = toRecordBinary({
    id: `${contract}/${session.generation}/${number}/statement.frozen`,
    source: MONITOR_SOURCE,
    type: 'compliance.alert.statement.frozen',
    subject: incident,
    time: recordedAt,
    contractid: contract,
    data: {
      incident,
      change: number,
      kind: 'statement.frozen',
      contract,
      contractVersion: law?.version ?? 0,
      contractHash: law?.hash ?? '',
      generation: session.generation,
      number,
      mode: stale ? 'summary' : 'each',
      ...(backfill === undefined ? {} : { import: backfill.import }),
      decidedAt: formatInstant(recordedAt),
      effectiveAt: formatInstant(effectiveAt),
      verdict: null,
      statement: JSON.parse(row.record) as object,
    },
  });
  return { topic: TOPICS.alerts, key, partition: null, headers, value };
}
