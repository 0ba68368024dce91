import { join } from 'node:path';
import { runProcess } from './run-process.js';
import type { TimersAnswer, TimersJob } from './timers-process.js';

export interface TimersFigures {
  readonly deadlines: number;
  readonly product: TimersAnswer;
  /** A heap of objects and a Map, in the same run. */
  readonly floor: TimersAnswer;
}

/** So many open deadlines in one process: what each takes, and what setting, moving and taking it costs. */
export async function measureTimers(folder: string, deadlines: number): Promise<TimersFigures> {
  const ask = async (kind: TimersJob['kind']): Promise<TimersAnswer> => {
    const running = runProcess({
      name: 'the process with the deadlines',
      script: require.resolve('./timers-process.js'),
      nodeArguments: ['--expose-gc'],
      env: process.env,
      logFile: join(folder, `timers-${kind}.log`),
      job: { kind, deadlines },
    });
    try {
      return (await running.answer()) as TimersAnswer;
    } finally {
      await running.stop();
    }
  };
  return { deadlines, product: await ask('product'), floor: await ask('floor') };
}
