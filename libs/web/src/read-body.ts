import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { Request, Response } from 'express';
import { ProblemException } from './problem.js';

/** How long the rest of a body that is too large is taken and thrown away, so that the answer can be read. */
const DRAIN_MILLIS = 1_000;

const DECODERS: Readonly<Record<string, () => NodeJS.ReadWriteStream & Readable>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/**
 * The bytes of a request's body, decompressed (gzip, deflate, br), at most `limit` of them. Empty where there is none.
 *
 * @throws ProblemException `too-large` beyond the limit, whatever is still on its way; `unsupported-media-type` for another
 * encoding; `malformed` where the bytes end early or cannot be decompressed
 */
export async function readBody(request: Request, response: Response, limit: number): Promise<Buffer> {
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  const decoder = encoding === 'identity' ? null : DECODERS[encoding];
  if (decoder === undefined) {
    const detail = `content-encoding is not allowed: '${encoding}' (allowed: gzip, deflate, br)`;
    throw new ProblemException('unsupported-media-type', detail, [{ field: 'content-encoding', detail }]);
  }
  const declared = Number(request.headers['content-length'] ?? 0);
  const body = decoder === null && declared > limit ? 'too-large' : await collect(request, decoder?.() ?? null, limit);
  if (body !== 'too-large') return body;
  await drain(request);
  // The rest may still be on its way: the connection must not be used again.
  response.set('connection', 'close');
  const detail = `the body is larger than the ${limit} bytes allowed`;
  throw new ProblemException('too-large', detail, [{ field: 'body', detail }]);
}

function collect(
  request: Request,
  decoder: (NodeJS.ReadWriteStream & Readable) | null,
  limit: number,
): Promise<Buffer | 'too-large'> {
  return new Promise((resolve, reject) => {
    const source: Readable = decoder === null ? request : request.pipe(decoder);
    const chunks: Buffer[] = [];
    let size = 0;
    const refuse = (why: string): void => {
      const detail = `the body cannot be read: ${why}`;
      reject(new ProblemException('malformed', detail, [{ field: 'body', detail }]));
      if (decoder !== null) giveUp(request, decoder);
    };
    source.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limit) {
        chunks.push(chunk);
        return;
      }
      chunks.length = 0;
      resolve('too-large');
      if (decoder !== null) giveUp(request, decoder);
    });
    source.on('end', () => resolve(Buffer.concat(chunks)));
    source.on('error', (error) => refuse(error.message));
    request.on('close', () => {
      if (!request.complete) refuse('the connection was closed');
    });
  });
}

/** What still comes is thrown away, not decompressed. */
function giveUp(request: Request, decoder: NodeJS.ReadWriteStream & Readable): void {
  request.unpipe(decoder);
  decoder.on('error', () => undefined);
  decoder.destroy();
  request.resume();
}

async function drain(request: Request): Promise<void> {
  if (request.complete) return;
  let timer: NodeJS.Timeout | undefined;
  await new Promise<void>((resolve) => {
    timer = setTimeout(resolve, DRAIN_MILLIS);
    request.once('end', resolve).once('close', resolve).resume();
  });
  clearTimeout(timer);
}
