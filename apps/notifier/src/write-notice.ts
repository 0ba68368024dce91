import { formatDuration, parseDuration } from '#libs/calendar';
import type { Contract, Language } from '#libs/contract';
import {
  describeDuration,
  describeOverdue,
  describeParty,
  explain,
  formatLocal,
  nameOfCase,
  titleOfDuty,
  verdictId,
  type Verdict,
} from '#libs/evaluation';
import type { Alert, AlertKind } from './alert.js';
import { caseLink, verdictLink } from './links.js';
import type { Addressee, Notice } from './notice.js';

/** An alert about one verdict, as a notice to one addressee: the contract's local time, the addressee's language. */
export function writeNotice(
  alert: Alert,
  verdict: Verdict,
  contract: Contract,
  addressee: Addressee,
  publicUrl: string,
): Notice {
  const { language } = addressee;
  const toCase = caseLink(contract.caseLink, verdict.subject);
  const zh = language === 'zh-CN';
  return {
    language,
    subject: subjectOf(alert, verdict, contract, language),
    greeting: greet(addressee),
    paragraphs: [...openingOf(alert, verdict, language), explain(verdict, contract, language)],
    rows: rowsOf(alert, verdict, contract, language),
    advice: adviceOf(alert, verdict, addressee),
    links: [
      ...(toCase === null ? [] : [[zh ? '在平台中查看' : 'Open the case on the platform', toCase] as const]),
      [zh ? '查看认定及其理由' : 'See the verdict and its reasons', verdictLink(publicUrl, verdictId(verdict))],
    ],
    footer: footerOf(contract, language),
  };
}

export function greet(addressee: Addressee): string {
  return addressee.language === 'zh-CN' ? `${addressee.name}，您好：` : `Dear ${addressee.name},`;
}

export function footerOf(contract: Contract, language: Language): string {
  return language === 'zh-CN'
    ? `本通知由 Pactwatch 依据合同 ${contract.id}《${contract.title[language]}》第 ${contract.version} 版自动发出。`
    : `Sent by Pactwatch under contract ${contract.id}, “${contract.title[language]}”, version ${contract.version}.`;
}

const MARKS: Readonly<Record<Language, Readonly<Record<AlertKind, string>>>> = {
  'zh-CN': {
    warning: '预警',
    breach: '违约',
    revision: '违约更新',
    withdrawal: '违约撤销',
    faulted: '无法认定',
    'import-summary': '导入汇总',
    'feed.silent': '数据中断',
  },
  en: {
    warning: 'Warning',
    breach: 'Breach',
    revision: 'Breach updated',
    withdrawal: 'Breach withdrawn',
    faulted: 'Not judged',
    'import-summary': 'Import summary',
    'feed.silent': 'Feed',
  },
};

export function markOf(kind: AlertKind, language: Language): string {
  return language === 'zh-CN' ? `【${MARKS[language][kind]}】` : `[${MARKS[language][kind]}] `;
}

function subjectOf(alert: Alert, verdict: Verdict, contract: Contract, language: Language): string {
  const duty = titleOfDuty(verdict, contract, language);
  const subject = nameOfCase(verdict, contract, language);
  const state = stateOf(alert, verdict, contract, language);
  const mark = markOf(alert.kind, language);
  return language === 'zh-CN'
    ? `${mark}${subject}“${duty}”${state}（合同 ${contract.id} 第 ${verdict.clause} 条）`
    : `${mark}${upperFirst(subject)}, “${duty}”${state} (contract ${contract.id}, clause ${verdict.clause})`;
}

function stateOf(alert: Alert, verdict: Verdict, contract: Contract, language: Language): string {
  const zh = language === 'zh-CN';
  if (alert.kind === 'warning') {
    const left = describeLeft(alert, verdict, language);
    if (left === undefined) return zh ? '即将到期' : ': due soon';
    return zh ? `还剩 ${left}` : `: ${left} left`;
  }
  if (alert.kind === 'breach' || alert.kind === 'revision') {
    const overdue = describeOverdue(verdict, contract, language);
    const done = verdict.stoppedAt !== null;
    if (overdue === undefined)
      return zh ? (done ? '逾期完成' : '到期未完成') : done ? ': done late' : ': not done when due';
    return zh ? `逾期 ${overdue}${done ? '后结束' : ''}` : `: ${done ? 'ended ' : ''}${overdue} overdue`;
  }
  if (alert.kind === 'withdrawal') return zh ? '此前的违约认定已撤销' : ': the earlier breach is withdrawn';
  return zh ? '未能认定' : ': judging failed';
}

function openingOf(alert: Alert, verdict: Verdict, language: Language): string[] {
  const zh = language === 'zh-CN';
  if (alert.kind === 'warning' && alert.warning !== null) {
    if (alert.warning.endsWith('%')) {
      return [zh ? `约定时间已用去 ${alert.warning}。` : `${alert.warning} of the time allowed is used up.`];
    }
    const left = describeDuration(alert.warning, language, verdict.because.counting);
    return [zh ? `距到期不超过 ${left}。` : `No more than ${left} is left before it is due.`];
  }
  if (alert.kind === 'revision') {
    return [
      zh
        ? '此前认定的违约有变化，以本通知为准。'
        : 'The breach declared earlier has changed; this message takes its place.',
    ];
  }
  if (alert.kind === 'withdrawal') {
    return [
      zh
        ? '此前就该项义务作出的违约认定现予撤销，以本通知为准。'
        : 'The breach declared earlier for this duty is withdrawn; this message takes its place.',
    ];
  }
  return [];
}

