import { Temporal } from 'temporal-polyfill';
import type { Instant } from '#libs/calendar';
import { percentOfShare } from './decimal-text.js';
import type { Budget, Contract, Language, PartyId, Text, Trigger } from './model.js';
import type { Sum } from './money.js';

/** Says the small parts of a contract in one language. */
export interface Narrator {
  /** The one of two sentences that is in the language. */
  readonly say: (chinese: string, english: string) => string;
  readonly text: (text: Text) => string;
  readonly list: (items: readonly string[]) => string;
  readonly party: (party: PartyId | 'both') => string;
  /** `“A customer complains” (complaint.opened)`. */
  readonly type: (type: string) => string;
  readonly triggers: (triggers: readonly Trigger[]) => string;
  readonly period: (budget: Budget) => string;
  /** A span of time in hours, minutes and seconds. */
  readonly span: (millis: number) => string;
  readonly sum: (sum: Sum, feeMonths?: number | null) => string;
  readonly clauses: (clauses: readonly string[]) => string;
  /** `“First response” (first-response)`, by the id of a rule. */
  readonly rule: (id: string) => string;
  readonly rules: (ids: readonly string[]) => string;
  readonly date: (at: Instant) => string;
  /** The last day of what ends before an instant. */
  readonly lastDate: (end: Instant) => string;
  readonly instant: (at: Instant) => string;
  readonly unit: (unit: 'working-days' | 'calendar-days' | 'hours' | 'weeks') => string;
}

/** A name or expression that stands as it is written. */
export function code(text: string): string {
  return `\`${text}\``;
}

const DAY_MILLIS = 86_400_000;

export function makeNarrator(contract: Contract, language: Language): Narrator {
  const chinese = language === 'zh-CN';
  const say: Narrator['say'] = (zh, en) => (chinese ? zh : en);
  const list: Narrator['list'] = (items) => items.join(say('、', ', '));
  const text: Narrator['text'] = (one) => one[language];
  const titles = new Map(
    [...contract.obligations, ...contract.duties, ...contract.prohibitions, ...contract.standards].map((rule) => [
      rule.id,
      rule.title,
    ]),
  );
  const named = (title: string | undefined, id: string): string =>
    title === undefined || title === id ? id : say(`“${title}”（${id}）`, `“${title}” (${id})`);
  const type: Narrator['type'] = (one) => {
    const title = contract.eventTypes.get(one)?.title;
    return named(title && text(title), one);
  };
  const rule: Narrator['rule'] = (id) => {
    const title = titles.get(id);
    return named(title && text(title), id);
  };
  const zoned = (at: Instant) => Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(contract.zone);
  const date = (at: Instant): string => zoned(at).toPlainDate().toString();
  const span: Narrator['span'] = (millis) => {
    const days = millis / DAY_MILLIS;
    if (days > 1 && Number.isInteger(days)) return say(`${days} 天`, `${days} days`);
    const parts = [
      [Math.floor(millis / 3_600_000), say('小时', 'h')],
      [Math.floor((millis % 3_600_000) / 60_000), say('分钟', 'min')],
      [(millis % 60_000) / 1000, say('秒', 's')],
    ] as const;
    const some = parts.filter(([count]) => count > 0);
    return (some.length > 0 ? some : parts.slice(2)).map(([count, unit]) => `${count} ${unit}`).join(' ');
  };
  return {
    say,
    text,
    list,
    type,
    rule,
    span,
    date,
    rules: (ids) => list(ids.map(rule)),
    party: (party) =>
      party === 'both'
        ? say('双方', 'both parties')
        : party === 'client'
          ? say('甲方', 'the client')
          : say('乙方', 'the provider'),
    triggers: (triggers) =>
      triggers
        .map(({ on, where }) =>
          where === null ? type(on) : say(`${type(on)}且满足 ${code(where)}`, `${type(on)} where ${code(where)}`),
        )
        .join(say('，或', ', or ')),
    period: (budget) => describePeriod(budget, say, span),
    sum: (sum, feeMonths = null) => {
      if (sum.by === 'amount') return `${sum.amount} ${contract.currency}`;
      const percent = percentOfShare(sum.share);
      return feeMonths === null
        ? say(`当期服务费的 ${percent}`, `${percent} of the cycle's fee`)
        : say(`${feeMonths} 个月服务费的 ${percent}`, `${percent} of ${feeMonths} months' fees`);
    },
    clauses: (clauses) =>
      chinese ? `第 ${clauses.join('、')} 条` : `clause${clauses.length === 1 ? '' : 's'} ${clauses.join(', ')}`,
    lastDate: (end) => date(end - 1),
    instant: (at) => zoned(at).toPlainDateTime().toString({ smallestUnit: 'minute' }).replace('T', ' '),
    unit: (unit) => {
      const words = {
        'working-days': say('工作日', 'working day'),
        'calendar-days': say('自然日', 'calendar day'),
        hours: say('小时', 'hour'),
        weeks: say('周', 'week'),
      };
      return words[unit];
    },
  };
}

function describePeriod(budget: Budget, say: Narrator['say'], span: Narrator['span']): string {
  const calendar = 'calendar' in budget ? budget.calendar.id : '';
  switch (budget.counting) {
    case 'elapsed-time':
      return say(`${span(budget.millis)}（全天计时）`, `${span(budget.millis)} round the clock`);
    case 'working-time':
      return say(
        `${span(budget.millis)}（工作时间，按 ${calendar}）`,
        `${span(budget.millis)} of working time (${calendar})`,
      );
    default: {
      const { count, endsAt } = budget;
      const [zh, en] = {
        'working-days': ['个工作日', 'working day'],
        'calendar-days': ['日', 'calendar day'],
        months: ['个月', 'month'],
        years: ['年', 'year'],
      }[budget.counting];
      const ends =
        endsAt === 'close'
          ? say('末日营业结束时届满', 'ending at close of business')
          : say('末日 24:00 届满', 'ending at 24:00');
      return say(
        `${count} ${zh}（按 ${calendar}，${ends}）`,
        `${count} ${en}${count === 1 ? '' : 's'} (${calendar}, ${ends})`,
      );
    }
  }
}
