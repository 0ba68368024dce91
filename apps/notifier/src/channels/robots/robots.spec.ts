import fc from 'fast-check';
import type { Contact } from '#libs/contract';
import type { Letter, Occasion } from '../channel.js';
import type { Notice } from '../../notice.js';
import { dingtalk, signDingtalk } from './dingtalk.js';
import { feishu, signFeishu } from './feishu.js';
import type { ChatRobot } from './robot-channel.js';
import { wecom } from './wecom.js';

const NOTICE: Notice = {
  language: 'en',
  subject: '[Breach] Ticket T-1, “First answer”: 1 h overdue',
  greeting: 'Dear Ada,',
  paragraphs: ['The provider breached clause 5.1.2.'],
  rows: [
    ['Clause', '5.1.2'],
    ['Wording', 'Within four hours.'],
  ],
  advice: 'Please see to it at once.',
  links: [
    ['Open the case', 'https://desk.example.com/t/(1) <2>'],
    ['See the verdict', 'https://p.example.com/v1/breaches/x'],
  ],
  footer: 'Sent by Pactwatch.',
  shortened: 'Shortened: the rest stands behind the link.',
};
const CONTACT: Contact = {
  name: 'Ada',
  email: null,
  phone: '+86 138-0000-0000',
  webhook: null,
  wecom: 'AdaLin',
  dingtalk: null,
  feishu: 'ou_7d8a',
  language: 'en',
};
const OCCASION: Occasion = {
  type: 'compliance.alert.breach',
  incident: 'D/r/T-1/1',
  contract: 'D',
  at: 0,
  record: '{}',
  alert: null,
  severity: 'breach',
  state: 'open',
};

function letter(
  notice: Partial<Notice> = {},
  occasion: Partial<Occasion> = {},
  contact: Partial<Contact> = {},
): Letter {
  return {
    notice: { ...NOTICE, ...notice },
    recipient: 'desk',
    addressee: { party: 'client', role: 'legal', name: 'Ada', language: 'en', route: 'r' },
    contacts: [{ ...CONTACT, ...contact }],
    idempotencyKey: 'k',
    occasion: { ...OCCASION, ...occasion },
  };
}

interface Forms {
  readonly markdown: { readonly content: string; readonly text: string };
  readonly card: {
    readonly header: { readonly template: string };
    readonly elements: readonly { readonly content: string }[];
  };
}

const formOf = (chat: ChatRobot, of: Letter): Forms => chat.form(of) as unknown as Forms;
const wecomText = (of: Letter): string => formOf(wecom, of).markdown.content;
const dingtalkText = (of: Letter): string => formOf(dingtalk, of).markdown.text;
const feishuText = (of: Letter): string => formOf(feishu, of).card.elements[0]?.content ?? '';
const CHATS = [
  { chat: wecom, textOf: wecomText, bytesOf: (of: Letter) => Buffer.byteLength(wecomText(of)), most: 4_096 },
  { chat: dingtalk, textOf: dingtalkText, bytesOf: (of: Letter) => jsonBytes(dingtalk.form(of)), most: 20_000 },
  { chat: feishu, textOf: feishuText, bytesOf: (of: Letter) => jsonBytes(feishu.form(of)) + 200, most: 20_000 },
];

function jsonBytes(value: object): number {
  return Buffer.byteLength(JSON.stringify(value));
}

describe('a signature', () => {
  it('of DingTalk and of Feishu is the one that they compute', () => {
    expect(signDingtalk('SECtest', '1700000000000')).toBe('aZLLrriXgn05YbwaGR7knYsLeJADjr9NwLaNNKpxh4g=');
    expect(signFeishu('test', '1700000000')).toBe('eSJQnOl8XqPTMPHWz9e5IzeHS/tqoc68g2967ekIPmg=');
  });
});

