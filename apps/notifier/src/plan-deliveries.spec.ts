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
import { createChannels } from './channels/create-channels.js';
import type { RobotBook } from './channels/robot-book.js';
import type { MailMessage } from './channels/mail-channel.js';
import type { WebhookMessage } from './channels/webhook-channel.js';
import { changeIncident } from './incident.js';
import { planDeliveries, planEscalations, type Planning } from './plan-deliveries.js';
import { readAlert } from './read-alert.js';
import { readRoutes, type Route } from './routes.js';
import { readTemplateBook } from './templates/template-book.js';

const contract = aContract();
const ROBOTS: RobotBook = new Map([
  [
    'desk',
    { name: 'desk', channel: 'wecom', url: 'https://robot.example.com/?key=1', secret: null, allowInternal: false },
  ],
]);
const templates = readTemplateBook('no-folder');
if (!templates.ok) throw new Error(templates.problems.join('\n'));
const pen = { publicUrl: 'https://pactwatch.example.com', templates: templates.book };
const channels = createChannels({
  ...{ book: { routes: [], secrets: new Map<string, string>() }, robots: ROBOTS, templates: templates.book },
  ...{ secret: null, allowInternal: false, smtpUrl: null, mailFrom: 'pactwatch@localhost' },
});
const shipped = routesOf(readFileSync(join(__dirname, '../../../config/routes/account-managers.yaml'), 'utf8'));

function routesOf(text: string): readonly Route[] {
  const read = readRoutes('routes.yaml', text, new Set(ROBOTS.keys()));
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return read.value;
}

function planned(difference: AlertDifference, change: Partial<Planning> = {}) {
  const read = readAlert(alertRecord(alertData(difference, contract)));
  if (!read.ok) throw new Error(read.problem);
  const planning: Planning = {
    routes: shipped,
    directory: { channels, robots: ROBOTS },
    pen,
    actLinks: (incident) => ({ acknowledgeUrl: `https://act/${incident.state}`, silenceUrl: 'https://silence' }),
    incident: changeIncident(undefined, read.alert, contract),
    silences: [],
    now: Date.parse('2026-03-24T06:30:01Z'),
    ...change,
  };
  return {
    deliveries: planDeliveries(read.alert, contract, planning),
    escalations: planEscalations(read.alert, contract, planning),
  };
}

