import type { Contract, Obligation } from '#libs/contract';
import { describeDuration } from './explain-duration.js';
import { formatLocal } from './explain-instant.js';
import { explainTimeline } from './explain-timeline.js';
import { explain } from './explain.js';
import type { Because, Verdict } from './verdict.js';

const obligation = {
  id: 'first-answer',
  title: { 'zh-CN': '首次答复', en: 'First answer' },
  kind: 'ticket',
  overdueUnit: null,
} as Partial<Obligation> as Obligation;

const contract = {
  id: 'C-1',
  zone: 'Asia/Shanghai',
  parties: {
    client: { name: '甲公司（甲方）', contacts: {} },
    provider: { name: '乙公司', contacts: {} },
  },
  subjectKinds: new Map([['ticket', { title: { 'zh-CN': '工单', en: 'Ticket' } }]]),
  sources: new Map(),
  duties: [],
  prohibitions: [],
  obligations: [
    obligation,
    { ...obligation, id: 'solution', title: { 'zh-CN': '解决', en: 'Solution' }, overdueUnit: 'working-days' },
  ],
} as unknown as Contract;

const at = (text: string): number => Date.parse(text);

interface Difference extends Partial<Omit<Verdict, 'because'>> {
  because?: Partial<Because>;
}

/** Due four working hours after 09:00 local time, answered an hour and four minutes late. */
function aVerdict({ because, ...difference }: Difference): Verdict {
  return {
    contract: 'C-1',
    obligation: 'first-answer',
    clause: '5.1.2',
    party: 'provider',
    subject: 'T-7',
    instance: 1,
    state: 'breached',
    startedAt: at('2026-03-24T01:00:00Z'),
    dueAt: at('2026-03-24T06:30:00Z'),
    stoppedAt: at('2026-03-24T07:34:47Z'),
    elapsed: 'PT5H4M47S',
    allowed: 'PT4H',
    overdueBy: 'PT1H4M47S',
    effectiveAt: at('2026-03-24T06:30:00Z'),
    dimensions: {},
    ...difference,
    because: {
      version: 1,
      contractHash: 'h',
      clauses: ['3.2', '5.1.2'],
      rule: 'first-answer',
      facts: [
        { source: '/desk', id: 'e1', type: 'ticket.opened', at: '2026-03-24T01:00:00Z', role: 'start' },
        { source: '/desk', id: 'e2', type: 'ticket.answered', at: '2026-03-24T07:34:47Z', role: 'stop' },
      ],
      spans: [{ kind: 'running', from: '2026-03-24T01:00:00Z', to: '2026-03-24T07:34:47Z' }],
      sums: { running: 'PT5H4M47S', paused: 'PT0S', closed: 'PT1H30M' },
      calendar: { id: 'office', hash: 'h', data: '' },
      counting: 'working-time',
      ...because,
    },
  };
}

const open: Difference = {
  stoppedAt: null,
  because: { spans: [{ kind: 'running', from: '2026-03-24T01:00:00Z', to: '2026-03-24T06:30:00Z' }] },
};

