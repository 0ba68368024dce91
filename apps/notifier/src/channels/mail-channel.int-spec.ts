import type { AddressInfo } from 'node:net';
import { simpleParser, type ParsedMail } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import { readTemplateBook } from '../templates/template-book.js';
import type { Letter, Occasion } from './channel.js';
import { MailChannel } from './mail-channel.js';

const read = readTemplateBook('no-folder');
if (!read.ok) throw new Error(read.problems.join('\n'));
const templates = read.book;

function letter(idempotencyKey: string, occasion: Partial<Occasion> = {}): Letter {
  return {
    notice: {
      language: 'zh-CN',
      subject: '【违约】工单 <T-1>“首次答复”逾期 1 小时（合同 DESK-1 第 5.1.2 条）',
      greeting: '陈晨，您好：',
      paragraphs: ['乙方违反合同 <b>DESK-1</b>。'],
      rows: [['条款原文', '工单应在 4 个工作小时内答复。']],
      advice: '请立即完成。',
      links: [['查看认定', 'https://pactwatch.example.com/v1/breaches/x?a=1&b=2']],
      footer: '自动发出。',
      shortened: '内容已截断。',
    },
    recipient: 'chen@provider.example.com',
    addressee: { party: 'provider', role: 'legal', name: '陈晨', language: 'zh-CN', route: 'r' },
    contacts: [],
    idempotencyKey,
    occasion: {
      ...{ type: 'compliance.alert.breach', incident: 'DESK-1/first-answer/T-1/1', contract: 'DESK-1', at: 0 },
      ...{ record: '{}', alert: null, severity: 'breach', state: 'open' },
      ...occasion,
    },
  };
}

describe('a mail', () => {
  const mails: ParsedMail[] = [];
  let refusal: { readonly responseCode: number } | undefined;
  let server: SMTPServer;
  let channel: MailChannel;

  beforeEach(async () => {
    mails.length = 0;
    refusal = undefined;
    server = new SMTPServer({
      ...{ authOptional: true, disabledCommands: ['STARTTLS'] },
      onRcptTo: (_address, _session, done) =>
        done(refusal === undefined ? undefined : Object.assign(new Error('no'), refusal)),
      onData: (stream, _session, done) => {
        simpleParser(stream).then((mail) => {
          mails.push(mail);
          done();
        }, done);
      },
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
    const { port } = server.server.address() as AddressInfo;
    channel = new MailChannel(`smtp://127.0.0.1:${port}`, 'Pactwatch <pactwatch@example.com>', templates);
  });
  afterEach(async () => {
    channel.close();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });

  const send = (of: Letter) => channel.send(channel.render(of));

  it('arrives as plain text and as HTML, with what it says and nothing loaded from elsewhere', async () => {
    expect(await send(letter('k1'))).toMatchObject({ result: 'sent' });
    const [mail] = mails;
    expect(mail?.subject).toBe('【违约】工单 <T-1>“首次答复”逾期 1 小时（合同 DESK-1 第 5.1.2 条）');
    expect(mail?.text).toContain(
      '乙方违反合同 <b>DESK-1</b>。\n\n请立即完成。\n\n条款原文：工单应在 4 个工作小时内答复。\n',
    );
    expect(mail?.html).toContain('<p>乙方违反合同 &lt;b&gt;DESK-1&lt;/b&gt;。</p>');
    expect(mail?.html).toContain('<a href="https://pactwatch.example.com/v1/breaches/x?a=1&amp;b=2">查看认定</a>');
    expect(mail?.html).not.toMatch(/<(img|script|link|iframe)|url\(|src=/i);
    expect([mail?.from?.text, mail?.attachments]).toEqual(['"Pactwatch" <pactwatch@example.com>', []]);
  });

  it('lies in the thread of its incident and in the list of its contract, and asks for no vacation notes', async () => {
    await send(letter('k1'));
    await send(letter('k2', { type: 'compliance.alert.withdrawal', state: 'withdrawn' }));
    await send(letter('k3', { incident: 'DESK-1/first-answer/T-2/1', contract: 'CRM 2026/Ä<1>' }));
    const [first, second, other] = mails;
    expect(mails.map(({ messageId }) => messageId)).toEqual(['<k1@pactwatch>', '<k2@pactwatch>', '<k3@pactwatch>']);
    expect(first?.inReplyTo).toMatch(/^<incident-[0-9a-f]{40}@pactwatch>$/);
    expect([second?.inReplyTo, second?.references]).toEqual([first?.inReplyTo, first?.references]);
    expect(other?.inReplyTo).not.toBe(first?.inReplyTo);
    const header = (mail: ParsedMail | undefined, name: string) =>
      mail?.headerLines.find(({ key }) => key === name)?.line;
    expect(header(first, 'list-id')).toBe('List-ID: "DESK-1" <desk-1.pactwatch>');
    expect(header(other, 'list-id')).toBe('List-ID: "CRM 2026___1_" <crm-2026-1.pactwatch>');
    expect(header(first, 'auto-submitted')).toBe('Auto-Submitted: auto-generated');
  });

  it.each([
    [550, 'failed'],
    [450, 'retry'],
  ])('that is refused with %i is %s', async (responseCode, result) => {
    refusal = { responseCode };
    expect(await send(letter('k1'))).toMatchObject({ result, response: expect.stringContaining(`${responseCode}`) });
  });
});
