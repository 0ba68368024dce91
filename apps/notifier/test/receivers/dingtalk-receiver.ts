import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { HttpReceiver, type Answer, type Received } from './http-receiver.js';
import { SlidingWindow } from './sliding-window.js';

const message = z.object({
  msgtype: z.literal('markdown'),
  markdown: z.object({ title: z.string().min(1), text: z.string().min(1) }),
  at: z.object({ atMobiles: z.array(z.string()), atUserIds: z.array(z.string()), isAtAll: z.literal(false) }),
});

/**
 * A group robot of DingTalk with a signature: 20 messages a minute, then blocked for ten; 20,000 bytes; the time of the
 * signature within an hour. HTTP 200 throughout.
 */
export class DingtalkReceiver extends HttpReceiver {
  readonly token = '566cc69da782ec';
  readonly secret = 'SECthis-is-the-secret-of-the-robot';
  private readonly minute = new SlidingWindow(20, 60_000);
  private blockedUntil = 0;

  get url(): string {
    return `${this.origin}/robot/send?access_token=${this.token}`;
  }

  protected answer(received: Received): Answer {
    const { url, text, body, at } = received;
    if (url.searchParams.get('access_token') !== this.token) return this.no(300005, 'token is not exist');
    const timestamp = url.searchParams.get('timestamp') ?? '';
    const expected = createHmac('sha256', this.secret).update(`${timestamp}\n${this.secret}`).digest('base64');
    if (!(Math.abs(Number(timestamp) - at) <= 3_600_000)) return this.no(310000, 'invalid timestamp');
    if (url.searchParams.get('sign') !== expected) return this.no(310000, 'sign not match');
    if (Buffer.byteLength(text) > 20_000) return this.no(460101, 'message too long, exceed 20000 bytes');
    if (!message.safeParse(body).success) return this.no(400105, 'unsupported message type');
    if (at < this.blockedUntil) return this.no(130101, 'send too fast, exceed 20 times per minute');
    if (this.minute.isFull(at)) {
      this.blockedUntil = at + 600_000;
      return this.no(130101, 'send too fast, exceed 20 times per minute');
    }
    return this.accept(received, { status: 200, body: { errcode: 0, errmsg: 'ok' } });
  }

  private no(errcode: number, errmsg: string): Answer {
    return this.refuse(errcode, { status: 200, body: { errcode, errmsg } });
  }
}
