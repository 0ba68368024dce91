import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { Failure } from './failure.js';

/** The whole of a file that the command line names. */
export function readWhole(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

const CHUNK_BYTES = 1024 * 1024;

/** The lines of a file (`-`: standard input) as text, one at a time and never the whole file at once. */
export function* readLines(path: string): Generator<string> {
  for (const line of readRawLines(path)) yield line.toString('utf8');
}

/** The same as bytes, without the ends of lines. */
export function* readRawLines(path: string): Generator<Buffer> {
  let descriptor: number;
  try {
    descriptor = path === '-' ? 0 : openSync(path, 'r');
  } catch (error) {
    throw unreadable(path, error);
  }
  const lines = new LineCutter();
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  try {
    for (;;) {
      const length = readSome(descriptor, chunk, path);
      if (length === 0) break;
      yield* lines.cut(chunk.subarray(0, length));
    }
    yield* lines.rest();
  } finally {
    if (descriptor !== 0) closeSync(descriptor);
  }
}

/** The lines of a stream, in the groups they came in, so that a caller can answer each group at once. */
export async function* readLineGroups(stream: Readable): AsyncGenerator<readonly string[]> {
  const lines = new LineCutter();
  for await (const chunk of stream) yield Array.from(lines.cut(Buffer.from(chunk as Buffer)), String);
  yield Array.from(lines.rest(), String);
}

function readSome(descriptor: number, into: Buffer, path: string): number {
  for (;;) {
    try {
      return readSync(descriptor, into, 0, into.length, null);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EOF') return 0;
      // A pipe that another process left non-blocking has nothing yet.
      if (code === 'EAGAIN') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
      else throw unreadable(path, error);
    }
  }
}

class LineCutter {
  private pending: Buffer[] = [];

  *cut(bytes: Buffer): Generator<Buffer> {
    let from = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
      yield this.line(bytes.subarray(from, end));
      from = end + 1;
    }
    if (from < bytes.length) this.pending.push(Buffer.from(bytes.subarray(from)));
  }

  *rest(): Generator<Buffer> {
    if (this.pending.length > 0) yield this.line(Buffer.alloc(0));
  }

  private line(end: Buffer): Buffer {
    const whole = this.pending.length === 0 ? end : Buffer.concat([...this.pending, end]);
    this.pending = [];
    return whole.at(-1) === 13 ? whole.subarray(0, -1) : whole;
  }
}

function unreadable(path: string, error: unknown): Failure {
  const { code, message } = error as NodeJS.ErrnoException;
  const reasons: Record<string, string> = {
    ENOENT: 'there is no such file',
    EISDIR: 'it is a folder, not a file',
    EACCES: 'it may not be read',
  };
  return new Failure(3, `${path}: cannot be read: ${reasons[code ?? ''] ?? message}`, { cause: error });
}
