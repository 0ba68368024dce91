import { DingtalkReceiver } from '../../test/receivers/dingtalk-receiver.js';
import { FeishuReceiver } from '../../test/receivers/feishu-receiver.js';
import type { HttpReceiver } from '../../test/receivers/http-receiver.js';
import { PagerdutyReceiver } from '../../test/receivers/pagerduty-receiver.js';
import { WecomReceiver } from '../../test/receivers/wecom-receiver.js';
import type { Outcome } from '../outcome.js';
import type { Channel, Letter, Occasion } from './channel.js';
import { PagerdutyChannel } from './pagerduty-channel.js';
import type { Robot } from './robot-book.js';
import { dingtalk } from './robots/dingtalk.js';
import { feishu } from './robots/feishu.js';
import { RobotChannel } from './robots/robot-channel.js';
import { wecom } from './robots/wecom.js';

const OCCASION: Occasion = {
  type: 'compliance.alert.breach',
  incident: 'DESK-1/first-answer/T-1/1',
  contract: 'DESK-1',
  at: Date.parse('2026-03-24T06:30:00Z'),
  record: '{}',
  alert: null,
  severity: 'breach',
  state: 'open',
};

function letter(occasion: Partial<Occasion> = {}): Letter {
  return {
    notice: {
      language: 'zh-CN',
      subject: '【违约】工单 T-1“首次答复”到期未完成',
      greeting: '陈晨，您好：',
      paragraphs: ['乙方违反合同。'],
      rows: [['条款', '5.1.2']],
      advice: '请立即完成。',
      links: [['查看认定', 'https://pactwatch.example.com/v1/breaches/x']],
      footer: '自动发出。',
      shortened: '内容已截断。',
    },
    recipient: 'desk',
    addressee: { party: 'provider', role: 'legal', name: '陈晨', language: 'zh-CN', route: 'r' },
    contacts: [],
    idempotencyKey: 'k',
    occasion: { ...OCCASION, ...occasion },
  };
}

/** A channel whose one robot is called `desk`. */
interface Peer {
  readonly receiver: HttpReceiver;
  channelFor(robot?: Partial<Robot>, allowInternal?: boolean): Channel;
}

const peers = {
  wecom: async (): Promise<Peer> => {
    const receiver = await new WecomReceiver().open();
    return peerOf(
      receiver,
      { url: receiver.url, channel: 'wecom' },
      (robots, all) => new RobotChannel(wecom, robots, all),
    );
  },
  dingtalk: async (): Promise<Peer> => {
    const receiver = await new DingtalkReceiver().open();
    const robot = { url: receiver.url, secret: receiver.secret, channel: 'dingtalk' } as const;
    return peerOf(receiver, robot, (robots, all) => new RobotChannel(dingtalk, robots, all));
  },
  feishu: async (): Promise<Peer> => {
    const receiver = await new FeishuReceiver().open();
    const robot = { url: receiver.url, secret: receiver.secret, channel: 'feishu' } as const;
    return peerOf(receiver, robot, (robots, all) => new RobotChannel(feishu, robots, all));
  },
  pagerduty: async (): Promise<Peer> => {
    const receiver = await new PagerdutyReceiver().open();
    const robot = { url: receiver.url, secret: receiver.key, channel: 'pagerduty' } as const;
    return peerOf(receiver, robot, (robots, all) => new PagerdutyChannel(robots, all));
  },
};

function peerOf(
  receiver: HttpReceiver,
  robot: Partial<Robot>,
  make: (robots: ReadonlyMap<string, Robot>, allowInternal: boolean) => Channel,
): Peer {
  const whole = { name: 'desk', channel: 'wecom', url: '', secret: null, allowInternal: true, ...robot } as const;
  return {
    receiver,
    channelFor: (change = {}, allowInternal = false) =>
      make(new Map([['desk', { ...whole, ...change }]]), allowInternal),
  };
}

/** What is open, to be closed after each test whatever became of it. */
const open: HttpReceiver[] = [];
afterEach(async () => {
  for (const receiver of open.splice(0)) await receiver.close();
});

function send(channel: Channel, of: Letter = letter(), now = new Date()): Promise<Outcome> {
  const sending = { recipient: 'desk', idempotencyKey: 'k', now, signal: AbortSignal.timeout(60_000) };
  return channel.send(channel.render(of), sending);
}

