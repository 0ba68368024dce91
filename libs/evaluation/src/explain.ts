import { parseInstant, type Instant } from '#libs/calendar';
import type { Contract, Language } from '#libs/contract';
import { describeDuration, isZeroDuration } from './explain-duration.js';
import { describeZone, formatLocal, formatLocalDate } from './explain-instant.js';
import { describeReasons } from './explain-reasons.js';
import { Decimal } from './decimal.js';
import type { Verdict } from './verdict.js';

/**
 * A verdict as one sentence that a lawyer can read: who, by which clause, which duty, for which case, what was due
 * when (the contract's local time), what happened when, measured against allowed, and by how much it is overdue.
 *
 * @param contract the version that the verdict was judged by; what it does not know is named by its id.
 */
export function explain(verdict: Verdict, contract: Contract, language: Language): string {
  const words = wordsOf(verdict, contract, language);
  const zh = language === 'zh-CN';
  if (isForbiddenAct(verdict)) return zh ? forbiddenInChinese(verdict, words) : forbiddenInEnglish(verdict, words);
  return zh ? inChinese(verdict, words) : inEnglish(verdict, words);
}

/** A breach that is itself a fact: nothing was due. */
function isForbiddenAct({ because }: Verdict): boolean {
  return because.facts.some(({ role }) => role === 'breach');
}

/** The duty's title in a language, or its id where this version of the contract does not know it. */
export function titleOfDuty(verdict: Pick<Verdict, 'obligation'>, contract: Contract, language: Language): string {
  return ruleOf(verdict, contract)?.title[language] ?? verdict.obligation;
}

/** The case in words: its kind and id, and which instance where it is not the first. */
export function nameOfCase(
  verdict: Pick<Verdict, 'obligation' | 'subject' | 'instance'>,
  contract: Contract,
  language: Language,
): string {
  const kind = obligationOf(verdict, contract)?.kind;
  const isDuty = contract.duties.some((duty) => duty.id === verdict.obligation);
  const period = language === 'zh-CN' ? '期间' : 'period';
  const title = kind === undefined ? (isDuty ? period : undefined) : contract.subjectKinds.get(kind)?.title[language];
  const name = title === undefined ? verdict.subject : `${lowerFirst(title)} ${verdict.subject}`;
  if (verdict.instance === 1) return name;
  return language === 'zh-CN' ? `${name}（第 ${verdict.instance} 次）` : `${name} (instance ${verdict.instance})`;
}

/** `overdueBy` in words, in the unit that the remedy counts; undefined where nothing is overdue. */
export function describeOverdue(verdict: Verdict, contract: Contract, language: Language): string | undefined {
  if (isZeroDuration(verdict.overdueBy)) return undefined;
  const isTime = verdict.overdueBy.includes('T');
  const duty = contract.duties.find((one) => one.id === verdict.obligation);
  const unit = (obligationOf(verdict, contract) ?? duty)?.overdueUnit;
  const counting = isTime ? verdict.because.counting : (unit ?? verdict.because.counting);
  return describeDuration(verdict.overdueBy, language, counting);
}

interface Words {
  readonly who: string;
  readonly clause: string;
  readonly duty: string;
  readonly subject: string;
  readonly start: string;
  readonly due: string | undefined;
  readonly stop: string | undefined;
  /** Up to when it was measured, where it has not stopped. */
  readonly measuredTo: string | undefined;
  readonly cancelled: string | undefined;
  readonly pausedSince: string | undefined;
  readonly elapsed: string | undefined;
  readonly allowed: string | undefined;
  readonly overdue: string | undefined;
  /** Round the clock, whatever the rule counts. */
  readonly paused: string | undefined;
  readonly fault: string | undefined;
  /** The silent sources, each with its span; undefined where the verdict names none. */
  readonly gaps: string | undefined;
  readonly countsAsNotKept: boolean;
  /** Time that does not count, round the clock, and why. */
  readonly excused: string | undefined;
  readonly excuses: string;
  /** Why the clock stands still at the end of what was measured; undefined where it does not, or the case itself pauses it. */
  readonly standsStill: string | undefined;
  readonly owed: string | undefined;
  readonly paid: string | undefined;
  readonly waived: string | undefined;
  readonly awaiting: string | undefined;
  readonly materialSince: string | undefined;
  readonly zone: string;
}

