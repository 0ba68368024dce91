import { parseInstant } from '#libs/calendar';
import type { Contract, Language } from '#libs/contract';
import { describeDuration, isZeroDuration } from './explain-duration.js';
import { formatLocal } from './explain-instant.js';
import type { Because, FactRole, Verdict } from './verdict.js';

const ROLES: Readonly<Record<Language, Readonly<Record<FactRole, string>>>> = {
  'zh-CN': {
    start: '开始计时',
    stop: '停止计时',
    pause: '暂停计时',
    resume: '恢复计时',
    reset: '重新计时',
    cancel: '取消',
    reopen: '重新打开',
    priority: '变更优先级',
    due: '设定到期时间',
    correction: '更正',
  },
  en: {
    start: 'starts the clock',
    stop: 'stops the clock',
    pause: 'pauses the clock',
    resume: 'resumes the clock',
    reset: 'starts the clock anew',
    cancel: 'cancels',
    reopen: 'reopens',
    priority: 'changes the priority',
    due: 'sets the due time',
    correction: 'corrects',
  },
};

/**
 * A verdict's facts and spans in order of time, one line each, in the contract's local time; then the due instant and
 * the sums. A span is listed at its beginning, after the facts of that instant.
 */
export function explainTimeline(verdict: Verdict, contract: Contract, language: Language): string[] {
  const { because } = verdict;
  const local = (text: string, ends = false): string => {
    const at = parseInstant(text);
    return at === undefined ? text : formatLocal(at, contract.zone, language, ends);
  };
  const entries = [
    ...because.facts.map((fact) => ({
      at: parseInstant(fact.at) ?? 0,
      rank: 0,
      line: factLine(fact, local, language),
    })),
    ...because.spans.map((span) => ({
      at: parseInstant(span.from) ?? 0,
      rank: 1,
      line: spanLine(span, local, language),
    })),
  ].sort((a, b) => a.at - b.at || a.rank - b.rank);
  return [...entries.map((entry) => entry.line), ...dueLine(verdict, contract, language), sumsLine(verdict, language)];
}

type Local = (text: string, ends?: boolean) => string;

function factLine(fact: Because['facts'][number], local: Local, language: Language): string {
  const at = local(fact.at);
  const role = ROLES[language][fact.role];
  return language === 'zh-CN'
    ? `${at}：事件 ${fact.type}（来源 ${fact.source}，编号 ${fact.id}）${role}`
    : `${at}: event ${fact.type} (source ${fact.source}, id ${fact.id}) ${role}`;
}

function spanLine(span: Because['spans'][number], local: Local, language: Language): string {
  const from = local(span.from);
  const to = local(span.to, true);
  if (language === 'zh-CN') return `${from} 至 ${to}：${span.kind === 'running' ? '计时' : '暂停'}`;
  return `${from} to ${to}: ${span.kind}`;
}

function dueLine(verdict: Verdict, contract: Contract, language: Language): string[] {
  if (verdict.dueAt === null) return [];
  const due = formatLocal(verdict.dueAt, contract.zone, language, true);
  return [language === 'zh-CN' ? `${due}：到期` : `${due}: due`];
}

/** Running time is counted in the open hours of the rule's calendar, also where the rule counts days; pauses round the clock. */
function sumsLine(verdict: Verdict, language: Language): string {
  const { sums, counting, calendar } = verdict.because;
  const running = describeDuration(sums.running, language, calendar === undefined ? '' : 'working-time');
  const paused = describeDuration(sums.paused, language);
  const closed = isZeroDuration(sums.closed) ? null : describeDuration(sums.closed, language);
  const allowed = verdict.allowed === null ? null : describeDuration(verdict.allowed, language, counting);
  if (language === 'zh-CN') {
    const rest = closed === null ? '' : `，非工作时间 ${closed}`;
    return `合计：计时 ${running}，暂停 ${paused}${rest}${allowed === null ? '' : `；约定不超过 ${allowed}`}`;
  }
  const rest = closed === null ? '' : `, ${closed} outside opening hours`;
  return `Sum: ${running} running, ${paused} paused${rest}${allowed === null ? '' : `; ${allowed} allowed`}`;
}
