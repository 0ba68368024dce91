import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { HttpReceiver, type Answer, type Received } from './http-receiver.js';
import { SlidingWindow } from './sliding-window.js';

const signature = z.looseObject({ timestamp: z.string(), sign: z.string() });
const message = z.looseObject({
  msg_type: z.literal('interactive'),
  card: z.object({
    config: z.object({ wide_screen_mode: z.boolean() }),
    header: z.object({
      title: z.object({ tag: z.literal('plain_text'), content: z.string() }),
      template: z.enum(['blue', 'orange', 'red', 'carmine', 'green']),
    }),
    elements: z.array(z.object({ tag: z.literal('markdown'), content: z.string().min(1) })).min(1),
  }),
});

/**
 * A custom robot of Feishu with a signature: 100 messages a minute and 5 a second; 20 KB; the time of the signature within
 * an hour. HTTP 200 throughout.
 */
export class FeishuReceiver extends HttpReceiver {
  readonly secret = 'demo-secret-of-feishu';
  private readonly minute = new SlidingWindow(100, 60_000);
  private readonly second = new SlidingWindow(5, 1_000);

  get url(): string {
    return `${this.origin}/open-apis/bot/v2/hook/1b2c3d`;
  }

  protected answer(received: Received): Answer {
    const { url, text, body, at } = received;
    if (url.pathname !== '/open-apis/bot/v2/hook/1b2c3d')
      return this.no(19001, 'param invalid: incoming webhook access token invalid');
    const signed = signature.safeParse(body);
    const { timestamp, sign } = signed.success ? signed.data : { timestamp: '', sign: '' };
    const expected = createHmac('sha256', `${timestamp}\n${this.secret}`).digest('base64');
    const isFresh = Math.abs(Number(timestamp) * 1000 - at) <= 3_600_000;
    if (!isFresh || sign !== expected) {
      return this.no(19021, 'sign match fail or timestamp is not within one hour from current time');
    }
    if (Buffer.byteLength(text) > 20_000 || !message.safeParse(body).success) return this.no(9499, 'Bad Request');
    if (this.second.isFull(at)) return this.no(9499, 'too many request');
    if (this.minute.isFull(at))
      return this.no(11232, 'frequency limited psm[lark.oapi.app_platform_runtime]appID[1500]');
    return this.accept(received, {
      status: 200,
      body: { StatusCode: 0, StatusMessage: 'success', code: 0, data: {}, msg: 'success' },
    });
  }

  private no(code: number, msg: string): Answer {
    return this.refuse(code, { status: 200, body: { code, msg, data: {} } });
  }
}