const sentences: [string, Difference, string, string][] = [
  [
    'a breach that was done late',
    {},
    '乙方（乙公司）违反合同 C-1 第 3.2、5.1.2 条“首次答复”：工单 T-7 自 2026年3月24日 09:00 起计时，应于 2026年3月24日 14:30 或之前完成，实际于 2026年3月24日 15:34:47 才完成，用时 5 小时 4 分 47 秒（工作时间），约定不超过 4 小时（工作时间），逾期 1 小时 4 分 47 秒（工作时间）；以上均为北京时间。',
    'The provider (乙公司) breached clauses 3.2 and 5.1.2 of contract C-1, “First answer”: for ticket T-7 the clock started on 24 March 2026, 09:00, it was due by 24 March 2026, 14:30, and it was done only on 24 March 2026, 15:34:47, after 5 h 4 min 47 s of working time against 4 h of working time allowed, overdue by 1 h 4 min 47 s of working time (all times local to Asia/Shanghai).',
  ],
  [
    'a breach that is not done yet',
    { ...open, overdueBy: 'PT0S', elapsed: 'PT4H' },
    '乙方（乙公司）违反合同 C-1 第 3.2、5.1.2 条“首次答复”：工单 T-7 自 2026年3月24日 09:00 起计时，应于 2026年3月24日 14:30 或之前完成，截至 2026年3月24日 14:30 尚未完成，用时 4 小时（工作时间），约定不超过 4 小时（工作时间）；以上均为北京时间。',
    'The provider (乙公司) breached clauses 3.2 and 5.1.2 of contract C-1, “First answer”: for ticket T-7 the clock started on 24 March 2026, 09:00, it was due by 24 March 2026, 14:30, and it was not done by 24 March 2026, 14:30, after 4 h of working time against 4 h of working time allowed (all times local to Asia/Shanghai).',
  ],
  [
    'a breach in working days, paused on the way, of a second instance',
    {
      obligation: 'solution',
      instance: 2,
      dueAt: at('2026-03-31T16:00:00Z'),
      stoppedAt: at('2026-04-02T02:00:00Z'),
      elapsed: 'P5D',
      allowed: 'P3D',
      overdueBy: 'P2D',
      because: {
        clauses: ['5.1.3'],
        counting: 'working-days, ends at 24:00',
        sums: { running: 'PT40H', paused: 'PT26H', closed: 'PT0S' },
      },
    },
    '乙方（乙公司）违反合同 C-1 第 5.1.3 条“解决”：工单 T-7（第 2 次）自 2026年3月24日 09:00 起计时，应于 2026年3月31日 24:00 或之前完成，实际于 2026年4月2日 10:00 才完成，用时 5 个工作日，约定不超过 3 个工作日，其间暂停 26 小时，逾期 2 个工作日；以上均为北京时间。',
    'The provider (乙公司) breached clause 5.1.3 of contract C-1, “Solution”: for ticket T-7 (instance 2) the clock started on 24 March 2026, 09:00, it was due by 31 March 2026, 24:00, and it was done only on 2 April 2026, 10:00, after 5 working days against 3 working days allowed, with 26 h of pauses, overdue by 2 working days (all times local to Asia/Shanghai).',
  ],
  [
    'a breach whose case was cancelled after it was due',
    {
      because: {
        facts: [{ source: '/desk', id: 'e3', type: 'ticket.cancelled', at: '2026-03-24T07:34:47Z', role: 'cancel' }],
      },
    },
    '乙方（乙公司）违反合同 C-1 第 3.2、5.1.2 条“首次答复”：工单 T-7 自 2026年3月24日 09:00 起计时，应于 2026年3月24日 14:30 或之前完成，到期后于 2026年3月24日 15:34:47 取消，违约仍然成立，用时 5 小时 4 分 47 秒（工作时间），约定不超过 4 小时（工作时间），逾期 1 小时 4 分 47 秒（工作时间）；以上均为北京时间。',
    'The provider (乙公司) breached clauses 3.2 and 5.1.2 of contract C-1, “First answer”: for ticket T-7 the clock started on 24 March 2026, 09:00, it was due by 24 March 2026, 14:30, and it was cancelled after that, on 24 March 2026, 15:34:47, so the breach stands, after 5 h 4 min 47 s of working time against 4 h of working time allowed, overdue by 1 h 4 min 47 s of working time (all times local to Asia/Shanghai).',
  ],
  [
    'a duty kept',
    { state: 'met', stoppedAt: at('2026-03-24T02:00:00Z'), elapsed: 'PT1H', overdueBy: 'PT0S' },
    '乙方（乙公司）已按合同 C-1 第 3.2、5.1.2 条履行“首次答复”：工单 T-7 自 2026年3月24日 09:00 起计时，应于 2026年3月24日 14:30 或之前完成，实际于 2026年3月24日 10:00 完成，用时 1 小时（工作时间），约定不超过 4 小时（工作时间）；以上均为北京时间。',
    'The provider (乙公司) kept clauses 3.2 and 5.1.2 of contract C-1, “First answer”: for ticket T-7 the clock started on 24 March 2026, 09:00, it was due by 24 March 2026, 14:30, and it was done on 24 March 2026, 10:00, after 1 h of working time against 4 h of working time allowed (all times local to Asia/Shanghai).',
  ],
  [
    'a duty without a due time',
    { state: 'met', dueAt: null, allowed: null, overdueBy: 'PT0S', because: { counting: 'elapsed-time' } },
    '乙方（乙公司）已按合同 C-1 第 3.2、5.1.2 条履行“首次答复”：工单 T-7 自 2026年3月24日 09:00 起计时，尚无到期时间，实际于 2026年3月24日 15:34:47 完成，用时 5 小时 4 分 47 秒；以上均为北京时间。',
    'The provider (乙公司) kept clauses 3.2 and 5.1.2 of contract C-1, “First answer”: for ticket T-7 the clock started on 24 March 2026, 09:00, no due time is set, and it was done on 24 March 2026, 15:34:47, after 5 h 4 min 47 s (all times local to Asia/Shanghai).',
  ],
  [
    'a clock that runs',
    { ...open, state: 'running', elapsed: 'PT2H', overdueBy: 'PT0S', party: 'client' },
    '甲方（甲公司）应按合同 C-1 第 3.2、5.1.2 条履行“首次答复”：工单 T-7 自 2026年3月24日 09:00 起计时，应于 2026年3月24日 14:30 或之前完成，截至 2026年3月24日 14:30 尚未完成，已用时 2 小时（工作时间），约定不超过 4 小时（工作时间）；以上均为北京时间。',
    'The client (甲公司) owes “First answer” under clauses 3.2 and 5.1.2 of contract C-1: for ticket T-7 the clock started on 24 March 2026, 09:00, it is due by 24 March 2026, 14:30, and it was not done by 24 March 2026, 14:30, after 2 h of working time against 4 h of working time allowed (all times local to Asia/Shanghai).',
  ],
  [
    'a clock that is paused',
    {
      state: 'paused',
      dueAt: null,
      stoppedAt: null,
      elapsed: 'PT1H',
      overdueBy: 'PT0S',
      because: {
        spans: [{ kind: 'paused', from: '2026-03-24T02:00:00Z', to: '2026-03-24T02:30:00Z' }],
        sums: { running: 'PT1H', paused: 'PT30M', closed: 'PT0S' },
      },
    },
    '乙方（乙公司）应按合同 C-1 第 3.2、5.1.2 条履行“首次答复”：工单 T-7 自 2026年3月24日 09:00 起计时，自 2026年3月24日 10:00 起暂停计时，已用时 1 小时（工作时间），约定不超过 4 小时（工作时间），其间暂停 30 分，恢复计时后再定到期时间；以上均为北京时间。',
    'The provider (乙公司) owes “First answer” under clauses 3.2 and 5.1.2 of contract C-1: for ticket T-7 the clock started on 24 March 2026, 09:00, it has been paused since 24 March 2026, 10:00, after 1 h of working time against 4 h of working time allowed, with 30 min of pauses, and the due time is set anew when it goes on (all times local to Asia/Shanghai).',
  ],
  [
    'a duty cancelled in time',
    {
      state: 'cancelled',
      stoppedAt: null,
      because: {
        facts: [{ source: '/desk', id: 'e3', type: 'ticket.cancelled', at: '2026-03-24T02:00:00Z', role: 'cancel' }],
      },
    },
    '乙方（乙公司）按合同 C-1 第 3.2、5.1.2 条应履行的“首次答复”已取消：工单 T-7 自 2026年3月24日 09:00 起计时，到期前于 2026年3月24日 10:00 取消，不计入任何指标；以上均为北京时间。',
    '“First answer”, owed by the provider (乙公司) under clauses 3.2 and 5.1.2 of contract C-1, was cancelled: for ticket T-7 the clock started on 24 March 2026, 09:00 and was cancelled before it was due, on 24 March 2026, 10:00; it counts in no figure (all times local to Asia/Shanghai).',
  ],
  [
    'a breach excused',
    { state: 'excused' },
    '乙方（乙公司）未按时履行合同 C-1 第 3.2、5.1.2 条“首次答复”，但该违约已获豁免：工单 T-7 自 2026年3月24日 09:00 起计时，应于 2026年3月24日 14:30 或之前完成，实际于 2026年3月24日 15:34:47 完成，用时 5 小时 4 分 47 秒（工作时间），约定不超过 4 小时（工作时间），不计入任何指标；以上均为北京时间。',
    'The provider (乙公司) missed clauses 3.2 and 5.1.2 of contract C-1, “First answer”, but the breach is excused: for ticket T-7 the clock started on 24 March 2026, 09:00, it was due by 24 March 2026, 14:30, and it was done on 24 March 2026, 15:34:47, after 5 h 4 min 47 s of working time against 4 h of working time allowed; it counts in no figure (all times local to Asia/Shanghai).',
  ],
  [
    'a gap in the feed',
    { ...open, state: 'unknown' },
    '乙方（乙公司）是否按合同 C-1 第 3.2、5.1.2 条履行“首次答复”目前无法认定：工单 T-7 自 2026年3月24日 09:00 起计时，应于 2026年3月24日 14:30 或之前完成，约定不超过 4 小时（工作时间），但事件来源有缺口，补齐之前不视为已履行；以上均为北京时间。',
    'Whether the provider (乙公司) kept clauses 3.2 and 5.1.2 of contract C-1, “First answer”, cannot be told yet: for ticket T-7 the clock started on 24 March 2026, 09:00, it was due by 24 March 2026, 14:30, 4 h of working time allowed, but a source of events has a gap, and until it is filled the duty does not count as kept (all times local to Asia/Shanghai).',
  ],
  [
    'a judgement that failed',
    { ...open, state: 'faulted', dueAt: null, because: { fault: 'calendar office does not cover 2027' } },
    '乙方（乙公司）是否按合同 C-1 第 3.2、5.1.2 条履行“首次答复”未能认定：工单 T-7 自 2026年3月24日 09:00 起计时，尚无到期时间，约定不超过 4 小时（工作时间），但认定过程出错（calendar office does not cover 2027）；事实均已保存，待合同、日历或程序更正后重新认定；以上均为北京时间。',
    'Whether the provider (乙公司) kept clauses 3.2 and 5.1.2 of contract C-1, “First answer”, could not be judged: for ticket T-7 the clock started on 24 March 2026, 09:00, no due time is set, 4 h of working time allowed, but judging failed (calendar office does not cover 2027); all facts are kept, and it is judged again once the contract, the calendar or the program is mended (all times local to Asia/Shanghai).',
  ],
  [
    'an instance that ceased to exist',
    { state: 'withdrawn' },
    '对乙方（乙公司）按合同 C-1 第 3.2、5.1.2 条履行“首次答复”的认定已撤销：工单 T-7 曾自 2026年3月24日 09:00 起计时，所依据的事实已被撤回或更正，该次义务不再存在；以上均为北京时间。',
    'The verdict on the provider (乙公司) under clauses 3.2 and 5.1.2 of contract C-1, “First answer”, is withdrawn: for ticket T-7 the clock had started on 24 March 2026, 09:00, but the facts it rested on were withdrawn or corrected, and this instance no longer exists (all times local to Asia/Shanghai).',
  ],
];

