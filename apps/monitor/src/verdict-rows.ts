import { formatInstant } from '#libs/calendar';
import { kindOfRule, toRecord, verdictId, type Decision, type Verdict } from '#libs/evaluation';
import type { DecisionRow, OutboxRow, VerdictRow } from '#libs/store';
import { alertMessage } from './alert-message.js';
import type { PartitionSession } from './partition-session.js';

/** A live breach that took effect longer ago than this is summarised, not sent by itself. */
const STALE_MILLIS = 24 * 3_600_000;

/** The data of a decision's message: the record of `evaluate` and what numbers it. What is undefined is left out of its JSON. */
export function verdictRecord(session: PartitionSession, decision: Decision, recordedText: string): object {
  const { verdict, cause } = decision;
  return Object.assign(toRecord(verdict, decision.revision), {
    id: verdictId(verdict),
    generation: session.generation,
    number: decision.number,
    supersedes: decision.supersedes,
    effectiveAt: formatInstant(decision.effectiveAt),
    decidedAt: recordedText,
    cause: cause.kind === 'deadline' ? { kind: 'deadline', at: formatInstant(cause.at) } : cause,
    warning: decision.warning,
    backfill: decision.backfill,
  });
}

/** @param record JSON of `verdictRecord` */
export function decisionRow(session: PartitionSession, decision: Decision, record: string): DecisionRow {
  const { verdict } = decision;
  return {
    contract: decision.contract,
    number: decision.number,
    generation: session.generation,
    type: decision.type,
    obligation: verdict.obligation,
    clause: verdict.clause,
    party: verdict.party,
    subject: verdict.subject,
    instance: verdict.instance,
    state: verdict.state,
    revision: decision.revision,
    supersedes: decision.supersedes,
    effectiveAt: decision.effectiveAt,
    record,
  };
}

/** The current verdict of the decision's instance. */
export function verdictRow(session: PartitionSession, decision: Decision): VerdictRow {
  const { verdict } = decision;
  return {
    contract: verdict.contract,
    obligation: verdict.obligation,
    subject: verdict.subject,
    instance: verdict.instance,
    clause: verdict.clause,
    party: verdict.party,
    state: verdict.state,
    startedAt: verdict.startedAt,
    dueAt: verdict.dueAt,
    stoppedAt: verdict.stoppedAt,
    stateKey: `${kindOf(session, verdict)}/${verdict.subject}`,
    revision: decision.revision,
    number: decision.number,
    effectiveAt: decision.effectiveAt,
    dimensions: JSON.stringify(verdict.dimensions),
  };
}

function kindOf(session: PartitionSession, verdict: Pick<Verdict, 'contract' | 'obligation'>): string {
  const versions = session.judge.contracts.get(verdict.contract)?.versions ?? [];
  for (const version of versions) {
    const kind = kindOfRule(version, verdict.obligation);
    if (kind !== undefined) return kind;
  }
  throw new Error(`contract ${verdict.contract} has no rule '${verdict.obligation}'`);
}

type AlertKind = 'warning' | 'breach' | 'revision' | 'withdrawal' | 'resolved' | 'faulted';

const alertKinds: Partial<Record<Decision['type'], AlertKind>> = {
  'compliance.deadline.warned': 'warning',
  'compliance.breach.declared': 'breach',
  'compliance.breach.reinstated': 'breach',
  'compliance.breach.revised': 'revision',
  'compliance.breach.withdrawn': 'withdrawal',
  'compliance.verdict.faulted': 'faulted',
};

/**
 * One record per change of an incident. History that is summarised makes none.
 *
 * @param record that of `verdictRecord`
 */
export function verdictAlert(
  session: PartitionSession,
  decision: Decision,
  record: object,
  recordedAt: number,
): OutboxRow | undefined {
  const kind = alertKinds[decision.type] ?? endOf(decision);
  const { backfill, contract, effectiveAt, number, verdict, warning } = decision;
  if (kind === undefined || backfill?.alerts === 'summary') return undefined;
  const clock = session.judge.contracts.get(contract)?.clock ?? recordedAt;
  const stale = backfill === undefined && kind !== 'warning' && clock - effectiveAt > STALE_MILLIS;
  const alert = {
    id: `${contract}/${session.generation}/${number}/${kind}`,
    kind,
    contract,
    incident: verdictId(verdict),
    change: number,
    number,
    version: verdict.because,
    mode: stale ? ('summary' as const) : ('each' as const),
    import: backfill?.import,
    effectiveAt,
    told: { warning, verdict: record },
  };
  return alertMessage(session, alert, recordedAt);
}

/** An instance that was in breach and is gone takes its incident with it; one that was warned of and ends in time ends it. */
function endOf({ type, endsBreach, endsWarning }: Decision): AlertKind | undefined {
  if (type === 'compliance.verdict.withdrawn' && endsBreach === true) return 'withdrawal';
  return endsWarning === true ? 'resolved' : undefined;
}
