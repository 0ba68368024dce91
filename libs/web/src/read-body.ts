import { raw } from 'express';
import type { Request, Response } from 'express';
import { ProblemException } from './problem.js';

/**
 * The bytes of a request's body, decompressed (gzip, deflate, br), at most `limit` of them: 413 beyond, without reading on.
 * Empty where there is none.
 */
export async function readBody(request: Request, response: Response, limit: number): Promise<Buffer> {
  const parse = raw({ type: () => true, limit, inflate: true });
  await new Promise<void>((resolve, reject) => {
    parse(request, response, (error?: unknown) => {
      if (error === undefined || error === null) return resolve();
      const { status, message } = error as { status?: number; message: string };
      if (status === 413) {
        // The rest is still on its way: the connection must not be used again.
        response.set('connection', 'close');
        reject(new ProblemException('too-large', `the body is larger than the ${limit} bytes allowed`));
      } else if (status === 415) {
        reject(
          new ProblemException(
            'unsupported-media-type',
            `content-encoding: ${message}; gzip, deflate and br are allowed`,
          ),
        );
      } else {
        reject(new ProblemException('malformed', `the body cannot be read: ${message}`));
      }
    });
  });
  return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
}
