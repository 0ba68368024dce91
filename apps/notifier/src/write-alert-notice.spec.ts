import {
  aContract,
  alertData,
  alertRecord,
  ANSWERED_LATE,
  HALF_GONE,
  WITHDRAWN,
  type AlertDifference,
} from '../test/a-world.js';
import type { Contract } from '#libs/contract';
import type { Alert } from './alert.js';
import type { Addressee, Notice } from './notice.js';
import type { Pen } from './pen.js';
import { readAlert } from './read-alert.js';
import { renderText } from './render-notice.js';
import { NOTICE_KINDS } from './templates/notice-fields.js';
import { readTemplateBook } from './templates/template-book.js';
import { writeAlertNotice } from './write-alert-notice.js';
import { writeDigest } from './write-digest.js';

const plain = aContract();
const title = { 'zh-CN': '按时率', en: 'Share kept' };
const share = {
  id: 'kept-share',
  clauses: ['5.1.2'],
  title,
  quote: '按时率不低于 95%。',
  measure: { by: 'instances' },
};
const contract: Contract = { ...plain, standards: [share as unknown as Contract['standards'][number]] };
const read = readTemplateBook('no-folder');
if (!read.ok) throw new Error(read.problems.join('\n'));
const pen: Pen = { templates: read.book, publicUrl: 'https://pactwatch.example.com' };
const CHEN: Addressee = { party: 'provider', role: 'account-manager', name: '陈晨', language: 'zh-CN', route: 'r' };
const ADA: Addressee = { party: 'client', role: 'account-manager', name: 'Ada Lin', language: 'en', route: 'r' };

function anAlert(difference: AlertDifference, change: Partial<Alert> = {}): Alert {
  const alert = readAlert(alertRecord(alertData(difference, contract)));
  if (!alert.ok) throw new Error(alert.problem);
  return { ...alert.alert, ...change };
}

function write(alert: Alert, addressee: Addressee, more: Partial<Pen> = {}): Notice {
  return writeAlertNotice(alert, contract, addressee, { ...pen, ...more });
}

const at = Date.parse('2026-03-24T08:00:00Z');
const STANDARD = {
  kind: 'standard',
  contract: 'DESK-1',
  standard: 'kept-share',
  clause: '5.1.2',
  party: 'provider',
  period: '2026-03',
  from: '2026-02-28T16:00:00Z',
  to: '2026-03-31T16:00:00Z',
  numerator: '9',
  denominator: '10',
  value: '0.9',
  target: '0.95',
  sample: 10,
  state: 'missed',
  because: { clauses: ['5.1.2'], comparison: 'at-least' },
} as unknown as NonNullable<Alert['standard']>;
const STATEMENT = {
  kind: 'statement',
  contract: 'DESK-1',
  cycle: '2026-03',
  state: 'frozen',
  lines: [
    { party: 'provider', remedy: 'late', clause: '5.1.2', about: 'first-answer', subject: 'T-1', amount: '120.00' },
  ],
  totals: { client: '0.00', provider: '120.00' },
  net: { from: 'provider', amount: '120.00' },
  finalDueAt: '2026-04-10T16:00:00Z',
} as unknown as NonNullable<Alert['statement']>;
const NONE = { verdict: null };
const FAULT: AlertDifference = { kind: 'faulted', verdict: { state: 'faulted' } };
const feed = (state: 'silent' | 'heard'): AlertDifference => ({
  kind: 'feed.silent',
  data: {
    verdict: null,
    feed: {
      ...{ kind: 'door', name: 'shop', state, limit: 'PT1M' },
      ...{ lastSign: '2026-03-24T02:04:47Z', noticedAt: '2026-03-24T02:06:00Z' },
    },
  },
});

