import { z } from 'zod';
import { HttpReceiver, type Answer, type Received } from './http-receiver.js';
import { SlidingWindow } from './sliding-window.js';

const message = z.object({ msgtype: z.literal('markdown'), markdown: z.object({ content: z.string() }) });

/** A group robot of WeCom: 20 messages a minute, markdown of at most 4,096 bytes, answers with HTTP 200 throughout. */
export class WecomReceiver extends HttpReceiver {
  readonly key = '693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa';
  private readonly minute = new SlidingWindow(20, 60_000);

  get url(): string {
    return `${this.origin}/cgi-bin/webhook/send?key=${this.key}`;
  }

  protected answer(received: Received): Answer {
    const { url, body, at } = received;
    const read = message.safeParse(body);
    if (url.pathname !== '/cgi-bin/webhook/send' || url.searchParams.get('key') !== this.key) {
      return this.no(93000, 'invalid webhook url');
    }
    if (!read.success) return this.no(40008, 'invalid message type');
    const { content } = read.data.markdown;
    if (content === '') return this.no(44004, 'empty content');
    if (Buffer.byteLength(content) > 4096) return this.no(40058, 'markdown.content exceed max length 4096');
    if (this.minute.isFull(at)) return this.no(45009, 'api freq out of limit');
    return this.accept(received, { status: 200, body: { errcode: 0, errmsg: 'ok' } });
  }

  private no(errcode: number, errmsg: string): Answer {
    return this.refuse(errcode, { status: 200, body: { errcode, errmsg: `${errmsg}, hint: [1617]` } });
  }
}
