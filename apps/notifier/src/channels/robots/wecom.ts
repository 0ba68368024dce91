import type { Letter } from '../channel.js';
import { asksForAction, renderMarkdown, widen, type Dialect } from './markdown.js';
import type { ChatRobot, RobotAnswer } from './robot-channel.js';

/** Markdown of a group robot, in bytes of UTF-8. */
const MAX_BYTES = 4_096;
const MINUTE_MILLIS = 60_000;

const dialect: Dialect = { escape: widen, bold: (text) => `**${text}**`, newline: '\n' };

/** Its answers, by `errcode` (WeCom's list of global error codes). */
const BUSY = [45009, 45033];
/** The message: its kind, its parameters or length, its emptiness. The robot: its key, switched off, out of the group. */
const NEVER = [40008, 40058, 44004, 45002, 93000, 93004, 93008];

/** Group robots of WeCom. They know no signatures: the address holds the key. */
export const wecom: ChatRobot = {
  name: 'wecom',
  limits: [{ messages: 20, perMillis: MINUTE_MILLIS }],

  form(letter: Letter): object {
    const ids = letter.contacts.flatMap((contact) => (contact.wecom === null ? [] : [contact.wecom]));
    const content = renderMarkdown(letter, {
      dialect,
      heading: letter.notice.subject,
      mentions: asksForAction(letter) ? ids.map((id) => `<@${id}>`).join(' ') : '',
      fits: (text) => Buffer.byteLength(text) <= MAX_BYTES,
    });
    return { msgtype: 'markdown', markdown: { content } };
  },

  request: ({ url }, body) => ({ url: new URL(url), body }),

  judge({ errcode }): RobotAnswer | undefined {
    if (typeof errcode !== 'number') return undefined;
    if (errcode === 0) return { result: 'sent' };
    if (BUSY.includes(errcode)) return { result: 'retry', afterMillis: MINUTE_MILLIS };
    return { result: NEVER.includes(errcode) ? 'failed' : 'retry' };
  },
};
