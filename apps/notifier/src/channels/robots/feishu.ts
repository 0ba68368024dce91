import { createHmac } from 'node:crypto';
import type { Severity } from '../../alert.js';
import type { Letter } from '../channel.js';
import { asksForAction, renderMarkdown, type Dialect } from './markdown.js';
import type { ChatRobot, RobotAnswer } from './robot-channel.js';

/** Of the whole body; time and signature are added later. */
const MAX_BYTES = 20_000 - 200;
const MAX_TITLE_CHARS = 200;
const MINUTE_MILLIS = 60_000;

/** Cards show markup signs where they are written as entities. */
const dialect: Dialect = {
  escape: (text) => text.replace(/[&<>*~_`[\]()#\\]/gu, (char) => `&#${char.codePointAt(0)};`),
  bold: (text) => `**${text}**`,
  newline: '\n',
};

/** Its answers, by `code`. 11232 and 99991400: too often. */
const BUSY = [11232, 99991400];
/**
 * The card; parameters and token; a robot that is switched off. What its safety settings refuse (19021 signature, 19022
 * addresses, 19024 key words) can be mended, so it is tried again.
 */
const NEVER = [9499, 11246, 200621, 19001, 19007];

/** Custom robots of Feishu (Lark), signed; messages are cards. */
export const feishu: ChatRobot = {
  name: 'feishu',
  limits: [
    { messages: 100, perMillis: MINUTE_MILLIS },
    { messages: 5, perMillis: 1_000 },
  ],

  form(letter: Letter): object {
    const ids = letter.contacts.flatMap((contact) => (contact.feishu === null ? [] : [contact.feishu]));
    const content = [...letter.notice.subject].slice(0, MAX_TITLE_CHARS).join('');
    const body = (text: string): object => ({
      msg_type: 'interactive',
      card: {
        config: { wide_screen_mode: true },
        header: { title: { tag: 'plain_text', content }, template: colourOf(letter) },
        elements: [{ tag: 'markdown', content: text }],
      },
    });
    return body(
      renderMarkdown(letter, {
        dialect,
        heading: null,
        mentions: asksForAction(letter) ? ids.map((id) => `<at id=${id}></at>`).join(' ') : '',
        fits: (text) => Buffer.byteLength(JSON.stringify(body(text))) <= MAX_BYTES,
      }),
    );
  },

  request(robot, body, now) {
    const timestamp = `${Math.floor(now.getTime() / 1000)}`;
    const sign = signFeishu(robot.secret ?? '', timestamp);
    return { url: new URL(robot.url), body: { timestamp, sign, ...body } };
  },

  judge({ code, msg, StatusCode }): RobotAnswer | undefined {
    // Older robots say StatusCode alone.
    const said = code ?? StatusCode;
    if (typeof said !== 'number') return undefined;
    if (said === 0) return { result: 'sent' };
    // 9499 is both a bad request and, in its words alone, too many of them.
    const tooMany = BUSY.includes(said) || /too many|frequency/i.test(String(msg));
    if (tooMany) return { result: 'retry', afterMillis: MINUTE_MILLIS };
    return { result: NEVER.includes(said) ? 'failed' : 'retry' };
  },
};

/** The key is time and secret, the message empty. @param timestamp epoch seconds. */
export function signFeishu(secret: string, timestamp: string): string {
  return createHmac('sha256', `${timestamp}\n${secret}`).update('').digest('base64');
}

const COLOURS: Readonly<Record<Severity, string>> = {
  notice: 'blue',
  warning: 'orange',
  breach: 'red',
  critical: 'carmine',
};

function colourOf({ occasion: { severity, state } }: Letter): string {
  return state === 'resolved' || state === 'withdrawn' ? 'green' : COLOURS[severity];
}
