import { createHmac } from 'node:crypto';
import type { Letter } from '../channel.js';
import { asksForAction, renderMarkdown, widen, type Dialect } from './markdown.js';
import type { ChatRobot, RobotAnswer } from './robot-channel.js';

/** Of the whole body. */
const MAX_BYTES = 20_000;
const MAX_TITLE_CHARS = 120;
const MINUTE_MILLIS = 60_000;
/** Whoever passes the limit is blocked for so long. */
const BLOCKED_MILLIS = 10 * MINUTE_MILLIS;

const dialect: Dialect = { escape: widen, bold: (text) => `**${text}**`, newline: '\n\n' };

/** Its answers, by `errcode`. 130101 and 410100: too fast; 90030: called too often. */
const BUSY = [130101, 410100, 90030];
/**
 * The message: its kind, its length, a link, text or picture it holds. The robot: its token, switched off, gone, its group
 * dissolved. What its safety settings refuse (310000: signature, key words, addresses) can be mended, so it is tried again.
 */
const NEVER = [400105, 460101, 430101, 430102, 430103, 430104, 300001, 300005, 400013, 400101, 400102, 400106];

/** Group robots of DingTalk, signed. */
export const dingtalk: ChatRobot = {
  name: 'dingtalk',
  limits: [{ messages: 20, perMillis: MINUTE_MILLIS }],

  form(letter: Letter): object {
    const title = [...letter.notice.subject].slice(0, MAX_TITLE_CHARS).join('');
    const asks = asksForAction(letter);
    const atUserIds = asks ? letter.contacts.flatMap(({ dingtalk: id }) => (id === null ? [] : [id])) : [];
    const atMobiles = asks
      ? letter.contacts.flatMap(({ dingtalk: id, phone }) => (id === null ? mobileOf(phone) : []))
      : [];
    const at = { atMobiles, atUserIds, isAtAll: false };
    const body = (text: string): object => ({ msgtype: 'markdown', markdown: { title, text }, at });
    return body(
      renderMarkdown(letter, {
        dialect,
        heading: letter.notice.subject,
        mentions: [...atUserIds, ...atMobiles].map((one) => `@${one}`).join(' '),
        fits: (text) => Buffer.byteLength(JSON.stringify(body(text))) <= MAX_BYTES,
      }),
    );
  },

  request(robot, body, now) {
    const url = new URL(robot.url);
    const timestamp = `${now.getTime()}`;
    url.searchParams.set('timestamp', timestamp);
    url.searchParams.set('sign', signDingtalk(robot.secret ?? '', timestamp));
    return { url, body };
  },

  judge({ errcode }): RobotAnswer | undefined {
    if (typeof errcode !== 'number') return undefined;
    if (errcode === 0) return { result: 'sent' };
    if (BUSY.includes(errcode)) return { result: 'retry', afterMillis: BLOCKED_MILLIS };
    return { result: NEVER.includes(errcode) ? 'failed' : 'retry' };
  },
};

/** @param timestamp epoch milliseconds. */
export function signDingtalk(secret: string, timestamp: string): string {
  return createHmac('sha256', secret).update(`${timestamp}\n${secret}`).digest('base64');
}

/** A mobile number of mainland China, as DingTalk knows its members by; nothing of any other. */
function mobileOf(phone: string | null): string[] {
  const digits = (phone ?? '').replace(/[\s-]/g, '').replace(/^(\+|00)?86(?=1\d{10}$)/, '');
  return /^1\d{10}$/.test(digits) ? [digits] : [];
}
