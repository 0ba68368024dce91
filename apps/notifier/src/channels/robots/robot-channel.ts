import { shorten, type Outcome } from '../../outcome.js';
import type { Channel, Letter, RateLimit, Sending } from '../channel.js';
import { post, waitOf } from '../post.js';
import type { Robot, RobotBook } from '../robot-book.js';

/** What differs between the robots of the chats. */
export interface ChatRobot {
  readonly name: 'wecom' | 'dingtalk' | 'feishu';
  readonly limits: readonly RateLimit[];
  /** The body, unsigned and within the size that the chat takes. */
  form(letter: Letter): object;
  /** What is called, signed where the chat knows signatures. */
  request(robot: Robot, body: object, now: Date): { readonly url: URL; readonly body: object };
  /** Of the answer, which comes with HTTP 200 whatever became of the message. Undefined: it is no answer of this chat. */
  judge(answer: Readonly<Record<string, unknown>>): RobotAnswer | undefined;
}

export type RobotAnswer =
  | { readonly result: 'sent' }
  /** `afterMillis`: it takes no message at all from us until then. */
  | { readonly result: 'retry'; readonly afterMillis?: number }
  | { readonly result: 'failed' };

/** Messages to group chats through their robots. */
export class RobotChannel implements Channel {
  readonly gathers = true;

  /** @param allowInternal plain HTTP and internal addresses for all robots: for trials on one machine. */
  constructor(
    private readonly chat: ChatRobot,
    private readonly robots: RobotBook,
    private readonly allowInternal: boolean,
  ) {}

  get name(): string {
    return this.chat.name;
  }

  get limits(): readonly RateLimit[] {
    return this.chat.limits;
  }

  receiverOf(): null {
    return null;
  }

  render(letter: Letter): object {
    return this.chat.form(letter);
  }

  async send(message: object, { recipient, now, signal }: Sending): Promise<Outcome> {
    const robot = this.robots.get(recipient);
    if (robot === undefined) return { result: 'retry', response: `there is no robot '${recipient}' any more` };
    const { url, body } = this.chat.request(robot, message, now);
    const allowInternal = this.allowInternal || robot.allowInternal;
    const headers = { 'content-type': 'application/json; charset=utf-8' };
    const answer = await post(url, JSON.stringify(body), headers, { allowInternal, signal });
    if ('result' in answer) return answer;
    const response = shorten(`${answer.status} ${answer.body}`);
    if (answer.status === 200) {
      const judged = this.judge(answer.body);
      if (judged?.result === 'retry' && judged.afterMillis !== undefined) {
        return { ...judged, response, throttled: true };
      }
      return { ...(judged ?? { result: 'retry' }), response };
    }
    const afterMillis = waitOf(answer.retryAfter, now) ?? (answer.status === 429 ? BUSY_MILLIS : undefined);
    if (afterMillis === undefined) return { result: 'retry', response };
    return { result: 'retry', response, afterMillis, throttled: answer.status === 429 };
  }

  private judge(body: string): RobotAnswer | undefined {
    try {
      const parsed: unknown = JSON.parse(body);
      return typeof parsed === 'object' && parsed !== null
        ? this.chat.judge(parsed as Readonly<Record<string, unknown>>)
        : undefined;
    } catch {
      return undefined;
    }
  }
}

const BUSY_MILLIS = 60_000;
