import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NewDelivery } from '#libs/store';
import {
  aContract,
  alertData,
  alertRecord,
  ANSWERED_LATE,
  HALF_GONE,
  LATE,
  WITHDRAWN,
  type AlertDifference,
} from '../test/a-world.js';
import type { MailMessage, WebhookMessage } from './notice.js';
import { planDeliveries } from './plan-deliveries.js';
import { readAlert } from './read-alert.js';
import { readRoutes, type Route } from './routes.js';

const contract = aContract();
const PUBLIC_URL = 'https://pactwatch.example.com';
const shipped = routesOf(readFileSync(join(__dirname, '../../../config/routes/account-managers.yaml'), 'utf8'));

function routesOf(text: string): readonly Route[] {
  const read = readRoutes('routes.yaml', text);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return read.value;
}

function plan(difference: AlertDifference = {}, routes = shipped): NewDelivery[] {
  const read = readAlert(alertRecord(alertData(difference, contract)));
  if (!read.ok) throw new Error(read.problem);
  return planDeliveries(read.alert, contract, routes, PUBLIC_URL);
}

function mailTo(address: string, difference: AlertDifference = {}): MailMessage {
  const found = plan(difference).find((one) => one.channel === 'mail' && one.recipient === address);
  return JSON.parse(found?.message ?? 'null') as MailMessage;
}

const CHEN = 'mail chen@provider.example.com';
const ADA = 'mail ada@client.example.com';
const HOOK = 'webhook https://client.example.com/hooks';

const FEED: AlertDifference = {
  kind: 'feed.silent',
  data: {
    incident: 'DESK-1/feed/door/shop/2026-03-24T02:04:47Z',
    verdict: null,
    feed: {
      ...{ kind: 'door', name: 'shop', state: 'silent', limit: 'PT1M' },
      ...{ lastSign: '2026-03-24T02:04:47Z', noticedAt: '2026-03-24T02:06:00Z' },
    },
  },
};

const SUMMARY: AlertDifference = {
  kind: 'import-summary',
  data: {
    incident: 'DESK-1/import/i-1',
    import: 'i-1',
    verdict: null,
    summary: {
      import: 'i-1',
      from: '2026-01-04T16:00:00Z',
      to: '2026-03-23T16:00:00Z',
      decisions: 400,
      breaches: [{ obligation: 'first-answer', party: 'provider', count: 3 }],
      open: 1,
    },
  },
};

describe('an alert goes to', () => {
  it.each<[string, AlertDifference, string[]]>([
    ['a warning', HALF_GONE, [CHEN]],
    ['a breach', {}, [CHEN, ADA, HOOK]],
    ['a breach that changed', ANSWERED_LATE, [HOOK]],
    ['a withdrawal', WITHDRAWN, [CHEN, ADA, HOOK]],
    ['a judgement that failed', { kind: 'faulted', verdict: { state: 'faulted' } }, [CHEN]],
    ['the summary of an import', SUMMARY, [CHEN, ADA, HOOK]],
    ['a feed that is silent', FEED, [ADA, CHEN, HOOK]],
    ["the client's breach", { verdict: { party: 'client' } }, [ADA, HOOK, CHEN]],
    ['a breach of an import that is summed up', { data: { import: 'i-1', mode: 'summary' } }, []],
  ])('those the shipped routes name: %s', (_, difference, recipients) => {
    expect(plan(difference).map(({ channel, recipient }) => `${channel} ${recipient}`)).toEqual(recipients);
  });

  const to = '    to: [{ party: provider, role: legal }]\n    channels: [mail]\n';
  it.each([
    ['contracts: [DESK-1]', true],
    ['contracts: [DESK-2]', false],
    ['obligations: [first-answer]', true],
    ['obligations: [papers]', false],
    ["clauses: ['5.1']", true],
    ["clauses: ['5.1.2']", true],
    ["clauses: ['5.1.20', '5.10', '1']", false],
    ['parties: [provider]', true],
    ['parties: [client]', false],
    ['kinds: [warning]', false],
  ])('whom a route with %s names: %s', (match, hits) => {
    const planned = plan({}, routesOf(`routes:\n  - name: r\n    match: { ${match} }\n${to}`));
    expect(planned.map(({ recipient }) => recipient)).toEqual(hits ? ['he@provider.example.com'] : []);
  });

  it('nobody twice by the same channel, and nobody who has no address for it', () => {
    const twice = routesOf(
      `routes:\n  - { name: a, to: [{ party: provider, role: legal }], channels: [mail, webhook] }\n` +
        `  - { name: b, to: [{ party: breaching, role: legal }, { party: client, role: nobody }], channels: [mail] }\n`,
    );
    expect(plan({}, twice)).toHaveLength(1);
  });
});

