import type { Contract } from '#libs/contract';
import type { IncidentRow } from '#libs/store';
import { aboutOf } from './about.js';
import type { Alert, Severity } from './alert.js';
import { compareSeverity, severityOf } from './severity.js';

/** What an alert does to its incident. */
type Change = 'opens' | 'goes on' | 'resolves' | 'withdraws' | 'acknowledges' | 'escalates' | 'none';

/**
 * The incident after an alert; undefined where there is none, before and after. It opens with a warning, a breach or a fault,
 * and again where it had ended or becomes more severe: then nobody has acknowledged it yet. An acknowledgement and an
 * escalation act only while it waits for somebody.
 */
export function changeIncident(
  before: IncidentRow | undefined,
  alert: Alert,
  contract: Contract,
): IncidentRow | undefined {
  const change = changeOf(alert);
  if (change === 'none') return before;
  const changedAt = alert.fact === null ? alert.decidedAt : (alert.act?.at ?? alert.effectiveAt);
  if (change === 'acknowledges' || change === 'escalates') {
    if (before === undefined || !isWaiting(before)) return before;
    if (change === 'escalates') {
      if (alert.step === null || alert.step.run !== before.run) return before;
      return {
        ...before,
        state: 'escalated',
        escalatedStep: Math.max(before.escalatedStep, alert.step.step),
        changedAt,
      };
    }
    const { by = '', at = changedAt, note = null } = alert.act ?? {};
    return { ...before, state: 'acknowledged', acknowledged: { by, at, note }, changedAt };
  }
  const severity = severityOf(alert);
  const { obligations, clauses, parties, subject } = aboutOf(alert, contract);
  const told = {
    incident: alert.incident,
    contract: alert.contract,
    contractHash: alert.contractHash,
    rule: obligations[0] ?? ruleOf(alert),
    subject,
    clause: clauses.at(-1) ?? null,
    party: parties.length === 1 ? (parties[0] ?? null) : null,
    changedAt,
    record: alert.record,
  };
  if (change === 'resolves' || change === 'withdraws') {
    if (before === undefined || isOver(before)) return before;
    return { ...before, ...told, state: change === 'resolves' ? 'resolved' : 'withdrawn' };
  }
  if (before !== undefined && !isOver(before)) {
    const rises = compareSeverity(severity, before.severity as Severity) > 0;
    if (!rises) return { ...before, ...told };
  } else if (change === 'goes on' && before !== undefined) {
    return before;
  }
  return {
    ...told,
    kind: alert.kind,
    severity,
    state: 'open',
    run: (before?.run ?? 0) + 1,
    openedAt: changedAt,
    acknowledged: null,
    escalatedStep: 0,
  };
}

/** True while somebody should acknowledge it. */
export function isWaiting({ state }: Pick<IncidentRow, 'state'>): boolean {
  return state === 'open' || state === 'escalated';
}

function isOver({ state }: IncidentRow): boolean {
  return state === 'resolved' || state === 'withdrawn';
}

function changeOf({ kind, verdict, feed, statement }: Alert): Change {
  switch (kind) {
    case 'warning':
    case 'faulted':
    case 'standard.missed':
    case 'delivery.failed':
      return 'opens';
    case 'breach':
      return 'opens';
    case 'revision':
      return verdict !== null && verdict.stoppedAt !== null ? 'resolves' : 'goes on';
    case 'withdrawal':
      return 'withdraws';
    case 'resolved':
      return 'resolves';
    case 'feed.silent':
      return feed?.state === 'heard' ? 'resolves' : 'opens';
    case 'statement.frozen':
      return statement?.state === 'final' ? 'resolves' : 'opens';
    case 'acknowledged':
      return 'acknowledges';
    case 'escalation':
      return 'escalates';
    default:
      return 'none';
  }
}

/** Where no rule of the contract can be named. */
function ruleOf({ kind, feed, statement, failure }: Alert): string {
  if (feed !== null) return 'feed';
  if (statement !== null) return 'statement';
  return failure === null ? kind : 'delivery';
}
