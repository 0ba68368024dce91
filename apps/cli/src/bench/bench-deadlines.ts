import { renderTable } from '../render-table.js';
import type { Bench } from './bench-product.js';
import { measureStorm, type StormFigures } from './measure-storm.js';
import { measureTakeover, type TakeoverFigures } from './measure-takeover.js';
import { measureTimers, type TimersFigures } from './measure-timers.js';
import { count, describeMachine, round, roundAll, type Machine, type Report } from './report.js';

export interface DeadlineFigures {
  readonly timers: TimersFigures;
  readonly storms: readonly StormFigures[];
  readonly takeover: TakeoverFigures;
}

export async function benchDeadlines(
  bench: Bench,
  options: { readonly open: number; readonly due: number; readonly contracts: number },
): Promise<DeadlineFigures> {
  const { open, due, contracts } = options;
  bench.say(`${open} deadlines in one process`);
  const timers = await measureTimers(bench.servers.folder, open);
  const storms: StormFigures[] = [];
  for (const [index, number] of (contracts === 1 ? [1] : [1, contracts]).entries())
    storms.push(await measureStorm(bench, index + 1, { contracts: number, deadlines: due }));
  return { timers, storms, takeover: await measureTakeover(bench, open) };
}

/** On top stands the storm with the smallest ratio. */
export function reportDeadlines({ timers, storms, takeover }: DeadlineFigures, machine: Machine): Report {
  const worst = storms.reduce((least, one) => (one.ratio < least.ratio ? one : least));
  const { product, floor } = timers;
  const storm = renderTable(
    ['all due at once', 'deadlines', 'decided after', 'floor', 'ratio', 'messages out after', 'processor'],
    storms.map((one) => [
      one.case,
      count(one.deadlines),
      `${count(one.decidedAfterMillis)} ms`,
      `${count(one.floorMillis)} ms`,
      one.ratio.toFixed(3),
      `${count(one.toldAfterMillis)} ms`,
      one.processorMicrosPerDeadline === null ? 'unknown' : `${count(one.processorMicrosPerDeadline)} µs each`,
    ]),
  );
  const memory = renderTable(
    [`${count(timers.deadlines)} open`, 'product', 'a heap of objects and a Map'],
    [
      ['bytes each, with the key', count(product.bytesPerDeadline), count(floor.bytesPerDeadline)],
      ...(
        [
          ['setting one', 'setMicros'],
          ['moving one', 'moveMicros'],
          ['taking the earliest', 'takeMicros'],
          ['the same, all at one instant', 'takeEqualMicros'],
        ] as const
      ).map(([what, name]) => [what, `${product[name].toFixed(2)} µs`, `${floor[name].toFixed(2)} µs`]),
    ],
  );
  const { firstCommitAfterMillis: first, peakBytes } = takeover;
  const over = renderTable(
    [`takeover with ${count(takeover.deadlines)} open`, 'product', 'baseline', 'which is'],
    [
      [
        'partition taken, timers set',
        `${count(takeover.takenAfterMillis)} ms`,
        `${count(takeover.floorMillis)} ms`,
        'the two columns read and let go',
      ],
      ['most memory meanwhile', megabytes(peakBytes.product), megabytes(peakBytes.floor), 'the same'],
      [
        'from the start to the first commit',
        `${count(first.product)} ms`,
        `${count(first.withOne)} ms`,
        'the same monitor with one open',
      ],
    ],
  );
  return {
    json: {
      benchmark: 'deadlines',
      deadlinesPerSecond: Math.round(worst.deadlinesPerSecond),
      floorDeadlinesPerSecond: Math.round((worst.deadlines / worst.floorMillis) * 1_000),
      ratio: round(worst.ratio, 3),
      cases: roundAll(storms, 3),
      timers: roundAll(timers, 3),
      takeover: roundAll(takeover, 3),
      machine: roundAll(machine, 2),
    },
    text: `${memory}\n${storm}\n${over}\nFloor of the storm: the same decisions, verdicts and states as array inserts of 1,000, durable, no rules. All deadlines were counted: each was decided once.\n${describeMachine(machine)}\n`,
  };
}

function megabytes(bytes: number): string {
  return `${count(bytes / 1e6)} MB`;
}
