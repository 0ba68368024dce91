import { formatDuration, parseDuration } from '#libs/calendar';
import type { Contract, Language } from '#libs/contract';
import {
  describeDuration,
  describeOverdue,
  describeParty,
  explain,
  formatLocal,
  formatLocalDate,
  nameOfCase,
  titleOfDuty,
  verdictId,
  type Verdict,
} from '#libs/evaluation';
import type { Alert } from '../alert.js';
import { caseLink, verdictLink } from '../links.js';
import type { Addressee } from '../notice.js';
import type { Pen } from '../pen.js';
import { fillCommon } from './fill-common.js';
import type { CaseFields } from './notice-fields.js';

/** The fields of a case; all but the common ones are empty where there is no verdict to speak of. */
export function fillCase(alert: Alert, contract: Contract, addressee: Addressee, pen: Pen): CaseFields {
  const common = fillCommon(alert.incident, contract, addressee, pen);
  const { verdict } = alert;
  const decision = `${alert.number}`;
  if (verdict === null) return { ...common, ...NO_CASE, decision };
  const { language } = addressee;
  const local = (at: number, ends = false): string => formatLocal(at, contract.zone, language, ends);
  const counted = (iso: string | null): string | null =>
    iso === null ? null : describeDuration(iso, language, verdict.because.counting);
  const name = nameOfCase(verdict, contract, language);
  const party = describeParty(verdict, contract, language);
  return {
    ...common,
    duty: titleOfDuty(verdict, contract, language),
    clause: verdict.clause,
    clauses: verdict.because.clauses.join(language === 'zh-CN' ? '、' : ', ') || verdict.clause,
    wording: wordingOf(verdict.obligation, contract),
    party,
    partyAtStart: upperFirst(party),
    owes: addressee.party === verdict.party,
    case: name,
    caseAtStart: upperFirst(name),
    priority: verdict.because.priority ?? null,
    started: local(verdict.startedAt),
    due: verdict.dueAt === null ? null : local(verdict.dueAt, true),
    ended: describeStop(verdict, contract, language),
    done: verdict.stoppedAt !== null,
    taken: counted(verdict.elapsed),
    allowed: counted(verdict.allowed),
    left: alert.kind === 'warning' ? describeLeft(alert, verdict, language) : null,
    overdue: describeOverdue(verdict, contract, language) ?? null,
    explanation: explain(verdict, contract, language),
    dimensions: Object.entries(verdict.dimensions).map(([label, value]) => ({ label, value })),
    verdict: verdictId(verdict),
    decision,
    caseUrl: caseLink(contract.caseLink, verdict.subject),
    verdictUrl: verdictLink(pen.publicUrl, verdictId(verdict)),
  };
}

/** The clause of a rule in the contract's words; empty where this version does not know the rule. */
export function wordingOf(rule: string, contract: Contract): string | null {
  const { obligations, duties, prohibitions, standards } = contract;
  return [...obligations, ...duties, ...prohibitions, ...standards].find(({ id }) => id === rule)?.quote ?? null;
}

/** When it ended: the date alone where the source that said so knows dates only. */
function describeStop({ stoppedAt, because }: Verdict, contract: Contract, language: Language): string | null {
  if (stoppedAt === null) return null;
  const stop = because.facts.findLast(({ role }) => role === 'stop');
  const knowsDates = stop !== undefined && contract.sources.get(stop.source)?.precision === 'date';
  if (knowsDates) return formatLocalDate(stoppedAt, contract.zone, language);
  return formatLocal(stoppedAt, contract.zone, language, true);
}

/** What is left until due: in the rule's own counting where it counts time, else round the clock. */
function describeLeft(alert: Alert, verdict: Verdict, language: Language): string | null {
  const allowed = verdict.allowed === null ? undefined : parseDuration(verdict.allowed);
  const elapsed = verdict.elapsed === null ? undefined : parseDuration(verdict.elapsed);
  if (allowed !== undefined && elapsed !== undefined && 'millis' in allowed && 'millis' in elapsed) {
    const left = Math.max(0, allowed.millis - elapsed.millis);
    return describeDuration(formatDuration(left), language, verdict.because.counting);
  }
  if (verdict.dueAt === null) return null;
  return describeDuration(formatDuration(Math.max(0, verdict.dueAt - alert.effectiveAt)), language);
}

export function upperFirst(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

const NO_CASE = {
  duty: null,
  clause: null,
  clauses: null,
  wording: null,
  party: null,
  partyAtStart: null,
  owes: false,
  case: null,
  caseAtStart: null,
  priority: null,
  started: null,
  due: null,
  ended: null,
  done: false,
  taken: null,
  allowed: null,
  left: null,
  overdue: null,
  explanation: null,
  dimensions: [],
  verdict: null,
  caseUrl: null,
  verdictUrl: null,
} as const;