describe('a message', () => {
  it('is in the language of the contract where the contact has none, and complete', () => {
    const mail = mailTo('chen@provider.example.com');
    expect(mail.subject).toBe('【违约】工单 T/1 一“首次答复”到期未完成（合同 DESK-1 第 5.1.2 条）');
    expect(mail.text).toBe(`陈晨，您好：

乙方（和信公司）违反合同 DESK-1 第 5.1.2 条“首次答复”：工单 T/1 一 自 2026年3月24日 09:00 起计时，应于 2026年3月24日 14:30 或之前完成，截至 2026年3月24日 14:30 尚未完成，用时 4 小时（工作时间），约定不超过 4 小时（工作时间）；以上均为北京时间。

合同：DESK-1 服务台外包合同
条款：5.1.2
条款原文：工单应在 4 个工作小时内答复。
义务：首次答复
标的：工单 T/1 一
义务方：乙方（和信公司）
开始：2026年3月24日 09:00
到期：2026年3月24日 14:30
用时：4 小时（工作时间）
约定：4 小时（工作时间）
认定编号：DESK-1/first-answer/T/1 一/1
决定序号：7

请立即完成。如实际已按时完成，请尽快由原系统补报事件：约定时限内补报的，违约认定自动撤销。

在平台中查看：
https://desk.example.com/tickets/T%2F1%20%E4%B8%80?from=mail
查看认定及其理由：
https://pactwatch.example.com/v1/breaches/DESK-1%2Ffirst-answer%2FT%2F1%20%E4%B8%80%2F1

--
本通知由 Pactwatch 依据合同 DESK-1《服务台外包合同》第 3 版自动发出。
`);
  });

  it('is in the language of the contact where it has one, and complete', () => {
    const mail = mailTo('ada@client.example.com', WITHDRAWN);
    expect(mail.subject).toBe(
      '[Breach withdrawn] Ticket T/1 一, “First answer”: the earlier breach is withdrawn (contract DESK-1, clause 5.1.2)',
    );
    expect(mail.text).toBe(`Dear Ada Lin,

The breach declared earlier for this duty is withdrawn; this message takes its place.

The provider (和信公司) kept clause 5.1.2 of contract DESK-1, “First answer”: for ticket T/1 一 the clock started on 24 March 2026, 09:00, it was due by 24 March 2026, 14:30, and it was done on 24 March 2026, 14:29, after 3 h 59 min of working time against 4 h of working time allowed (all times local to Asia/Shanghai).

Contract: DESK-1 Outsourced service desk
Clause: 5.1.2
Wording: 工单应在 4 个工作小时内答复。
Duty: First answer
Case: ticket T/1 一
Owed by: the provider (和信公司)
Started: 24 March 2026, 09:00
Due: 24 March 2026, 14:30
Ended: 24 March 2026, 14:29
Taken: 3 h 59 min of working time
Allowed: 4 h of working time
Verdict: DESK-1/first-answer/T/1 一/1
Decision: 9

Nothing more is asked of you about the earlier message.

Open the case on the platform:
https://desk.example.com/tickets/T%2F1%20%E4%B8%80?from=mail
See the verdict and its reasons:
https://pactwatch.example.com/v1/breaches/DESK-1%2Ffirst-answer%2FT%2F1%20%E4%B8%80%2F1

--
Sent by Pactwatch under contract DESK-1, “Outsourced service desk”, version 3.
`);
  });

  it.each<[string, AlertDifference, string]>([
    ['how much time is left', HALF_GONE, '还剩 2 小时（工作时间）'],
    [
      'by how much it was late',
      { kind: 'breach', verdict: ANSWERED_LATE.verdict ?? {} },
      '逾期 1 小时 4 分 47 秒（工作时间）后结束',
    ],
    ['that judging failed', { kind: 'faulted', verdict: { state: 'faulted' } }, '未能认定'],
    ['how many breaches an import brought', SUMMARY, '违约 3 项，进行中 1 项'],
    ['which feed is silent', FEED, '接入通道 shop 无信号'],
  ])('says in its subject %s', (_, difference, words) => {
    expect(mailTo('chen@provider.example.com', difference).subject).toContain(words);
  });

  it('about the same incident lies in the same thread, under an id of its own', () => {
    const messages = [HALF_GONE, {}, WITHDRAWN].map((difference) => mailTo('chen@provider.example.com', difference));
    expect(new Set(messages.map((mail) => mail.thread)).size).toBe(1);
    expect(new Set(messages.map((mail) => mail.messageId)).size).toBe(3);
    expect(mailTo('chen@provider.example.com', { subject: 'T-2' }).thread).not.toBe(messages[0]?.thread);
  });

  it('has another key where a feed beside the same decision is heard again', () => {
    const heard = {
      ...FEED,
      data: { ...FEED.data, feed: { ...(FEED.data as { feed: object }).feed, state: 'heard' } },
    };
    const [silent, again] = [FEED, heard].map((one) => plan(one)[0]!.idempotencyKey);
    expect(again).not.toBe(silent);
  });

  it('has the same key whenever it is planned, and another for every receiver', () => {
    const keys = plan().map((one) => one.idempotencyKey);
    expect(plan().map((one) => one.idempotencyKey)).toEqual(keys);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('shows what cases and people are called, whatever they are called', () => {
    const mail = mailTo('chen@provider.example.com', { subject: '<script>"&\'' });
    expect(mail.html).toContain('&lt;script&gt;&quot;&amp;&#39;');
    expect(mail.html).not.toContain('<script>');
  });

  it('to a system carries the alert as it came, beside the words', () => {
    const hook = plan().find((one) => one.channel === 'webhook');
    const { payload } = JSON.parse(hook?.message ?? 'null') as WebhookMessage;
    expect(JSON.parse(payload)).toEqual({
      type: 'compliance.alert.breach',
      timestamp: '2026-03-24T06:30:00.25Z',
      data: expect.objectContaining({
        language: 'en',
        addressee: expect.objectContaining({ name: 'Ada Lin' }),
        alert: alertData({}, contract),
      }),
    });
  });
});

describe('a breach that came to light late', () => {
  it('is held for the digest, and so is what changes it while the digest is not out', () => {
    expect(plan(LATE).map((one) => [one.message, one.follows])).toEqual(Array(3).fill([null, false]));
    expect(plan(WITHDRAWN).map((one) => [one.message === null, one.follows])).toEqual(Array(3).fill([false, true]));
    expect(plan(ANSWERED_LATE).map((one) => [one.message === null, one.follows])).toEqual([[false, true]]);
  });

  it('is told by itself where it belongs to an import that asked for that', () => {
    const alerts = plan({ data: { ...LATE.data, import: 'i-1' } });
    expect(alerts.map((one) => one.message === null)).toEqual([false, false, false]);
  });

  it('is late by more than 24 hours, or because the alert says so', () => {
    const on = (decidedAt: string) => plan({ data: { decidedAt } })[0]?.message === null;
    expect(on('2026-03-25T06:30:00Z')).toBe(false);
    expect(on('2026-03-25T06:30:00.001Z')).toBe(true);
    expect(plan({ data: { mode: 'summary' } })[0]?.message).toBeNull();
  });
});
