import { care, exemption, verdictsOf } from '../test/care.js';
import { explainTimeline } from './explain-timeline.js';
import { explain } from './explain.js';
import type { Verdict } from './verdict.js';

const job = '03-02 10:00 job.opened of=J-1 urgency=normal';
const asked = '03-02 09:00 supply.asked from=/ours of=R-1 for=["J-1"]';
const bill = '02-20 10:00 bill.received from=/ours of=B-1 cycle=2026-03 amount=300.00';

function told(rule: string, given: readonly string[], asOf: string): string[] {
  const [verdict] = verdictsOf(rule, given, asOf).reverse();
  return verdict === undefined ? [] : [explain(verdict, care, 'zh-CN'), explain(verdict, care, 'en')];
}

it.each<[what: string, rule: string, given: string[], asOf: string, then: string[]]>([
  [
    'a duty that is met',
    'report',
    ['03-04 10:00 report.sent of=X kind=monthly period=2026-02'],
    '03-09 00:00',
    [
      '乙方（Carer）已按合同 CARE-1 第 3 条履行“report”：期间 2026-02 自 2026年3月1日 00:00 起计时，应于 2026年3月6日 24:00 或之前完成，实际于 2026年3月4日 10:00 完成，用时 3 个工作日，约定不超过 5 个工作日；以上均为北京时间。',
      'The provider (Carer) kept clause 3 of contract CARE-1, “report”: for period 2026-02 the clock started on 1 March 2026, 00:00, it was due by 6 March 2026, 24:00, and it was done on 4 March 2026, 10:00, after 3 working days against 5 working days allowed (all times local to Asia/Shanghai).',
    ],
  ],
  [
    'a duty that was done at an hour nobody knows',
    'report',
    ['03-07 00:00 report.sent of=X kind=monthly period=2026-02 from=/post'],
    '03-09 00:00',
    [
      '乙方（Carer）违反合同 CARE-1 第 3 条“report”：期间 2026-02 自 2026年3月1日 00:00 起计时，应于 2026年3月6日 24:00 或之前完成，实际于 2026年3月7日 才完成，用时 5 个工作日，约定不超过 5 个工作日，逾期 1 个日历日；以上均为北京时间。',
      'The provider (Carer) breached clause 3 of contract CARE-1, “report”: for period 2026-02 the clock started on 1 March 2026, 00:00, it was due by 6 March 2026, 24:00, and it was done only on 7 March 2026, after 5 working days against 5 working days allowed, overdue by 1 calendar day (all times local to Asia/Shanghai).',
    ],
  ],
  [
    'a duty to pay that is late',
    'fee',
    [bill, '04-14 10:00 money.received of=P cycle=2026-03 amount=199.99'],
    '04-20 10:00',
    [
      '甲方（Buyer）违反合同 CARE-1 第 4 条“fee”：期间 2026-03 自 2026年4月1日 00:00 起计时，应于 2026年4月15日 24:00 或之前完成，截至 2026年4月20日 10:00 尚未完成，用时 20 个日历日，约定不超过 15 个日历日，已逾期 5 个日历日，应付 300.00，已付 199.99；以上均为北京时间。',
      'The client (Buyer) breached clause 4 of contract CARE-1, “fee”: for period 2026-03 the clock started on 1 April 2026, 00:00, it was due by 15 April 2026, 24:00, and it was not done by 20 April 2026, 10:00, after 20 calendar days against 15 calendar days allowed, overdue by 5 calendar days so far; 300.00 is owed and 199.99 paid (all times local to Asia/Shanghai).',
    ],
  ],
  [
    'a duty to the end of its period',
    'survey',
    [],
    '02-02 00:00',
    [
      '乙方（Carer）应按合同 CARE-1 第 3 条履行“survey”：期间 2026-Q1 自 2026年1月1日 00:00 起计时，应于 2026年3月31日 24:00 或之前完成，截至 2026年2月1日 24:00 尚未完成；以上均为北京时间。',
      'The provider (Carer) owes “survey” under clause 3 of contract CARE-1: for period 2026-Q1 the clock started on 1 January 2026, 00:00, it is due by 31 March 2026, 24:00, and it was not done by 1 February 2026, 24:00 (all times local to Asia/Shanghai).',
    ],
  ],
  [
    'a broken prohibition',
    'secrecy',
    ['03-02 10:00 secret.told of=S-1 by=client'],
    '03-04 00:00',
    [
      '甲方（Buyer）违反合同 CARE-1 第 5 条“secrecy”：S-1 所载行为发生于 2026年3月2日 10:00；以上均为北京时间。',
      'The client (Buyer) breached clause 5 of contract CARE-1, “secrecy”: the act recorded as S-1 happened on 2 March 2026, 10:00 (all times local to Asia/Shanghai).',
    ],
  ],
  [
    'one that is excused',
    'secrecy',
    ['03-02 10:00 secret.told of=S-1 by=client', '03-03 10:00 breach.forgiven from=/ours of=W instance=secrecy/S-1/1'],
    '03-04 00:00',
    [
      '甲方（Buyer）违反合同 CARE-1 第 5 条“secrecy”：S-1 所载行为发生于 2026年3月2日 10:00，但该违约已于 2026年3月3日 10:00 获豁免，不计入任何指标；以上均为北京时间。',
      'The client (Buyer) breached clause 5 of contract CARE-1, “secrecy”: the act recorded as S-1 happened on 2 March 2026, 10:00, but the breach is excused, as agreed on 3 March 2026, 10:00, and counts in no figure (all times local to Asia/Shanghai).',
    ],
  ],
  [
    'a waived breach',
    'answer',
    [job, '03-02 16:00 job.answered of=J-1', '03-03 10:00 breach.forgiven from=/theirs of=W instance=answer/J-1/1'],
    '03-04 00:00',
    [
      '乙方（Carer）未按时履行合同 CARE-1 第 1 条“answer”，但该违约已于 2026年3月3日 10:00 获豁免：job J-1 自 2026年3月2日 10:00 起计时，应于 2026年3月2日 15:30 或之前完成，实际于 2026年3月2日 16:00 完成，用时 4 小时 30 分（工作时间），约定不超过 4 小时（工作时间），不计入任何指标；以上均为北京时间。',
      'The provider (Carer) missed clause 1 of contract CARE-1, “answer”, but the breach is excused, as agreed on 3 March 2026, 10:00: for job J-1 the clock started on 2 March 2026, 10:00, it was due by 2 March 2026, 15:30, and it was done on 2 March 2026, 16:00, after 4 h 30 min of working time against 4 h of working time allowed; it counts in no figure (all times local to Asia/Shanghai).',
    ],
  ],
  [
    'an exempted span',
    'answer',
    [
      job,
      '03-02 16:00 job.answered of=J-1',
      ...exemption('answer', '03-02 11:00', '03-02 14:00', '03-02 20:00 excuse.accepted from=/theirs'),
    ],
    '03-04 00:00',
    [
      '乙方（Carer）已按合同 CARE-1 第 1 条履行“answer”：job J-1 自 2026年3月2日 10:00 起计时，应于 2026年3月2日 17:00 或之前完成，实际于 2026年3月2日 16:00 完成，用时 3 小时（工作时间），约定不超过 4 小时（工作时间），其间不计时 3 小时（免责 E-1）；以上均为北京时间。',
      'The provider (Carer) kept clause 1 of contract CARE-1, “answer”: for job J-1 the clock started on 2 March 2026, 10:00, it was due by 2 March 2026, 17:00, and it was done on 2 March 2026, 16:00, after 3 h of working time against 4 h of working time allowed, with 3 h that do not count (exemption E-1) (all times local to Asia/Shanghai).',
    ],
  ],
  [
    'a wait for the other party',
    'finish',
    [asked, '03-03 10:00 job.opened of=J-1 urgency=normal'],
    '03-06 10:00',
    [
      '乙方（Carer）应按合同 CARE-1 第 1 条履行“finish”：job J-1 自 2026年3月3日 10:00 起计时，自 2026年3月4日 18:00 起暂停计时（对方逾期未履行 supply/R-1），已用时 1 个工作日，约定不超过 3 个工作日，其间不计时 40 小时（对方逾期未履行 supply/R-1），恢复计时后再定到期时间；以上均为北京时间。',
      'The provider (Carer) owes “finish” under clause 1 of contract CARE-1: for job J-1 the clock started on 3 March 2026, 10:00, it has been paused since 4 March 2026, 18:00 (the other party being late with supply/R-1), after 1 working day against 3 working days allowed, with 40 h that do not count (the other party being late with supply/R-1), and the due time is set anew when it goes on (all times local to Asia/Shanghai).',
    ],
  ],
  [
    'evidence that waits',
    'answer',
    [job, '03-02 11:00 job.answered of=J-1 came=03-04T10:00'],
    '03-04 12:00',
    [
      '乙方（Carer）违反合同 CARE-1 第 1 条“answer”：job J-1 自 2026年3月2日 10:00 起计时，应于 2026年3月2日 15:30 或之前完成，截至 2026年3月4日 12:00 尚未完成，用时 17 小时（工作时间），约定不超过 4 小时（工作时间），已逾期 13 小时（工作时间）；逾期提交的证据 f2（/desk）尚待对方或仲裁方认可，暂不计入；以上均为北京时间。',
      'The provider (Carer) breached clause 1 of contract CARE-1, “answer”: for job J-1 the clock started on 2 March 2026, 10:00, it was due by 2 March 2026, 15:30, and it was not done by 4 March 2026, 12:00, after 17 h of working time against 4 h of working time allowed, overdue by 13 h of working time so far; evidence that came late, f2 (/desk), does not count until the other party or the arbiter accepts it (all times local to Asia/Shanghai).',
    ],
  ],
  [
    'a material breach',
    'finish',
    [
      job,
      '03-05 20:00 notice.served of=R about=finish/J-1 kind=reminder',
      '03-06 10:00 notice.served of=N about=finish/J-1',
    ],
    '03-12 10:00',
    [
      '乙方（Carer）违反合同 CARE-1 第 1 条“finish”：job J-1 自 2026年3月2日 10:00 起计时，应于 2026年3月5日 18:00 或之前完成，截至 2026年3月12日 10:00 尚未完成，用时 8 个工作日，约定不超过 3 个工作日，已逾期 5 个工作日；经通知后仍未补救，自 2026年3月10日 18:00 起构成重大违约；以上均为北京时间。',
      'The provider (Carer) breached clause 1 of contract CARE-1, “finish”: for job J-1 the clock started on 2 March 2026, 10:00, it was due by 5 March 2026, 18:00, and it was not done by 12 March 2026, 10:00, after 8 working days against 3 working days allowed, overdue by 5 working days so far; not made good after a notice, the breach is material since 10 March 2026, 18:00 (all times local to Asia/Shanghai).',
    ],
  ],
])('%s is told in both languages', (_, rule, given, asOf, then) => {
  expect(told(rule, given, asOf)).toEqual(then);
});

