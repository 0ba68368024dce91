import { lookup as resolveName } from 'node:dns';
import { request as requestPlain, type IncomingMessage } from 'node:http';
import { request as requestTls } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { isInternalAddress } from '../internal-address.js';
import { describeError, type Outcome } from '../outcome.js';

const MAX_ANSWER_BYTES = 2_048;
const MAX_WAIT_MILLIS = 24 * 60 * 60 * 1000;

export interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  /** Its first 2,048 bytes. */
  readonly body: string;
}

export interface PostOptions {
  /** Whether plain HTTP, and addresses of this machine or a private network, may be called. */
  readonly allowInternal: boolean;
  readonly signal: AbortSignal;
}

/** Thrown inside a look-up only: the name leads where webhooks must not go. */
class InternalAddressError extends Error {
  constructor(host: string, address: string) {
    super(`${host} is at ${address}, an internal address (allowed: public ones, or allowInternal in the route)`);
  }
}

/**
 * One POST: no redirect is followed, and the address that was checked is the address that is called, since the name is
 * looked up once. What went wrong on the way, or a place that must not be called, is an outcome.
 */
export async function post(
  url: URL,
  body: string,
  headers: Readonly<Record<string, string>>,
  options: PostOptions,
): Promise<Answer | Outcome> {
  const refusal = options.allowInternal ? undefined : refusePlace(url);
  if (refusal !== undefined) return { result: 'failed', response: refusal };
  try {
    return await call(url, body, headers, options);
  } catch (error) {
    return { result: error instanceof InternalAddressError ? 'failed' : 'retry', response: describeError(error) };
  }
}

function refusePlace(url: URL): string | undefined {
  if (url.protocol !== 'https:')
    return `${url.protocol}// is not allowed (allowed: https://, or allowInternal in the route)`;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0 && isInternalAddress(host)) return new InternalAddressError(url.hostname, host).message;
  return undefined;
}

function call(
  url: URL,
  body: string,
  headers: Readonly<Record<string, string>>,
  { allowInternal, signal }: PostOptions,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = url.protocol === 'https:' ? requestTls : requestPlain;
    const sent = request(url, {
      method: 'POST',
      agent: false,
      headers: { 'user-agent': 'Pactwatch', ...headers, 'content-length': Buffer.byteLength(body) },
      signal,
      ...(allowInternal ? {} : { lookup: publicLookup }),
    });
    sent.on('error', (error) =>
      reject(error.name === 'AbortError' ? new Error('no answer in time', { cause: error }) : error),
    );
    sent.on('response', (response) => readAnswer(response).then(resolve, reject));
    sent.end(body);
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

/** RFC 9110, 10.2.3: seconds, or an HTTP date; undefined where it says nothing. A day at most. */
export function waitOf(text: string | undefined, now: Date): number | undefined {
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