function plan(difference: AlertDifference = {}, routes = shipped): NewDelivery[] {
  return planned(difference, { routes }).deliveries;
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
  it('is in the language of the contact, else in that of the contract', () => {
    expect(mailTo('chen@provider.example.com').subject).toBe(
      '【违约】工单 T/1 一“首次答复”到期未完成（合同 DESK-1 第 5.1.2 条）',
    );
    expect(mailTo('ada@client.example.com').subject).toMatch(/^\[Breach\] Ticket T\/1 一, “First answer”/);
  });

  it('by mail lets its reader act while somebody should, and no other message does', () => {
    expect(mailTo('chen@provider.example.com').text).toContain('https://act/open');
    expect(mailTo('chen@provider.example.com', WITHDRAWN).text).not.toContain('https://act/');
    expect(
      plan()
        .filter((one) => one.message?.includes('https://act/'))
        .map((one) => one.channel),
    ).toEqual(['mail', 'mail']);
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

const ONE = (fields: string): readonly Route[] =>
  routesOf(`routes:\n  - name: one\n    to: [{ party: provider, role: legal }]\n    channels: [mail]\n${fields}`);
/** 14:30:01 in Shanghai, a Tuesday. */
const NOW = Date.parse('2026-03-24T06:30:01Z');

describe('a route', () => {
  it.each([
    ["hours: ['14:00-15:00']", true],
    ["hours: ['15:00-14:00']", false],
    ['calendar: open', true],
    ['calendar: closed', false],
    ['days: [tuesday]', true],
    ['days: [monday]', false],
  ])('with a time band applies only then: %s, %s', (band, applies) => {
    expect(plan({}, ONE(`    when: { ${band} }\n`))).toHaveLength(applies ? 1 : 0);
  });

  it('with quiet hours sends when they are over, except what is too urgent for that', () => {
    const quiet = ONE("    quiet: { hours: ['14:00-16:00'], except: [critical] }\n");
    const notBefore = (difference: AlertDifference) => plan(difference, quiet).map((one) => one.notBefore);
    expect(notBefore({})).toEqual([Date.parse('2026-03-24T08:00:00Z')]);
    expect(notBefore({ because: { material: { since: '2026-03-24T06:30:00Z' } } })).toEqual([null]);
  });

  it('that holds back waits until what the sources may send late can have come, with breaches only', () => {
    const held = ONE('    holdBack: agreed-delay\n');
    expect(plan({}, held)).toMatchObject([
      { heldUntil: Date.parse('2026-03-24T06:40:00Z'), notBefore: Date.parse('2026-03-24T06:40:00Z') },
    ]);
    expect(plan(HALF_GONE, held)).toMatchObject([{ heldUntil: null, notBefore: null }]);
    const late = planned({}, { routes: held, now: Date.parse('2026-03-24T06:40:00Z') });
    expect(late.deliveries).toMatchObject([{ heldUntil: null, notBefore: null }]);
  });

  it('that holds back into its quiet hours sends when both are over', () => {
    const both = ONE("    holdBack: agreed-delay\n    quiet: { hours: ['14:35-16:00'] }\n");
    expect(plan({}, both)).toMatchObject([
      { heldUntil: Date.parse('2026-03-24T06:40:00Z'), notBefore: Date.parse('2026-03-24T08:00:00Z') },
    ]);
  });

  it('of severities applies to what ends an incident as it did to the incident', () => {
    const urgent = ONE('    match: { severities: [breach] }\n');
    const incident = planned({}).deliveries.length > 0 ? { severity: 'breach', state: 'withdrawn' } : {};
    expect(plan(HALF_GONE, urgent)).toEqual([]);
    expect(planned(WITHDRAWN, { routes: urgent, incident: incident as Planning['incident'] }).deliveries).toHaveLength(
      1,
    );
  });

  it('with a robot posts once for all whom it names, and mentions them', () => {
    const routes = routesOf(
      'routes:\n  - { name: r, to: [{ party: client, role: account-manager }, { party: provider, role: legal }, { party: client, role: none }], robots: [desk] }\n',
    );
    expect(plan({}, routes)).toMatchObject([{ channel: 'wecom', recipient: 'desk', gathers: true }]);
  });

  it('caps what is repeated about an incident, not what ends it', () => {
    const capped = ONE('    repeat: { most: 2, per: PT1H }\n');
    expect(plan(ANSWERED_LATE, capped)[0]?.cap).toEqual({ most: 2, perMillis: 3_600_000 });
    expect(plan(WITHDRAWN, capped)[0]?.cap).toBeNull();
  });

  const steps = ONE(
    '    match: { kinds: [breach] }\n    escalate:\n      - { after: PT30M, to: [{ party: client, role: account-manager }] }\n' +
      '      - { after: PT2H, to: [{ party: breaching, role: account-manager }], channels: [webhook] }\n',
  );

  it('plans its steps when the incident opens, and none for history', () => {
    expect(planned({}, { routes: steps }).escalations).toEqual([
      { incident: 'DESK-1/first-answer/T/1 一/1', run: 1, route: 'one', step: 1, dueAt: NOW + 1_800_000 },
      { incident: 'DESK-1/first-answer/T/1 一/1', run: 1, route: 'one', step: 2, dueAt: NOW + 7_200_000 },
    ]);
    expect(planned({ data: { import: 'i-1' } }, { routes: steps }).escalations).toEqual([]);
    expect(planned(HALF_GONE, { routes: steps }).escalations).toEqual([]);
  });

  it('escalates to those of the step alone', () => {
    const data = { fact: { id: 'f', at: '2026-03-24T07:00:00Z', data: { route: 'one', run: 1, step: 1 } } };
    expect(plan({ kind: 'escalation', data }, steps).map((one) => one.recipient)).toEqual(['ada@client.example.com']);
  });

  it('takes a test whatever it matches, in the language asked for', () => {
    const fact = { id: 'f', at: '2026-03-24T07:00:00Z', data: { route: 'one', language: 'en' } };
    const [test, ...more] = plan({ kind: 'test', data: { verdict: null, fact } }, [...steps, ...shipped]);
    expect(more).toEqual([]);
    expect(JSON.parse(test?.addressee ?? '')).toMatchObject({ language: 'en', route: 'one' });
  });

  it('does not tell by the way that failed that it failed', () => {
    const data = {
      channel: 'mail',
      recipient: 'he@provider.example.com',
      incidents: ['x'],
      attempts: 18,
      response: 'no',
    };
    const fact = { id: 'f', at: '2026-03-24T07:00:00Z', data };
    expect(plan({ kind: 'delivery.failed', data: { verdict: null, fact } }, ONE(''))).toEqual([]);
    const other = { ...fact, data: { ...data, recipient: 'ada@client.example.com' } };
    expect(plan({ kind: 'delivery.failed', data: { verdict: null, fact: other } }, ONE(''))).toHaveLength(1);
  });
});

describe('a silence', () => {
  const silence = (match: object, change: object = {}) => ({
    ...{ id: 's', contract: 'DESK-1', reason: 'known', by: '{}', beginsAt: NOW - 1, endsAt: NOW + 1 },
    ...{ match: JSON.stringify(match), ...change },
  });

  it.each([
    ['everything', silence({}), true],
    ['the duty', silence({ obligations: ['first-answer'] }), true],
    ['another duty', silence({ obligations: ['papers'] }), false],
    ['the clause above', silence({ clauses: ['5.1'] }), true],
    ['the case', silence({ subjects: ['T/1 一'], kinds: ['breach'] }), true],
    ['another kind', silence({ kinds: ['warning'] }), false],
    ['the incident', silence({ incidents: ['DESK-1/first-answer/T/1 一/1'] }), true],
    ['the other party', silence({ parties: ['client'] }), false],
    ['another contract', silence({}, { contract: 'DESK-2' }), false],
    ['a time that is over', silence({}, { endsAt: NOW }), false],
  ])('of %s keeps a message and does not send it: %#', (_, one, holds) => {
    const { deliveries } = planned({}, { silences: [one] });
    expect(deliveries).toHaveLength(3);
    expect(new Set(deliveries.map(({ suppressed }) => suppressed))).toEqual(
      new Set([holds ? 'silenced: known' : null]),
    );
  });
});
