import type { Readable } from 'node:stream';

/** What a command may touch of the process that runs it. */
export interface Terminal {
  /** Results: standard output. */
  readonly out: (text: string) => void;
  /** Diagnostics: standard error. */
  readonly err: (text: string) => void;
  readonly stdin: Readable;
  readonly env: NodeJS.ProcessEnv;
  /** Somebody watches standard error: progress is shown. */
  readonly interactive: boolean;
}

export type ExitCode = 0 | 1 | 2 | 3;

export function processTerminal(): Terminal {
  // A reader that has seen enough (`| head`) closes the pipe; that is no failure of ours.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    stdin: process.stdin,
    env: process.env,
    interactive: process.stderr.isTTY === true,
  };
}