describe('a verdict as a sentence', () => {
  it.each(sentences)('tells %s in both languages', (_, difference, chinese, english) => {
    const verdict = aVerdict(difference);
    expect(explain(verdict, contract, 'zh-CN')).toBe(chinese);
    expect(explain(verdict, contract, 'en')).toBe(english);
  });

  it('names by their ids what this version of the contract does not know', () => {
    expect(explain(aVerdict({ obligation: 'gone' }), contract, 'en')).toContain('“gone”: for T-7 the clock');
  });
});

describe('a verdict as a timeline', () => {
  it('lists facts and spans in order of time, then the due time and the sums', () => {
    expect(explainTimeline(aVerdict({}), contract, 'en')).toEqual([
      '24 March 2026, 09:00: event ticket.opened (source /desk, id e1) starts the clock',
      '24 March 2026, 09:00 to 24 March 2026, 15:34:47: running',
      '24 March 2026, 15:34:47: event ticket.answered (source /desk, id e2) stops the clock',
      '24 March 2026, 14:30: due',
      'Sum: 5 h 4 min 47 s of working time running, 0 s paused, 1 h 30 min outside opening hours; 4 h of working time allowed',
    ]);
    expect(explainTimeline(aVerdict({}), contract, 'zh-CN')[0]).toBe(
      '2026年3月24日 09:00：事件 ticket.opened（来源 /desk，编号 e1）开始计时',
    );
  });
});

