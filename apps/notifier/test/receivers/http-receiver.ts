import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Undefined where it is no JSON. */
  readonly body: unknown;
  /** Epoch milliseconds. */
  readonly at: number;
}

export interface Answer {
  readonly status: number;
  readonly body: object | string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A server on this machine that answers POSTs as a real one would, and can be told to be out of order. */
export abstract class HttpReceiver {
  /** Everything that came, in order. */
  readonly calls: Received[] = [];
  /** What was taken. */
  readonly accepted: Received[] = [];
  /** Refusals with their codes, in order. */
  readonly refusals: (number | string)[] = [];
  /** An answer instead of its own, for the call of this number (from 1). */
  interrupt: (call: number) => Answer | undefined = () => undefined;
  /** Its clock, in epoch milliseconds. */
  now: () => number = Date.now;
  private readonly server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const url = new URL(request.url ?? '/', 'http://receiver');
      const received = { url, headers: request.headers, text, body: parse(text), at: this.now() };
      this.calls.push(received);
      const answer = this.interrupt(this.calls.length) ?? this.answer(received);
      const body = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body);
      response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers }).end(body);
    });
  });

  /** What the real one would answer; calls `accept` or `refuse`. */
  protected abstract answer(received: Received): Answer;

  protected accept(received: Received, answer: Answer): Answer {
    this.accepted.push(received);
    return answer;
  }

  protected refuse(code: number | string, answer: Answer): Answer {
    this.refusals.push(code);
    return answer;
  }

  /** Scheme, host and port. */
  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async open(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', () => resolve()));
    return this;
  }

  close(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