/** One alert of every kind, and the cases that read differently. */
const ALERTS: readonly [string, Alert][] = [
  ['a warning by share', anAlert(HALF_GONE)],
  ['a warning by time', anAlert(HALF_GONE, { warning: 'PT1H' })],
  ['a breach', anAlert({})],
  ['a breach that changed', anAlert(ANSWERED_LATE)],
  ['a withdrawal', anAlert(WITHDRAWN)],
  ['a warning that is settled', anAlert(WITHDRAWN, { kind: 'resolved' })],
  ['a judgement that failed', anAlert(FAULT)],
  ['a judgement that failed without a verdict', anAlert(FAULT, NONE)],
  ['an escalation', anAlert({}, { kind: 'escalation', escalation: { since: at, role: 'legal' } })],
  ['an acknowledgement', anAlert({}, { kind: 'acknowledged', act: { by: 'Lin', at, note: 'on it', until: null } })],
  ['a silence', anAlert({}, { kind: 'silenced', act: { by: 'Lin', at, note: 'known', until: at } })],
  ['a silent feed', anAlert(feed('silent'))],
  ['a feed that is heard again', anAlert(feed('heard'))],
  [
    'the summary of an import',
    anAlert({
      kind: 'import-summary',
      data: {
        ...NONE,
        summary: {
          ...{ import: 'i', from: '2026-01-04T16:00:00Z', to: '2026-03-23T16:00:00Z', decisions: 400, open: 1 },
          breaches: [{ obligation: 'first-answer', party: 'provider', count: 1 }],
        },
      },
    }),
  ],
  ['a standard that was missed', anAlert({}, { kind: 'standard.missed', ...NONE, standard: STANDARD })],
  ['a standard that was met after all', anAlert({}, { kind: 'withdrawal', ...NONE, standard: STANDARD })],
  ['a statement', anAlert({}, { kind: 'statement.frozen', ...NONE, statement: STATEMENT })],
  [
    'a message that was not delivered',
    anAlert(
      {},
      {
        ...{ kind: 'delivery.failed', ...NONE },
        failure: { channel: 'mail', recipient: 'x@example.com', subject: 'S', attempts: 18, response: '550 no' },
      },
    ),
  ],
  ['a test', anAlert({}, { kind: 'test', ...NONE, test: { route: 'managers', language: null } })],
];

