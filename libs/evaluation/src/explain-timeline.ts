import { parseInstant } from '#libs/calendar';
import type { Contract, Language } from '#libs/contract';
import { describeDuration, isZeroDuration } from './explain-duration.js';
import { formatLocal } from './explain-instant.js';
import { describeReasons } from './explain-reasons.js';
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
    payment: '支付部分款项',
    breach: '构成违约',
    excuse: '使时间不计入',
    waiver: '就豁免作出表示',
    acceptance: '认可逾期提交的证据',
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
    payment: 'pays a part',
    breach: 'is the breach',
    excuse: 'lets time not count',
    waiver: 'speaks on a waiver',
    acceptance: 'accepts late evidence',
  },
};

const AWAITING: Readonly<Record<Language, string>> = {
  'zh-CN': '逾期提交，尚待认可，暂不计入',
  en: 'came late and does not count until it is accepted',
};

/**
 * A verdict's facts and spans in order of time, one line each, in the contract's local time, late evidence that waits among
 * them; then the due instant and the sums. A span is listed at its beginning, after the facts of that instant.
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
      line: factLine(fact, ROLES[language][fact.role], local, language),
    })),
    ...(because.awaiting ?? []).map((fact) => ({
      at: parseInstant(fact.at) ?? 0,
      rank: 0,
      line: factLine(fact, AWAITING[language], local, language),
    })),
    ...because.spans.map((span) => ({
      at: parseInstant(span.from) ?? 0,
      rank: 1,
      line: spanLine(span, local, language),
    })),
  ].sort((a, b) => a.at - b.at || a.rank - b.rank);
  const lines = [...entries.map((entry) => entry.line), ...dueLine(verdict, contract, language)];
  return because.spans.length === 0 ? lines : [...lines, sumsLine(verdict, language)];
}

type Local = (text: string, ends?: boolean) => string;

function factLine(
  fact: NonNullable<Because['awaiting']>[number],
  role: string,
  local: Local,
  language: Language,
): string {
  const at = local(fact.at);
  return language === 'zh-CN'
    ? `${at}：事件 ${fact.type}（来源 ${fact.source}，编号 ${fact.id}）${role}`
    : `${at}: event ${fact.type} (source ${fact.source}, id ${fact.id}) ${role}`;
}

function spanLine(span: Because['spans'][number], local: Local, language: Language): string {
  const from = local(span.from);
  const to = local(span.to, true);
  const why = span.kind === 'excused' ? describeReasons(span.reasons, language) : '';
  if (language === 'zh-CN') {
    const kind = { running: '计时', paused: '暂停', excused: `不计时（${why}）` }[span.kind];
    return `${from} 至 ${to}：${kind}`;
  }
  return `${from} to ${to}: ${span.kind}${why === '' ? '' : ` (${why})`}`;
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
  const excused = sums.excused === undefined ? null : describeDuration(sums.excused, language);
  if (language === 'zh-CN') {
    const free = excused === null ? '' : `，不计时 ${excused}`;
    const rest = closed === null ? '' : `，非工作时间 ${closed}`;
    return `合计：计时 ${running}，暂停 ${paused}${free}${rest}${allowed === null ? '' : `；约定不超过 ${allowed}`}`;
  }
  const free = excused === null ? '' : `, ${excused} excused`;
  const rest = closed === null ? '' : `, ${closed} outside opening hours`;
  return `Sum: ${running} running, ${paused} paused${free}${rest}${allowed === null ? '' : `; ${allowed} allowed`}`;
}
