import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

/** A call as it was really received, with a signature that holds. */
export interface ReceivedCall {
  readonly id: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface WebhookReceiver {
  readonly url: string;
  /** Calls whose signature did not hold; they were refused. */
  readonly refused: () => number;
  close(): Promise<void>;
}

const LARGEST_BODY_BYTES = 1_000_000;

/** An HTTP server on loopback that checks the signature of every call (Standard Webhooks) and hands it on. */
export async function receiveWebhooks(secret: string, onCall: (call: ReceivedCall) => void): Promise<WebhookReceiver> {
  const webhook = new Webhook(secret);
  let refused = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > LARGEST_BODY_BYTES) request.destroy();
      else chunks.push(chunk);
    });
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      try {
        const headers = request.headers as Record<string, string>;
        const body = webhook.verify(text, headers) as Record<string, unknown>;
        onCall({ id: headers['webhook-id'] ?? '', body });
        response.writeHead(204).end();
      } catch {
        refused++;
        response.writeHead(401).end();
      }
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/webhook`,
    refused: () => refused,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