describe('the words of an alert', () => {
  it.each(ALERTS)('are complete in both languages: %s', (_, alert) => {
    for (const addressee of [CHEN, ADA, { ...CHEN, language: 'en' }, { ...ADA, language: 'zh-CN' }] as const) {
      const notice = write(alert, addressee);
      const zh = addressee.language === 'zh-CN';
      expect(notice.subject).toMatch(zh ? /^【.+】/ : /^\[.+\] /);
      expect(notice.paragraphs.length).toBeGreaterThan(0);
      expect(notice.links.length).toBeGreaterThan(0);
      expect(notice.links.every(([, url]) => URL.canParse(url))).toBe(true);
      expect(notice.advice).toEqual(expect.any(String));
      expect(notice.rows.map(([label]) => label)).toContain(zh ? '状态' : 'State');
      const wording = alert.standard === null ? '工单应在 4 个工作小时内答复。' : '按时率不低于 95%。';
      const quotes = alert.verdict !== null || alert.standard !== null;
      if (quotes) expect(notice.rows).toContainEqual([zh ? '条款原文' : 'Wording', wording]);
      expect(JSON.stringify(notice)).not.toMatch(/null|undefined|\{\{|\}\}|\(\)|（）|“”/);
    }
  });

  it('exist for every kind of notice there is', () => {
    const kinds = new Set(ALERTS.map(([, { kind }]) => kind));
    expect(NOTICE_KINDS.filter((kind) => kind !== 'digest' && !kinds.has(kind))).toEqual([]);
  });

  it('of a breach in Chinese, whole', () => {
    expect(renderText(write(anAlert({}), CHEN))).toBe(`陈晨，您好：

乙方（和信公司）违反合同 DESK-1 第 5.1.2 条“首次答复”：工单 T/1 一 自 2026年3月24日 09:00 起计时，应于 2026年3月24日 14:30 或之前完成，截至 2026年3月24日 14:30 尚未完成，用时 4 小时（工作时间），约定不超过 4 小时（工作时间）；以上均为北京时间。

请立即完成。如实际已按时完成，请尽快由原系统补报事件：约定时限内补报的，违约认定自动撤销。

合同：DESK-1 服务台外包合同
条款：5.1.2
条款原文：工单应在 4 个工作小时内答复。
义务：首次答复
标的：工单 T/1 一
义务方：乙方（和信公司）
状态：违约，尚未完成
开始：2026年3月24日 09:00
到期：2026年3月24日 14:30
用时：4 小时（工作时间）
约定：4 小时（工作时间）
认定编号：DESK-1/first-answer/T/1 一/1
决定序号：7

在平台中查看：
https://desk.example.com/tickets/T%2F1%20%E4%B8%80?from=mail
查看认定及其理由：
https://pactwatch.example.com/v1/breaches/DESK-1%2Ffirst-answer%2FT%2F1%20%E4%B8%80%2F1

--
本通知由 Pactwatch 依据合同 DESK-1《服务台外包合同》第 3 版自动发出。
`);
  });

  it('of a withdrawal in English, whole', () => {
    const notice = write(anAlert(WITHDRAWN), ADA);
    expect(notice.subject).toBe(
      '[Breach withdrawn] Ticket T/1 一, “First answer”: the earlier breach is withdrawn (contract DESK-1, clause 5.1.2)',
    );
    expect(renderText(notice)).toBe(`Dear Ada Lin,

The breach declared earlier for this duty is withdrawn; this message takes its place.

The provider (和信公司) kept clause 5.1.2 of contract DESK-1, “First answer”: for ticket T/1 一 the clock started on 24 March 2026, 09:00, it was due by 24 March 2026, 14:30, and it was done on 24 March 2026, 14:29, after 3 h 59 min of working time against 4 h of working time allowed (all times local to Asia/Shanghai).

Nothing more is asked of you about the earlier message.

Contract: DESK-1 Outsourced service desk
Clause: 5.1.2
Wording: 工单应在 4 个工作小时内答复。
Duty: First answer
Case: ticket T/1 一
Owed by: the provider (和信公司)
State: withdrawn
Started: 24 March 2026, 09:00
Due: 24 March 2026, 14:30
Ended: 24 March 2026, 14:29
Taken: 3 h 59 min of working time
Allowed: 4 h of working time
Verdict: DESK-1/first-answer/T/1 一/1
Decision: 9

Open the case on the platform:
https://desk.example.com/tickets/T%2F1%20%E4%B8%80?from=mail
See the verdict and its reasons:
https://pactwatch.example.com/v1/breaches/DESK-1%2Ffirst-answer%2FT%2F1%20%E4%B8%80%2F1

--
Sent by Pactwatch under contract DESK-1, “Outsourced service desk”, version 3.
`);
  });

  it.each<[string, Notice, string | RegExp]>([
    ['the time left', write(anAlert(HALF_GONE), CHEN), '还剩 2 小时（工作时间）'],
    ['the share used', write(anAlert(HALF_GONE), ADA), '50% of the time allowed is used up.'],
    ['the time to go', write(anAlert(HALF_GONE, { warning: 'PT1H' }), ADA), 'No more than 1 h of working time is left'],
    ['by how much it was late', write(anAlert(ANSWERED_LATE), CHEN), '逾期 1 小时 4 分 47 秒（工作时间）后结束'],
    [
      'that judging failed',
      write(anAlert(FAULT, NONE), ADA),
      '[Not judged] Contract DESK-1: DESK-1/first-answer/T/1 一/1',
    ],
    [
      'how many breaches there are',
      write(ALERTS.find(([name]) => name.includes('import'))![1], ADA),
      '1 breach, 1 still open',
    ],
    ['which feed is silent', write(anAlert(feed('silent')), CHEN), '接入通道 shop 无信号'],
    [
      'who acknowledged',
      write(ALERTS.find(([name]) => name.includes('acknowl'))![1], ADA),
      'Lin acknowledged this on 24 March 2026, 16:00 (all times local to Asia/Shanghai): “on it”',
    ],
    [
      'that nobody did',
      write(ALERTS.find(([name]) => name.includes('escal'))![1], CHEN),
      '自 2026年3月24日 16:00（以上均为北京时间）起无人确认',
    ],
    [
      'what was missed',
      write(anAlert({}, { kind: 'standard.missed', ...NONE, standard: STANDARD }), ADA),
      'the standard “Share kept” of contract DESK-1 (clause 5.1.2) in 2026-03: 90% against at least 95%',
    ],
    [
      'who owes what',
      write(anAlert({}, { kind: 'statement.frozen', ...NONE, statement: STATEMENT }), ADA),
      'the provider (和信公司) owes 120.00 CNY',
    ],
    [
      'until when it can be disputed',
      write(anAlert({}, { kind: 'statement.frozen', ...NONE, statement: STATEMENT }), ADA),
      'dispute single lines by 10 April 2026, 24:00 (all times local to Asia/Shanghai): past that it is final.',
    ],
    ['what was not delivered', write(ALERTS.find(([name]) => name.includes('delivered'))![1], CHEN), '共尝试 18 次'],
  ])('say %s', (_, notice, words) => {
    expect([notice.subject, ...notice.paragraphs, notice.advice].join('\n')).toContain(words);
  });

  it('ask of the party that owes and of the other what each can do', () => {
    const advice = [CHEN, { ...ADA, language: 'zh-CN' } as const].map((one) => write(anAlert({}), one).advice);
    expect(advice).toEqual([expect.stringContaining('请立即完成'), expect.stringContaining('要求对方整改')]);
  });

  it('offer to acknowledge and to silence where there is a link for it, and not about what is settled', () => {
    const links = { acknowledgeUrl: 'https://p.example.com/a?x', silenceUrl: 'https://p.example.com/s?x' };
    const offered = (difference: AlertDifference): string[] =>
      write(anAlert(difference), ADA, links).links.map(([label]) => label);
    expect(offered({})).toEqual([
      'Open the case on the platform',
      'See the verdict and its reasons',
      'Acknowledge',
      'Silence for a while',
    ]);
    expect(offered(WITHDRAWN)).toHaveLength(2);
  });

  it('give an end that a source knows by its date alone as a date', () => {
    const sources = new Map(
      [...contract.sources].map(([uri, source]) => [uri, { ...source, precision: 'date' as const }]),
    );
    const stop = { source: '/desk', id: 'e2', type: 'ticket.answered', at: '2026-03-24T16:00:00Z', role: 'stop' };
    const ended = {
      ...{ ...ANSWERED_LATE, because: { facts: [stop] } },
      verdict: { ...ANSWERED_LATE.verdict, stoppedAt: '2026-03-23T16:00:00Z' },
    };
    const rows = (precise: boolean) =>
      writeAlertNotice(anAlert(ended), precise ? contract : { ...contract, sources }, ADA, pen).rows;
    expect(rows(false)).toContainEqual(['Ended', '24 March 2026']);
    expect(rows(true)).toContainEqual(['Ended', '23 March 2026, 24:00']);
  });
});