describe.each(Object.entries(peers))('a message by %s', (name, openPeer) => {
  let peer: Peer;
  beforeEach(async () => {
    peer = await openPeer();
    open.push(peer.receiver);
  });

  it('is taken by its receiver', async () => {
    expect(await send(peer.channelFor())).toMatchObject({ result: 'sent' });
    expect(peer.receiver.accepted[0]?.text).toContain('【违约】工单 T-1');
    expect(peer.receiver.refusals).toEqual([]);
  });

  it('goes to no internal address unless the robot says so, or all may', async () => {
    const closed = await send(peer.channelFor({ allowInternal: false }));
    expect(closed).toMatchObject({ result: 'failed', response: expect.stringContaining('http:// is not allowed') });
    const secure = peer.receiver.origin.replace('http:', 'https:');
    expect(await send(peer.channelFor({ allowInternal: false, url: secure }))).toMatchObject({
      result: 'failed',
      response: expect.stringContaining('internal address'),
    });
    expect(peer.receiver.calls).toEqual([]);
    expect(await send(peer.channelFor({ allowInternal: false }, true))).toMatchObject({ result: 'sent' });
  });

  it('is tried again where the receiver is out of order, not before it says', async () => {
    const answers = [
      { status: 500, body: 'oops' },
      { status: 503, body: '', headers: { 'retry-after': '7' } },
      { status: 429, body: '' },
      { status: 302, body: '', headers: { location: '/elsewhere' } },
    ];
    peer.receiver.interrupt = (call) => answers[call - 1];
    const outcomes: Outcome[] = [];
    for (let call = 0; call < 4; call += 1) outcomes.push(await send(peer.channelFor()));
    expect(outcomes).toEqual([
      expect.objectContaining({ result: 'retry', response: '500 oops' }),
      expect.objectContaining({ result: 'retry', afterMillis: 7_000 }),
      expect.objectContaining({ result: 'retry', afterMillis: 60_000, throttled: true }),
      expect.objectContaining({ result: 'retry' }),
    ]);
    expect(peer.receiver.calls).toHaveLength(4);
  });

  it('is tried again where nobody answers, and where the robot is no longer in the file', async () => {
    const channel = peer.channelFor();
    await peer.receiver.close();
    expect(await send(channel)).toMatchObject({ result: 'retry', response: expect.stringContaining('ECONNREFUSED') });
    const sending = { recipient: 'gone', idempotencyKey: 'k', now: new Date(), signal: AbortSignal.timeout(60_000) };
    expect(await channel.send(channel.render(letter()), sending)).toMatchObject({ result: 'retry' });
  });

  it('keeps the secret of its robot out of what is kept and what is told', async () => {
    const channel = peer.channelFor({ url: `${peer.receiver.origin}/wrong?key=abc123secret` });
    const outcome = await send(channel);
    expect(outcome.result).not.toBe('sent');
    expect(JSON.stringify([channel.render(letter()), outcome])).not.toMatch(
      /abc123secret|SECthis|demo-secret|0123456789abcdef0/,
    );
  });

  if (name === 'pagerduty') return;

  it('beyond the limit is held up until the receiver takes messages again', async () => {
    const most = name === 'feishu' ? 5 : 20;
    const at = Date.now();
    peer.receiver.now = () => at;
    for (let count = 0; count < most; count += 1) {
      expect(await send(peer.channelFor())).toMatchObject({ result: 'sent' });
    }
    expect(await send(peer.channelFor())).toMatchObject({
      result: 'retry',
      throttled: true,
      afterMillis: name === 'dingtalk' ? 600_000 : 60_000,
    });
    peer.receiver.now = () => at + 60_001;
    expect((await send(peer.channelFor())).result).toBe(name === 'dingtalk' ? 'retry' : 'sent');
    peer.receiver.now = () => at + 600_001;
    expect(await send(peer.channelFor())).toMatchObject({ result: 'sent' });
  });
});

describe('a signed message', () => {
  it.each(['dingtalk', 'feishu'] as const)(
    'to %s with another secret, or signed too long ago, is refused and tried again',
    async (name) => {
      const peer = await peers[name]();
      open.push(peer.receiver);
      const wrong = await send(peer.channelFor({ secret: 'another' }));
      const old = await send(peer.channelFor(), letter(), new Date(Date.now() - 3_700_000));
      expect([wrong.result, old.result]).toEqual(['retry', 'retry']);
      expect(peer.receiver.refusals).toEqual(name === 'dingtalk' ? [310000, 310000] : [19021, 19021]);
      expect(peer.receiver.accepted).toEqual([]);
    },
  );
});

describe('an incident at PagerDuty', () => {
  it('is one alert that is opened, acknowledged and resolved with it', async () => {
    const receiver = await new PagerdutyReceiver().open();
    open.push(receiver);
    const robot: Robot = {
      name: 'desk',
      channel: 'pagerduty',
      url: receiver.url,
      secret: receiver.key,
      allowInternal: true,
    };
    const channel = new PagerdutyChannel(new Map([['desk', robot]]), false);
    const seen: unknown[] = [];
    for (const state of ['open', 'escalated', 'acknowledged', 'withdrawn', 'open'] as const) {
      expect(await send(channel, letter({ state }))).toMatchObject({ result: 'sent' });
      seen.push([...receiver.alerts.values()]);
    }
    expect(seen).toEqual([['triggered'], ['triggered'], ['acknowledged'], ['resolved'], ['triggered']]);
    expect(receiver.accepted[0]?.body).toMatchObject({
      event_action: 'trigger',
      dedup_key: 'DESK-1/first-answer/T-1/1',
      payload: {
        source: 'DESK-1',
        severity: 'error',
        timestamp: '2026-03-24T06:30:00Z',
        custom_details: { 条款: '5.1.2' },
      },
      links: [{ href: 'https://pactwatch.example.com/v1/breaches/x', text: '查看认定' }],
    });
    const long = letter({ incident: `DESK-1/first-answer/${'x'.repeat(400)}/1` });
    expect(await send(channel, long)).toMatchObject({ result: 'sent' });
    expect(await send(channel, { ...long, notice: { ...long.notice, subject: '字'.repeat(2_000) } })).toMatchObject({
      result: 'sent',
    });
    expect(await send(channel, { ...long, notice: { ...long.notice, subject: '' } })).toMatchObject({
      result: 'failed',
    });
  });
});
