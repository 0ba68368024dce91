import { Webhook } from 'standardwebhooks';
import { formatInstant } from '#libs/calendar';
import type { Contact } from '#libs/contract';
import { shorten, type Outcome } from '../outcome.js';
import type { RouteBook } from '../route-book.js';
import type { Route } from '../routes.js';
import type { Channel, Letter, Sending } from './channel.js';
import { post, waitOf, type Answer } from './post.js';

export interface WebhookOptions {
  readonly book: RouteBook;
  /** Signs where a route has no secret of its own. */
  readonly secret: string | null;
  /** Plain HTTP and internal addresses for all routes: for trials on one machine. */
  readonly allowInternal: boolean;
}

export interface WebhookMessage {
  readonly route: string;
  readonly url: string;
  /** The body, byte for byte as it is signed. */
  readonly payload: string;
}

/**
 * Signed webhooks (Standard Webhooks 1.0: `webhook-id`, `webhook-timestamp`, `webhook-signature`). The id is the same for
 * all attempts, so a receiver can drop repeats.
 */
export class WebhookChannel implements Channel {
  readonly name = 'webhook';
  readonly limits = [];
  readonly gathers = true;

  constructor(private readonly options: WebhookOptions) {}

  receiverOf(route: Route, contact: Contact): string | null {
    return route.webhook.url ?? contact.webhook;
  }

  render({ notice, addressee, recipient, occasion }: Letter): WebhookMessage {
    const fields = {
      title: notice.subject,
      sentences: notice.paragraphs,
      advice: notice.advice,
      language: notice.language,
      addressee: { party: addressee.party, role: addressee.role, name: addressee.name },
      links: notice.links.map(([label, url]) => ({ label, url })),
    };
    const head = JSON.stringify({ type: occasion.type, timestamp: formatInstant(occasion.at) }).slice(0, -1);
    const payload = `${head},"data":${JSON.stringify(fields).slice(0, -1)},"alert":${occasion.record}}}`;
    return { route: addressee.route, url: recipient, payload };
  }

  async send(message: WebhookMessage, { idempotencyKey, now, signal }: Sending): Promise<Outcome> {
    const { book } = this.options;
    const route = book.routes.find((one) => one.name === message.route);
    const secret = book.secrets.get(message.route) ?? this.options.secret;
    if (secret === null)
      return { result: 'retry', response: 'PACTWATCH_WEBHOOK_SECRET is not set: nothing goes unsigned' };
    const allowInternal = this.options.allowInternal || route?.webhook.allowInternal === true;
    const headers = signed(secret, idempotencyKey, now, message.payload);
    const answer = await post(new URL(message.url), message.payload, headers, { allowInternal, signal });
    return 'result' in answer ? answer : judge(answer, now);
  }
}

function signed(secret: string, id: string, now: Date, payload: string): Record<string, string> {
  return {
    'content-type': 'application/json; charset=utf-8',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign(id, now, payload),
  };
}

/** 2xx: taken. 410: the receiver wants no more (Standard Webhooks). All else may pass; 429 holds for all messages. */
function judge(answer: Answer, now: Date): Outcome {
  const response = shorten(`${answer.status} ${answer.body}`);
  if (answer.status >= 200 && answer.status < 300) return { result: 'sent', response };
  if (answer.status === 410) return { result: 'failed', response };
  const afterMillis = waitOf(answer.retryAfter, now);
  const throttled = answer.status === 429 && afterMillis !== undefined;
  return { result: 'retry', response, ...(afterMillis === undefined ? {} : { afterMillis }), throttled };
}
