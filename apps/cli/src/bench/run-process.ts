import { fork, type ChildProcess, type Serializable } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { Failure } from '../failure.js';

export interface ProcessRequest {
  /** As messages call it. */
  readonly name: string;
  readonly script: string;
  /** Of node itself. */
  readonly nodeArguments?: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Where its output goes. */
  readonly logFile: string;
  /** What it is told when it has started. */
  readonly job?: Serializable;
}

export interface RunningProcess {
  readonly pid: number;
  /** Throws Failure (3), with its last words, once it has ended by itself. */
  check(): void;
  /** The first thing that it says; rejects with Failure (3) where it ends without a word. */
  answer(): Promise<unknown>;
  /** Orderly; resolves when it is gone. */
  stop(): Promise<void>;
}

const STOP_MILLIS = 30_000;
const LAST_LINES = 8;

/** Runs a script in a process of its own. It never outlives this one. */
export function runProcess(request: ProcessRequest): RunningProcess {
  const output = openSync(request.logFile, 'w');
  let child: ChildProcess;
  try {
    child = fork(request.script, {
      env: request.env,
      execArgv: [...(request.nodeArguments ?? [])],
      stdio: ['ignore', output, output, 'ipc'],
    });
  } finally {
    closeSync(output);
  }
  const endWithUs = (): void => void child.kill('SIGKILL');
  process.once('exit', endWithUs);
  let failure: Error | undefined;
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', (error) => {
      failure = error;
      if (child.pid === undefined) resolve();
    });
  });
  const answer = new Promise<unknown>((resolve) => child.once('message', resolve));
  // The channel closes when the process dies; that is noticed by its end.
  if (request.job !== undefined) child.send(request.job, () => undefined);
  const isGone = (): boolean => child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
  const check = (): void => {
    if (!isGone()) return;
    const lines = readFileSync(request.logFile, 'utf8').trimEnd().split('\n').slice(-LAST_LINES).join('\n');
    const how = failure?.message ?? `code ${child.exitCode}, signal ${child.signalCode}`;
    throw new Failure(3, `${request.name} ended by itself (${how})${lines === '' ? '' : `:\n${lines}`}`);
  };
  return {
    pid: child.pid ?? -1,
    check,
    answer: () => Promise.race([answer, gone.then(check)]),
    stop: async () => {
      if (!isGone()) {
        child.kill('SIGTERM');
        const late = setTimeout(() => child.kill('SIGKILL'), STOP_MILLIS);
        await gone;
        clearTimeout(late);
      }
      process.off('exit', endWithUs);
    },
  };
}