function rowsOf(alert: Alert, verdict: Verdict, contract: Contract, language: Language): [string, string][] {
  const zh = language === 'zh-CN';
  const obligation = contract.obligations.find((one) => one.id === verdict.obligation);
  const local = (at: number, ends = false): string => formatLocal(at, contract.zone, language, ends);
  const counted = (iso: string): string => describeDuration(iso, language, verdict.because.counting);
  const left = alert.kind === 'warning' ? describeLeft(alert, verdict, language) : undefined;
  const overdue = describeOverdue(verdict, contract, language);
  const rows: [string, string | null | undefined][] = [
    [zh ? '合同' : 'Contract', `${contract.id} ${contract.title[language]}`],
    [zh ? '条款' : 'Clause', verdict.because.clauses.join(zh ? '、' : ', ') || verdict.clause],
    [zh ? '条款原文' : 'Wording', obligation?.quote],
    [zh ? '义务' : 'Duty', titleOfDuty(verdict, contract, language)],
    [zh ? '标的' : 'Case', nameOfCase(verdict, contract, language)],
    [zh ? '义务方' : 'Owed by', describeParty(verdict, contract, language)],
    [zh ? '优先级' : 'Priority', verdict.because.priority],
    [zh ? '开始' : 'Started', local(verdict.startedAt)],
    [zh ? '到期' : 'Due', verdict.dueAt === null ? null : local(verdict.dueAt, true)],
    [zh ? '结束' : 'Ended', verdict.stoppedAt === null ? null : local(verdict.stoppedAt, true)],
    [zh ? '用时' : 'Taken', verdict.elapsed === null ? null : counted(verdict.elapsed)],
    [zh ? '约定' : 'Allowed', verdict.allowed === null ? null : counted(verdict.allowed)],
    [zh ? '剩余' : 'Left', left],
    [zh ? '逾期' : 'Overdue', overdue],
    ...Object.entries(verdict.dimensions),
    [zh ? '认定编号' : 'Verdict', verdictId(verdict)],
    [zh ? '决定序号' : 'Decision', `${alert.number}`],
  ];
  return rows.filter((row): row is [string, string] => row[1] !== undefined && row[1] !== null && row[1] !== '');
}

/** What is left until due: in the rule's own counting where it counts time, else round the clock. */
function describeLeft(alert: Alert, verdict: Verdict, language: Language): string | undefined {
  const allowed = verdict.allowed === null ? undefined : parseDuration(verdict.allowed);
  const elapsed = verdict.elapsed === null ? undefined : parseDuration(verdict.elapsed);
  if (allowed !== undefined && elapsed !== undefined && 'millis' in allowed && 'millis' in elapsed) {
    const left = Math.max(0, allowed.millis - elapsed.millis);
    return describeDuration(formatDuration(left), language, verdict.because.counting);
  }
  if (verdict.dueAt === null) return undefined;
  return describeDuration(formatDuration(Math.max(0, verdict.dueAt - alert.effectiveAt)), language);
}

function adviceOf(alert: Alert, verdict: Verdict, addressee: Addressee): string | null {
  const zh = addressee.language === 'zh-CN';
  const owes = addressee.party === verdict.party;
  switch (alert.kind) {
    case 'warning':
      if (!owes)
        return zh ? '对方尚可按时履行，您暂无需处理。' : 'It can still be done in time; nothing is asked of you yet.';
      return zh
        ? '请在到期前完成；到期未完成即构成违约。'
        : 'Please see to it before it is due: past that, it is a breach.';
    case 'breach':
    case 'revision':
      if (!owes) {
        return zh
          ? '请在平台中核对；需要时可依合同要求对方整改。'
          : 'Please look at the case; where needed, ask for rectification under the contract.';
      }
      if (verdict.stoppedAt !== null) {
        return zh
          ? '请核对记录；如记录有误，请由原系统发送更正事件。'
          : 'Please check the record; if it is wrong, have the system it came from send a correction.';
      }
      return zh
        ? '请立即完成。如实际已按时完成，请尽快由原系统补报事件：约定时限内补报的，违约认定自动撤销。'
        : 'Please see to it at once. If it was done in time, have the system it came from send the missing event: within the agreed delay the breach is withdrawn by itself.';
    case 'withdrawal':
      return zh ? '您无需再处理此前的通知。' : 'Nothing more is asked of you about the earlier message.';
    case 'faulted':
      return zh
        ? '请通知运维人员核对合同文件与日历覆盖的年份；更正后将自动重新认定。'
        : 'Please tell the operators to check the contract file and the years the calendar covers; once mended, it is judged again by itself.';
    case 'import-summary':
    case 'feed.silent':
      return null;
  }
}

export function upperFirst(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
