import { formatInstant } from '#libs/calendar';
import { standardId, toStandardRecord, type StandardDecision } from '#libs/evaluation';
import type { DecisionRow, OutboxRow } from '#libs/store';
import { alertMessage } from './alert-message.js';
import type { PartitionSession } from './partition-session.js';

const DAY_MILLIS = 24 * 3_600_000;
/** A close that is longer behind is made up for, after a standstill: its alert goes out within a summary. */
const STALE_MILLIS = DAY_MILLIS;
/** The same of one that had to wait, for its last items or for the contract's first fact: so long after the period's end. */
const STALE_PERIOD_MILLIS = 30 * DAY_MILLIS;

/** A standard has no instances. */
const NO_INSTANCE = 0;

/**
 * A decision about a standard in a closed period as a row: the standard stands where an obligation would, the period where the
 * subject, and the instance is 0.
 */
export function standardRow(session: PartitionSession, decision: StandardDecision, recordedText: string): DecisionRow {
  const { cause, contract, number, revision, supersedes, type } = decision;
  const record = toStandardRecord(decision.standard);
  return {
    contract,
    number,
    generation: session.generation,
    type,
    obligation: record.standard,
    clause: record.clause,
    party: record.party,
    subject: record.period,
    instance: NO_INSTANCE,
    state: record.state,
    revision,
    supersedes,
    effectiveAt: decision.effectiveAt,
    record: JSON.stringify({
      ...record,
      id: standardId(record),
      generation: session.generation,
      number,
      revision,
      supersedes,
      effectiveAt: formatInstant(decision.effectiveAt),
      decidedAt: recordedText,
      cause: cause.kind === 'deadline' ? { kind: 'deadline', at: formatInstant(cause.at) } : cause,
      backfill: decision.backfill,
    }),
  };
}

/** A standard that was missed, at its close or by what showed later, and one that after all was not. */
export function standardAlert(
  session: PartitionSession,
  decision: StandardDecision,
  record: string,
  recordedAt: number,
): OutboxRow | undefined {
  const { backfill, cause, contract, missedBefore, number, standard } = decision;
  const missed = standard.state === 'missed';
  if (missed === missedBefore || backfill?.alerts === 'summary') return undefined;
  const kind = missed ? 'standard.missed' : 'withdrawal';
  const clock = session.judge.contracts.get(contract)?.clock ?? recordedAt;
  const late =
    cause.kind === 'deadline' ? clock - cause.at > STALE_MILLIS : clock - decision.effectiveAt > STALE_PERIOD_MILLIS;
  const stale = backfill === undefined && late;
  const alert = {
    id: `${contract}/${session.generation}/${number}/${kind}`,
    kind,
    contract,
    incident: standardId({ contract, standard: standard.standard, period: standard.period.name }),
    change: number,
    number,
    version: standard.because,
    mode: stale ? ('summary' as const) : ('each' as const),
    import: backfill?.import,
    effectiveAt: decision.effectiveAt,
    told: { verdict: null, standard: JSON.parse(record) as object },
  };
  return alertMessage(session, alert, recordedAt);
}
