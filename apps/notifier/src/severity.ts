import { SEVERITIES, type Alert, type Severity } from './alert.js';

/** How urgent an alert is by itself. An escalation is as urgent as its incident. */
export function severityOf({ kind, verdict, feed }: Alert): Severity {
  switch (kind) {
    case 'warning':
      return 'warning';
    case 'breach':
    case 'revision':
      return verdict?.because.material === undefined ? 'breach' : 'critical';
    case 'standard.missed':
    case 'escalation':
      return 'breach';
    case 'faulted':
    case 'delivery.failed':
      return 'critical';
    case 'feed.silent':
      return feed?.state === 'heard' ? 'notice' : 'warning';
    default:
      return 'notice';
  }
}

/** Negative, zero or positive as the first is less, as or more urgent than the second. */
export function compareSeverity(a: Severity, b: Severity): number {
  return SEVERITIES.indexOf(a) - SEVERITIES.indexOf(b);
}