describe('a message to a group', () => {
  it('says who is meant, what happened, what to do, the details and where to look', () => {
    expect(wecomText(letter())).toBe(
      [
        '### [Breach] Ticket T-1, “First answer”: 1 h overdue',
        '<@AdaLin>',
        'The provider breached clause 5.1.2.',
        '> Clause: 5.1.2',
        '> Wording: Within four hours.',
        '**Please see to it at once.**',
        '[Open the case](https://desk.example.com/t/%281%29%20%3C2%3E)',
        '[See the verdict](https://p.example.com/v1/breaches/x)',
        'Sent by Pactwatch.',
      ].join('\n'),
    );
  });

  it('mentions people as each chat does, by their id, in DingTalk else by their mobile phone', () => {
    expect(dingtalk.form(letter())).toMatchObject({
      at: { atMobiles: ['13800000000'], atUserIds: [], isAtAll: false },
    });
    expect(dingtalkText(letter())).toContain('\n\n@13800000000\n\n');
    expect(dingtalk.form(letter({}, {}, { dingtalk: 'ada01' }))).toMatchObject({
      at: { atMobiles: [], atUserIds: ['ada01'] },
    });
    expect(dingtalk.form(letter({}, {}, { phone: '+1 212 555 0101' }))).toMatchObject({ at: { atMobiles: [] } });
    expect(feishuText(letter())).toContain('<at id=ou_7d8a></at>');
  });

  it.each([{ state: 'withdrawn' }, { state: 'resolved' }, { state: 'acknowledged' }, { state: null }] as const)(
    'mentions nobody where nothing is asked: %j',
    (occasion) => {
      const quiet = letter({}, occasion);
      expect(wecomText(quiet)).not.toContain('@');
      expect(feishuText(quiet)).not.toContain('<at');
      expect(dingtalk.form(quiet)).toMatchObject({ at: { atMobiles: [], atUserIds: [] } });
    },
  );

  it('has a card whose colour says how urgent it is, green once it is settled', () => {
    const colour = (occasion: Partial<Occasion>) => formOf(feishu, letter({}, occasion)).card.header.template;
    expect([{}, { severity: 'warning' as const }, { state: 'withdrawn' as const }].map(colour)).toEqual([
      'red',
      'orange',
      'green',
    ]);
  });

  it.each(CHATS)('of $chat.name lets no text of others become markup, a link or a mention', ({ textOf }) => {
    const evil = '<@all> <at id=all></at> [x](http://evil.example) **b** `c`\n# heading';
    const notice = {
      paragraphs: [evil],
      rows: [[evil, evil] as const],
      links: [[evil, 'https://x.example/)[y](z'] as const],
    };
    const text = textOf(letter(notice, { state: 'withdrawn' }));
    expect(text).not.toMatch(/<|\]\(http:\/\/evil|\*\*b\*\*|`c`|\n# heading|\)\[y\]/);
  });

  it.each(CHATS)(
    'of $chat.name cuts whole lines from its end and says so, what to do and the links stay',
    ({ textOf, bytesOf, most }) => {
      const rows = Array.from({ length: 500 }, (_, index): [string, string] => [`行 ${index}`, '值'.repeat(30)]);
      const long = letter({ rows });
      const text = textOf(long);
      expect(bytesOf(long)).toBeLessThanOrEqual(most);
      expect(bytesOf(long)).toBeGreaterThan(most - 250);
      expect(text).toContain('> Shortened: the rest stands behind the link.');
      expect(text).toContain('**Please see to it at once.**');
      expect(text).toContain('(https://p.example.com/v1/breaches/x)');
      const shown = text.split(/\n+/).filter((line) => line.startsWith('> 行'));
      expect(shown.length).toBeGreaterThan(10);
      expect(shown).toEqual(shown.map((_, index) => `> 行 ${index}: ${'值'.repeat(30)}`));
    },
  );

  it.each(CHATS)(
    'of $chat.name keeps its size whatever it says, and never breaks a character',
    ({ textOf, bytesOf, most }) => {
      const words = fc.string({ unit: fc.constantFrom('a', '字', '😀', '<', '&', '"', '\n', '*'), maxLength: 9_000 });
      fc.assert(
        fc.property(words, words, fc.array(words, { maxLength: 3 }), words, (subject, advice, paragraphs, label) => {
          const any = letter({ subject, advice, paragraphs, links: [[label, 'https://x.example/']] });
          expect(bytesOf(any)).toBeLessThanOrEqual(most);
          const text = textOf(any);
          expect(Buffer.from(text).toString('utf8')).toBe(text);
        }),
        { numRuns: 40 },
      );
    },
  );
});

describe('an answer', () => {
  it.each([
    [wecom, { errcode: 0, errmsg: 'ok' }, 'sent', undefined],
    [wecom, { errcode: 45009, errmsg: 'api freq out of limit' }, 'retry', 60_000],
    [wecom, { errcode: -1, errmsg: 'system busy' }, 'retry', undefined],
    [wecom, { errcode: 40058 }, 'failed', undefined],
    [wecom, { errcode: 93000 }, 'failed', undefined],
    [dingtalk, { errcode: 0 }, 'sent', undefined],
    [dingtalk, { errcode: 130101 }, 'retry', 600_000],
    [dingtalk, { errcode: 410100 }, 'retry', 600_000],
    [dingtalk, { errcode: 310000, errmsg: 'sign not match' }, 'retry', undefined],
    [dingtalk, { errcode: 460101 }, 'failed', undefined],
    [dingtalk, { errcode: 400102 }, 'failed', undefined],
    [feishu, { code: 0, msg: 'success' }, 'sent', undefined],
    [feishu, { StatusCode: 0, StatusMessage: 'success' }, 'sent', undefined],
    [feishu, { code: 11232, msg: 'frequency limited psm' }, 'retry', 60_000],
    [feishu, { code: 9499, msg: 'too many request' }, 'retry', 60_000],
    [feishu, { code: 9499, msg: 'Bad Request' }, 'failed', undefined],
    [feishu, { StatusCode: 0, code: 19021, msg: 'sign match fail' }, 'retry', undefined],
    [feishu, { code: 19007 }, 'failed', undefined],
  ] as const)('of a robot is understood: %#', (chat, answer, result, afterMillis) => {
    expect(chat.judge(answer)).toEqual({ result, ...(afterMillis === undefined ? {} : { afterMillis }) });
  });

  it('that is none of theirs is no yes', () => {
    expect([wecom, dingtalk, feishu].map((chat) => chat.judge({ ok: true }))).toEqual(Array(3).fill(undefined));
  });
});