function wordsOf(verdict: Verdict, contract: Contract, language: Language): Words {
  const { because } = verdict;
  const counted = (iso: string): string => describeDuration(iso, language, because.counting);
  const local = (at: Instant | null | undefined, ends: boolean): string | undefined =>
    at === null || at === undefined ? undefined : formatLocal(at, contract.zone, language, ends);
  const last = because.spans.at(-1);
  const reasons = because.spans.flatMap((span) => (span.kind === 'excused' ? span.reasons : []));
  const waiver = because.facts.findLast((fact) => fact.role === 'waiver');
  const { sum, awaiting } = because;
  const end = because.facts.findLast((fact) => fact.role === 'cancel' || fact.role === 'stop');
  const cancelled = end?.role === 'cancel' ? parseInstant(end.at) : undefined;
  const knowsDates = end !== undefined && contract.sources.get(end.source)?.precision === 'date';
  const ended = (at: Instant | null | undefined): string | undefined =>
    at === null || at === undefined || !knowsDates ? local(at, true) : formatLocalDate(at, contract.zone, language);
  return {
    who: describeParty(verdict, contract, language),
    clause: describeClauses(verdict, language),
    duty: titleOfDuty(verdict, contract, language),
    subject: nameOfCase(verdict, contract, language),
    start: formatLocal(verdict.startedAt, contract.zone, language),
    due: local(verdict.dueAt, true),
    stop: ended(verdict.stoppedAt),
    measuredTo: last === undefined ? undefined : local(parseInstant(last.to), true),
    cancelled: ended(cancelled),
    pausedSince:
      last?.kind === 'paused' || last?.kind === 'excused' ? local(parseInstant(last.from), false) : undefined,
    elapsed: verdict.elapsed === null ? undefined : counted(verdict.elapsed),
    allowed: verdict.allowed === null ? undefined : counted(verdict.allowed),
    overdue: describeOverdue(verdict, contract, language),
    paused: isZeroDuration(because.sums.paused) ? undefined : describeDuration(because.sums.paused, language),
    fault: because.fault,
    gaps: because.gaps?.map((gap) => describeGap(gap, contract, language)).join(language === 'zh-CN' ? '；' : '; '),
    countsAsNotKept: because.gaps?.some(({ countsAs }) => countsAs === 'not-kept') ?? false,
    excused: because.sums.excused === undefined ? undefined : describeDuration(because.sums.excused, language),
    excuses: describeReasons(reasons, language),
    standsStill: last?.kind === 'excused' ? describeReasons(last.reasons, language) : undefined,
    owed: sum?.owed,
    paid: sum === undefined ? undefined : totalOf(sum),
    waived: verdict.state === 'excused' ? local(parseInstant(waiver?.at ?? ''), false) : undefined,
    awaiting: awaiting
      ?.map(({ source, id }) => (language === 'zh-CN' ? `${id}（${source}）` : `${id} (${source})`))
      .join(language === 'zh-CN' ? '、' : ', '),
    materialSince: local(parseInstant(because.material?.since ?? ''), true),
    zone: describeZone(contract.zone, language),
  };
}

function describeGap(
  { source, from, to }: NonNullable<Verdict['because']['gaps']>[number],
  contract: Contract,
  language: Language,
): string {
  const local = (at: string | null): string | undefined => {
    const instant = parseInstant(at ?? '');
    return instant === undefined ? undefined : formatLocal(instant, contract.zone, language);
  };
  const [begun, ended] = [local(from), local(to)];
  if (language === 'zh-CN') return `${source} 自 ${begun} 起${ended === undefined ? '' : `至 ${ended} `}没有消息`;
  return `${source} was silent from ${begun}${ended === undefined ? ' on' : ` to ${ended}`}`;
}