describe('a digest', () => {
  const verdict = anAlert({}).verdict!;
  const item = (subject: string, change = {}) => ({
    ...{ verdict: { ...verdict, subject }, contract, warning: false, withdrawn: false },
    ...change,
  });

  it('says why it is one, what stands, what is due soon and what is withdrawn', () => {
    const items = [item('T-1'), item('T-2', { warning: true }), item('T-3', { withdrawn: true })];
    const [late, limit] = (['late', 'limit'] as const).map((reason) => writeDigest(items, contract, ADA, pen, reason));
    expect(late?.subject).toBe('[Digest] Contract DESK-1: 1 breach, 1 warning, 1 withdrawn');
    expect(late?.paragraphs[0]).toContain('decided more than 24 hours after they took effect');
    expect(limit?.paragraphs[0]).toContain('than can be told one by one');
    expect(limit?.paragraphs).toHaveLength(3);
    expect(limit?.rows).toEqual([['Ticket T-3, “First answer”', 'breach withdrawn']]);
    expect(limit?.links.map(([label]) => label)).toEqual(['Ticket T-1', 'Ticket T-2', 'See all breaches']);
  });

  it('tells twenty in full and names the others', () => {
    const items = Array.from({ length: 25 }, (_, index) => item(`T-${index}`, { warning: index === 24 }));
    const notice = writeDigest(items, contract, CHEN, pen, 'limit');
    expect(notice.paragraphs).toHaveLength(21);
    expect(notice.rows.slice(-2)).toEqual([
      ['工单 T-23“首次答复”', '到期未完成'],
      ['工单 T-24“首次答复”', '即将到期'],
    ]);
  });

  it('of what is all withdrawn asks nothing', () => {
    const notice = writeDigest([item('T-1', { withdrawn: true })], contract, CHEN, pen, 'late');
    expect([notice.subject, notice.advice]).toEqual(['【违约汇总】合同 DESK-1：违约 0 项，已撤销 1 项', null]);
    expect(notice.paragraphs[0]).toContain('均已撤销，无需处理');
  });
});
