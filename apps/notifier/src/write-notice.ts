import type { Contract } from '#libs/contract';
import { describeDuration, formatLocal } from '#libs/evaluation';
import type { Alert } from './alert.js';
import type { Addressee, Notice } from './notice.js';
import type { Pen } from './pen.js';
import { fillCase } from './templates/fill-case.js';

/** Kinds that are about a case, or about an incident that may be one. */
const CASE_KINDS = [
  'warning',
  'breach',
  'revision',
  'withdrawal',
  'resolved',
  'faulted',
  'escalation',
  'acknowledged',
  'silenced',
] as const;
type CaseKind = (typeof CASE_KINDS)[number];

export function isCaseKind(kind: string): kind is CaseKind {
  return (CASE_KINDS as readonly string[]).includes(kind);
}

/** An alert about one case as a notice to one addressee: the contract's local time, the addressee's language. */
export function writeNotice(kind: CaseKind, alert: Alert, contract: Contract, addressee: Addressee, pen: Pen): Notice {
  const { language } = addressee;
  const { templates } = pen;
  const fields = fillCase(alert, contract, addressee, pen);
  const local = (at: number | undefined | null): string | null =>
    at === undefined || at === null ? null : formatLocal(at, contract.zone, language);
  switch (kind) {
    case 'warning': {
      const { warning, verdict } = alert;
      const isShare = warning?.endsWith('%') === true;
      const timeLeft =
        warning === null || isShare ? null : describeDuration(warning, language, verdict?.because.counting);
      return templates.write(kind, language, { ...fields, shareUsed: isShare ? warning : null, timeLeft });
    }
    case 'escalation': {
      const { since, role } = alert.escalation ?? { since: null, role: null };
      return templates.write(kind, language, { ...fields, since: local(since), role });
    }
    case 'acknowledged':
    case 'silenced': {
      const { by, at, note, until } = alert.act ?? { by: null, at: null, note: null, until: null };
      const act = { ...fields, by, at: local(at), note };
      if (kind === 'acknowledged') return templates.write(kind, language, act);
      return templates.write(kind, language, { ...act, until: local(until) });
    }
    default:
      return templates.write(kind, language, fields);
  }
}