/** The party that owes the duty, by its side and its name. Contracts often write the side into the name: said once is enough. */
export function describeParty(verdict: Pick<Verdict, 'party'>, contract: Contract, language: Language): string {
  const name = contract.parties[verdict.party].name.replace(/\s*[（(][甲乙]方[）)]$/u, '');
  if (language === 'zh-CN') return `${verdict.party === 'client' ? '甲方' : '乙方'}（${name}）`;
  return `the ${verdict.party} (${name})`;
}

function describeClauses(verdict: Verdict, language: Language): string {
  const clauses = verdict.because.clauses.length > 0 ? verdict.because.clauses : [verdict.clause];
  if (language === 'zh-CN') return `合同 ${verdict.contract} 第 ${clauses.join('、')} 条`;
  const last = clauses.at(-1);
  const listed = clauses.length === 1 ? `clause ${last}` : `clauses ${clauses.slice(0, -1).join(', ')} and ${last}`;
  return `${listed} of contract ${verdict.contract}`;
}

function inChinese(verdict: Verdict, w: Words): string {
  const duty = `“${w.duty}”`;
  const begun = `${w.subject}${w.subject.endsWith('）') ? '' : ' '}自 ${w.start} 起计时`;
  const dueBy = w.due === undefined ? '尚无到期时间' : `应于 ${w.due} 或之前完成`;
  const limit = w.allowed === undefined ? '' : `，约定不超过 ${w.allowed}`;
  const spent = w.elapsed === undefined ? '' : `，用时 ${w.elapsed}`;
  const pauses = `${w.paused === undefined ? '' : `，其间暂停 ${w.paused}`}${w.excused === undefined ? '' : `，其间不计时 ${w.excused}（${w.excuses}）`}`;
  const soFar = w.measuredTo === undefined ? '尚未完成' : `截至 ${w.measuredTo} 尚未完成`;
  const end = `${restInChinese(w)}；${w.zone}。`;
  switch (verdict.state) {
    case 'met':
      return `${w.who}已按${w.clause}履行${duty}：${begun}，${dueBy}，实际于 ${w.stop} 完成${spent}${limit}${pauses}${end}`;
    case 'breached': {
      const facts =
        w.cancelled !== undefined
          ? `到期后于 ${w.cancelled} 取消，违约仍然成立`
          : w.stop !== undefined
            ? `实际于 ${w.stop} 才完成`
            : soFar;
      const late = w.overdue === undefined ? '' : `，${w.stop === undefined ? '已逾期' : '逾期'} ${w.overdue}`;
      return `${w.who}违反${w.clause}${duty}：${begun}，${dueBy}，${facts}${spent}${limit}${pauses}${late}${end}`;
    }
    case 'running':
      return `${w.who}应按${w.clause}履行${duty}：${begun}，${dueBy}，${soFar}${spent.replace('用时', '已用时')}${limit}${pauses}${end}`;
    case 'paused': {
      const why = w.standsStill === undefined ? '' : `（${w.standsStill}）`;
      const since = `${w.pausedSince === undefined ? '目前暂停计时' : `自 ${w.pausedSince} 起暂停计时`}${why}`;
      return `${w.who}应按${w.clause}履行${duty}：${begun}，${since}${spent.replace('用时', '已用时')}${limit}${pauses}，恢复计时后再定到期时间${end}`;
    }
    case 'cancelled': {
      const when = w.cancelled ?? w.stop;
      return `${w.who}按${w.clause}应履行的${duty}已取消：${begun}，到期前${when === undefined ? '' : `于 ${when} `}取消，不计入任何指标${end}`;
    }
    case 'excused': {
      const facts = w.stop === undefined ? soFar : `实际于 ${w.stop} 完成`;
      return `${w.who}未按时履行${w.clause}${duty}，但该违约已${w.waived === undefined ? '' : `于 ${w.waived} `}获豁免：${begun}，${dueBy}，${facts}${spent}${limit}${pauses}，不计入任何指标${end}`;
    }
    case 'unknown':
      return `${w.who}是否按${w.clause}履行${duty}目前无法认定：${begun}，${dueBy}${limit}，但事件来源有缺口${w.gaps === undefined ? '' : `（${w.gaps}）`}，补齐之前不视为已履行${w.countsAsNotKept ? '，并按约定计为未履行' : ''}${end}`;
    case 'faulted':
      return `${w.who}是否按${w.clause}履行${duty}未能认定：${begun}，${dueBy}${limit}，但认定过程出错${w.fault === undefined ? '' : `（${w.fault}）`}；事实均已保存，待合同、日历或程序更正后重新认定${end}`;
    case 'withdrawn':
      return `对${w.who}按${w.clause}履行${duty}的认定已撤销：${w.subject} 曾自 ${w.start} 起计时，所依据的事实已被撤回或更正，该次义务不再存在${end}`;
  }
}

