import { Failure } from '../failure.js';
import type { Bench } from './bench-product.js';
import { processorSeconds, type ProcessorSeconds } from './processor-time.js';
import type { RunningProcess } from './run-process.js';
import { rateOf, type Rate } from './statistics.js';
import { followPosition, sizeOf } from './stream-position.js';

export interface Stretch {
  readonly rate: Rate;
  /** Share of one processor that each part was busy meanwhile; null where the system does not tell. */
  readonly busy: ProcessorSeconds | null;
}

export interface StretchRequest {
  readonly databaseUrl: string;
  /** By partition: what of the stream is to be committed. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  readonly running: RunningProcess;
  /** Looks at what it has done before it ends. */
  readonly finish?: () => Promise<void>;
}

const PATIENCE_MILLIS = 60_000;

/** Follows one process until everything is committed, then ends it. */
export async function measureStretch(
  bench: Bench,
  { databaseUrl, starts, ends, running, finish }: StretchRequest,
): Promise<Stretch> {
  const { kafka, postgres } = bench.servers.pids;
  const used: (ProcessorSeconds | undefined)[] = [];
  try {
    const samples = await followPosition({
      databaseUrl,
      starts,
      ends,
      process: running,
      patienceMillis: PATIENCE_MILLIS,
      onEdge: () => used.push(processorSeconds({ process: running.pid, postgres, kafka })),
      interrupted: bench.interrupted,
    });
    const rate = rateOf(samples, sizeOf(starts, ends));
    if (rate === undefined) {
      throw new Failure(2, 'everything was committed at once, so no rate can be told: take more events (--events)');
    }
    await finish?.();
    return { rate, busy: busyShares(used[0], used[used.length - 1], rate.millis) };
  } finally {
    await running.stop();
  }
}

/** Processor time of the process. Unlike the rate it says the same on a machine that is busy with something else, too. */
export function microsPerEvent({ busy, rate }: Stretch): number | null {
  return busy === null ? null : ((busy['process'] ?? 0) / rate.eventsPerSecond) * 1_000_000;
}

function busyShares(
  first: ProcessorSeconds | undefined,
  last: ProcessorSeconds | undefined,
  millis: number,
): ProcessorSeconds | null {
  if (first === undefined || last === undefined) return null;
  return Object.fromEntries(
    Object.entries(last).map(([name, seconds]) => [name, (seconds - (first[name] ?? 0)) / (millis / 1_000)]),
  );
}