it('a timeline names what excuses a span', () => {
  const given = [
    job,
    '03-02 16:00 job.answered of=J-1',
    ...exemption('answer', '03-02 11:00', '03-02 14:00', '03-02 20:00 excuse.accepted from=/theirs'),
  ];
  const [verdict] = verdictsOf('answer', given, '03-04 00:00');
  expect(explainTimeline(verdict as Verdict, care, 'zh-CN')).toEqual([
    '2026年3月2日 10:00：事件 job.opened（来源 /desk，编号 f1）开始计时',
    '2026年3月2日 10:00 至 2026年3月2日 11:00：计时',
    '2026年3月2日 11:00：事件 excuse.claimed（来源 /ours，编号 f3）使时间不计入',
    '2026年3月2日 11:00 至 2026年3月2日 14:00：不计时（免责 E-1）',
    '2026年3月2日 14:00 至 2026年3月2日 16:00：计时',
    '2026年3月2日 16:00：事件 job.answered（来源 /desk，编号 f2）停止计时',
    '2026年3月2日 20:00：事件 excuse.accepted（来源 /theirs，编号 f4）使时间不计入',
    '2026年3月2日 17:00：到期',
    '合计：计时 3 小时（工作时间），暂停 0 秒，不计时 3 小时；约定不超过 4 小时（工作时间）',
  ]);
  expect(explainTimeline(verdict as Verdict, care, 'en')).toEqual([
    '2 March 2026, 10:00: event job.opened (source /desk, id f1) starts the clock',
    '2 March 2026, 10:00 to 2 March 2026, 11:00: running',
    '2 March 2026, 11:00: event excuse.claimed (source /ours, id f3) lets time not count',
    '2 March 2026, 11:00 to 2 March 2026, 14:00: excused (exemption E-1)',
    '2 March 2026, 14:00 to 2 March 2026, 16:00: running',
    '2 March 2026, 16:00: event job.answered (source /desk, id f2) stops the clock',
    '2 March 2026, 20:00: event excuse.accepted (source /theirs, id f4) lets time not count',
    '2 March 2026, 17:00: due',
    'Sum: 3 h of working time running, 0 s paused, 3 h excused; 4 h of working time allowed',
  ]);
});