function inEnglish(verdict: Verdict, w: Words): string {
  const duty = `“${w.duty}”`;
  const begun = `for ${w.subject} the clock started on ${w.start}`;
  const dueBy = w.due === undefined ? 'no due time is set' : `it was due by ${w.due}`;
  const against = w.allowed === undefined ? '' : ` against ${w.allowed} allowed`;
  const limit = w.allowed === undefined ? '' : `, ${w.allowed} allowed`;
  const paused = w.paused === undefined ? '' : `, with ${w.paused} of pauses`;
  const pauses = `${paused}${w.excused === undefined ? '' : `, with ${w.excused} that do not count (${w.excuses})`}`;
  const soFar = w.measuredTo === undefined ? 'it is not done yet' : `it was not done by ${w.measuredTo}`;
  const end = `${restInEnglish(w)} (${w.zone}).`;
  const who = `${w.who.charAt(0).toUpperCase()}${w.who.slice(1)}`;
  const spent = w.elapsed === undefined ? pauses : `, after ${w.elapsed}${against}${pauses}`;
  switch (verdict.state) {
    case 'met':
      return `${who} kept ${w.clause}, ${duty}: ${begun}, ${dueBy}, and it was done on ${w.stop}${spent}${end}`;
    case 'breached': {
      const facts =
        w.cancelled !== undefined
          ? `it was cancelled after that, on ${w.cancelled}, so the breach stands`
          : w.stop !== undefined
            ? `it was done only on ${w.stop}`
            : soFar;
      const late = w.overdue === undefined ? '' : `, overdue by ${w.overdue}${w.stop === undefined ? ' so far' : ''}`;
      return `${who} breached ${w.clause}, ${duty}: ${begun}, ${dueBy}, and ${facts}${spent}${late}${end}`;
    }
    case 'running':
      return `${who} owes ${duty} under ${w.clause}: ${begun}, ${dueBy.replace('it was', 'it is')}, and ${soFar}${spent}${end}`;
    case 'paused': {
      const why = w.standsStill === undefined ? '' : ` (${w.standsStill})`;
      const since = `${w.pausedSince === undefined ? 'it is paused now' : `it has been paused since ${w.pausedSince}`}${why}`;
      return `${who} owes ${duty} under ${w.clause}: ${begun}, ${since}${spent}, and the due time is set anew when it goes on${end}`;
    }
    case 'cancelled': {
      const when = w.cancelled ?? w.stop;
      return `${duty}, owed by ${w.who} under ${w.clause}, was cancelled: ${begun} and was cancelled before it was due${when === undefined ? '' : `, on ${when}`}; it counts in no figure${end}`;
    }
    case 'excused': {
      const facts = w.stop === undefined ? soFar : `it was done on ${w.stop}`;
      return `${who} missed ${w.clause}, ${duty}, but the breach is excused${w.waived === undefined ? '' : `, as agreed on ${w.waived}`}: ${begun}, ${dueBy}, and ${facts}${spent}; it counts in no figure${end}`;
    }
    case 'unknown':
      return `Whether ${w.who} kept ${w.clause}, ${duty}, cannot be told yet: ${begun}, ${dueBy}${limit}, but a source of events has a gap${w.gaps === undefined ? '' : ` (${w.gaps})`}, and until it is filled the duty does not count as kept${w.countsAsNotKept ? ' but, as agreed, as not kept' : ''}${end}`;
    case 'faulted':
      return `Whether ${w.who} kept ${w.clause}, ${duty}, could not be judged: ${begun}, ${dueBy}${limit}, but judging failed${w.fault === undefined ? '' : ` (${w.fault})`}; all facts are kept, and it is judged again once the contract, the calendar or the program is mended${end}`;
    case 'withdrawn':
      return `The verdict on ${w.who} under ${w.clause}, ${duty}, is withdrawn: for ${w.subject} the clock had started on ${w.start}, but the facts it rested on were withdrawn or corrected, and this instance no longer exists${end}`;
  }
}

