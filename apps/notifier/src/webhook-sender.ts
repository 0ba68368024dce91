import { lookup as resolveName } from 'node:dns';
import { request as requestPlain, type IncomingMessage } from 'node:http';
import { request as requestTls } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { isInternalAddress } from './internal-address.js';
import type { WebhookMessage } from './notice.js';
import { describeError, shorten, type Outcome } from './outcome.js';
import type { RouteBook } from './route-book.js';

const TOTAL_MILLIS = 15_000;
const MAX_ANSWER_BYTES = 2_048;
const MAX_WAIT_MILLIS = 24 * 60 * 60 * 1000;

export interface WebhookOptions {
  readonly book: RouteBook;
  /** Signs where a route has no secret of its own. */
  readonly secret: string | null;
  /** Plain HTTP and internal addresses for all routes: for trials on one machine. */
  readonly allowInternal: boolean;
}

/** Thrown inside a look-up only: the name leads where webhooks must not go. */
class InternalAddressError extends Error {
  constructor(host: string, address: string) {
    super(`${host} is at ${address}, an internal address (allowed: public ones, or allowInternal in the route)`);
  }
}

/**
 * Signed webhooks (Standard Webhooks 1.0: `webhook-id`, `webhook-timestamp`, `webhook-signature`). The id is the same for
 * all attempts, so a receiver can drop repeats. Redirects are not followed. The address that was checked is the address
 * that is called: the name is looked up once.
 */
export class WebhookSender {
  constructor(private readonly options: WebhookOptions) {}

  async send(message: WebhookMessage, id: string, now: Date): Promise<Outcome> {
    const route = this.options.book.routes.find((one) => one.name === message.route);
    const secret = this.options.book.secrets.get(message.route) ?? this.options.secret;
    if (secret === null)
      return { result: 'retry', response: 'PACTWATCH_WEBHOOK_SECRET is not set: nothing goes unsigned' };
    const allowInternal = this.options.allowInternal || route?.webhook.allowInternal === true;
    const url = new URL(message.url);
    const refusal = allowInternal ? undefined : refusePlace(url);
    if (refusal !== undefined) return { result: 'failed', response: refusal };
    try {
      const answer = await post(url, message.payload, signed(secret, id, now, message.payload), allowInternal);
      return judge(answer, now);
    } catch (error) {
      return { result: error instanceof InternalAddressError ? 'failed' : 'retry', response: describeError(error) };
    }
  }
}

function refusePlace(url: URL): string | undefined {
  if (url.protocol !== 'https:')
    return `${url.protocol}// is not allowed (allowed: https://, or allowInternal in the route)`;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0 && isInternalAddress(host)) return new InternalAddressError(url.hostname, host).message;
  return undefined;
}

function signed(secret: string, id: string, now: Date, payload: string): Record<string, string> {
  return {
    'content-type': 'application/json; charset=utf-8',
    'user-agent': 'Pactwatch',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign(id, now, payload),
  };
}

interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: string;
}

function post(url: URL, payload: string, headers: Record<string, string>, allowInternal: boolean): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = url.protocol === 'https:' ? requestTls : requestPlain;
    const sent = request(url, {
      method: 'POST',
      agent: false,
      headers: { ...headers, 'content-length': Buffer.byteLength(payload) },
      signal: AbortSignal.timeout(TOTAL_MILLIS),
      ...(allowInternal ? {} : { lookup: publicLookup }),
    });
    sent.on('error', (error) =>
      reject(error.name === 'AbortError' ? new Error(`no answer within ${TOTAL_MILLIS} ms`, { cause: error }) : error),
    );
    sent.on('response', (response) => readAnswer(response).then(resolve, reject));
    sent.end(payload);
  });
}

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= MAX_ANSWER_BYTES) break;
  }
  response.destroy();
  const body = Buffer.concat(chunks).subarray(0, MAX_ANSWER_BYTES).toString('utf8');
  return { status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'], body };
}

/** 2xx: taken. 410: the receiver wants no more (Standard Webhooks). All else may pass. */
function judge(answer: Answer, now: Date): Outcome {
  const response = shorten(`${answer.status} ${answer.body}`);
  if (answer.status >= 200 && answer.status < 300) return { result: 'sent', response };
  if (answer.status === 410) return { result: 'failed', response };
  const afterMillis = waitOf(answer.retryAfter, now);
  return { result: 'retry', response, ...(afterMillis === undefined ? {} : { afterMillis }) };
}

/** RFC 9110, 10.2.3: seconds, or an HTTP date. */
function waitOf(text: string | undefined, now: Date): number | undefined {
  if (text === undefined) return undefined;
  const millis = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now.getTime();
  return Number.isFinite(millis) ? Math.min(Math.max(0, millis), MAX_WAIT_MILLIS) : undefined;
}

const publicLookup: LookupFunction = (hostname, options, callback) => {
  resolveName(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return callback(error, []);
    const internal = addresses.find(({ address }) => isInternalAddress(address));
    if (internal !== undefined) return callback(new InternalAddressError(hostname, internal.address), []);
    const [first] = addresses;
    if (options.all === true || first === undefined) return callback(null, addresses);
    callback(null, first.address, first.family);
  });
};