describe('a duration in words', () => {
  it.each([
    ['PT2H7M', '', '2 小时 7 分', '2 h 7 min'],
    ['PT0S', '', '0 秒', '0 s'],
    ['PT27H0.5S', '', '27 小时 0.5 秒', '27 h 0.5 s'],
    ['PT8H', 'working-time', '8 小时（工作时间）', '8 h of working time'],
    ['P3D', 'working-days, ends at close', '3 个工作日', '3 working days'],
    ['P1D', 'calendar-days', '1 个日历日', '1 calendar day'],
    ['P2D', 'months', '2 天', '2 days'],
    ['P1M', 'months', '1 个月', '1 month'],
    ['P3Y', 'years', '3 年', '3 years'],
    ['soon', '', 'soon', 'soon'],
  ])('%s counted as %p', (iso, counting, chinese, english) => {
    expect(describeDuration(iso, 'zh-CN', counting)).toBe(chinese);
    expect(describeDuration(iso, 'en', counting)).toBe(english);
  });
});

describe('an instant in local time', () => {
  it.each([
    ['2026-03-24T05:04:00Z', 'Asia/Shanghai', false, '2026年3月24日 13:04', '24 March 2026, 13:04'],
    ['2026-03-24T05:04:47.5Z', 'Asia/Shanghai', false, '2026年3月24日 13:04:47.500', '24 March 2026, 13:04:47.500'],
    ['2026-03-31T16:00:00Z', 'Asia/Shanghai', false, '2026年4月1日 00:00', '1 April 2026, 00:00'],
    ['2026-03-31T16:00:00Z', 'Asia/Shanghai', true, '2026年3月31日 24:00', '31 March 2026, 24:00'],
    [
      '2026-11-01T05:30:00Z',
      'America/New_York',
      false,
      '2026年11月1日 01:30 (UTC-04:00)',
      '1 November 2026, 01:30 (UTC-04:00)',
    ],
  ])('%s in %s (ends: %s)', (text, zone, ends, chinese, english) => {
    expect(formatLocal(at(text), zone, 'zh-CN', ends)).toBe(chinese);
    expect(formatLocal(at(text), zone, 'en', ends)).toBe(english);
  });
});