/** What was paid, with as many places as the amounts have. */
function totalOf({ owed, payments }: NonNullable<Verdict['because']['sum']>): string {
  const amounts = payments.map(({ amount }) => new Decimal(amount));
  const places = Math.max(
    ...[owed, ...payments.map(({ amount }) => amount)].map((text) => text.split('.')[1]?.length ?? 0),
  );
  return amounts.reduce((total, amount) => total.plus(amount), new Decimal(0)).toFixed(places);
}

/** What is owed in money, what is still to be accepted, and whether the breach is material. */
function restInChinese({ owed, paid, awaiting, materialSince }: Words): string {
  const money = owed === undefined ? '' : `，应付 ${owed}，已付 ${paid}`;
  const material = materialSince === undefined ? '' : `；经通知后仍未补救，自 ${materialSince} 起构成重大违约`;
  const waits = awaiting === undefined ? '' : `；逾期提交的证据 ${awaiting}尚待对方或仲裁方认可，暂不计入`;
  return `${money}${material}${waits}`;
}

function restInEnglish({ owed, paid, awaiting, materialSince }: Words): string {
  const money = owed === undefined ? '' : `; ${owed} is owed and ${paid} paid`;
  const material =
    materialSince === undefined ? '' : `; not made good after a notice, the breach is material since ${materialSince}`;
  const waits =
    awaiting === undefined
      ? ''
      : `; evidence that came late, ${awaiting}, does not count until the other party or the arbiter accepts it`;
  return `${money}${material}${waits}`;
}

function forbiddenInChinese(verdict: Verdict, w: Words): string {
  const excused = w.waived === undefined ? '' : `，但该违约已于 ${w.waived} 获豁免，不计入任何指标`;
  const waits = restInChinese(w);
  return `${w.who}违反${w.clause}${`“${w.duty}”`}：${w.subject} 所载行为发生于 ${w.start}${verdict.state === 'excused' ? excused : ''}${waits}；${w.zone}。`;
}

function forbiddenInEnglish(verdict: Verdict, w: Words): string {
  const who = `${w.who.charAt(0).toUpperCase()}${w.who.slice(1)}`;
  const excused =
    w.waived === undefined ? '' : `, but the breach is excused, as agreed on ${w.waived}, and counts in no figure`;
  return `${who} breached ${w.clause}, “${w.duty}”: the act recorded as ${w.subject} happened on ${w.start}${verdict.state === 'excused' ? excused : ''}${restInEnglish(w)} (${w.zone}).`;
}

function obligationOf(verdict: Pick<Verdict, 'obligation'>, contract: Contract) {
  return contract.obligations.find((obligation) => obligation.id === verdict.obligation);
}

function ruleOf({ obligation }: Pick<Verdict, 'obligation'>, { obligations, duties, prohibitions }: Contract) {
  return [...obligations, ...duties, ...prohibitions].find((rule) => rule.id === obligation);
}

/** Kinds are titled like headings; inside a sentence the first letter is small, unless the word is all capitals. */
function lowerFirst(title: string): string {
  return /^[A-Z][a-z]/.test(title) ? `${title.charAt(0).toLowerCase()}${title.slice(1)}` : title;
}
