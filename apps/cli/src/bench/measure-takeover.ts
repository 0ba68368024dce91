import { join } from 'node:path';
import { homePartition, TOPICS } from '#libs/bus';
import { Failure } from '../failure.js';
import { opening, shortContracts } from './bench-contracts.js';
import { publishInto, startMonitor, type Bench } from './bench-product.js';
import { growCases } from './grow-cases.js';
import { runProcess } from './run-process.js';
import type { TakeoverAnswer, TakeoverJob } from './takeover-process.js';
import { queryOnce } from './stream-position.js';
import { waitUntil } from './wait-until.js';

export interface TakeoverFigures {
  readonly deadlines: number;
  /** The partition taken and its timers set, from the connected database on. */
  readonly takenAfterMillis: number;
  /** The two columns read and let go. */
  readonly floorMillis: number;
  readonly ratio: number;
  readonly peakBytes: { readonly product: number; readonly floor: number };
  /** From the start of a whole monitor to its first commit: with so many open, and with one. */
  readonly firstCommitAfterMillis: { readonly product: number; readonly withOne: number };
}

const DAY_SECONDS = 86_400;

/** A process takes over one contract with so many open deadlines. */
export async function measureTakeover(bench: Bench, deadlines: number): Promise<TakeoverFigures> {
  const { servers, databases, prefix, say } = bench;
  say(`takeover: preparing ${deadlines} open cases`);
  const id = `${prefix}-TAKEOVER`;
  const partition = homePartition(id, servers.partitions);
  const folders = { configFolder: bench.configFolder, folder: `${servers.folder}/config` };
  const seed = `${prefix}-OPEN`;
  const one = await publishInto(
    bench,
    'takeover_one',
    shortContracts(folders, [id], DAY_SECONDS, Date.now()),
    async (databaseUrl, monitor) => {
      await servers.log.append([opening(id, seed, Date.now())]);
      await waitUntil<{ count: number }>(bench, {
        databaseUrl,
        process: monitor,
        what: 'the first case is opened',
        query: { text: 'SELECT count(*)::float8 AS count FROM subject_state' },
        done: ({ count }) => count === 1,
      });
    },
  );
  const many = await databases.make('takeover_many', one);
  await growCases({ databaseUrl: many, seed, prefix: `${prefix}-O-`, from: 1, to: deadlines - 1, spread: true });
  say('takeover: the partition');
  const job = { databaseUrl: many, topic: TOPICS.events, partition };
  const floor = await ask(bench, { ...job, kind: 'floor' });
  const product = await ask(bench, { ...job, kind: 'product' });
  for (const { deadlines: found } of [product, floor])
    if (found !== deadlines) throw new Failure(3, `${found} deadlines were read of ${deadlines}`);
  say('takeover: the whole monitor');
  await servers.log.append([opening(id, `${prefix}-NEXT`, Date.now())]);
  const withOne = await firstCommit(bench, one, partition);
  const withMany = await firstCommit(bench, many, partition);
  await databases.drop(one);
  await databases.drop(many);
  return {
    deadlines,
    takenAfterMillis: product.millis,
    floorMillis: floor.millis,
    ratio: floor.millis / product.millis,
    peakBytes: { product: product.peakBytes, floor: floor.peakBytes },
    firstCommitAfterMillis: { product: withMany, withOne },
  };
}

async function ask({ servers }: Bench, job: TakeoverJob): Promise<TakeoverAnswer> {
  const running = runProcess({
    name: 'the process that takes over',
    script: require.resolve('./takeover-process.js'),
    env: process.env,
    logFile: join(servers.folder, `takeover-${job.kind}.log`),
    job,
  });
  try {
    return (await running.answer()) as TakeoverAnswer;
  } finally {
    await running.stop();
  }
}

/** @returns milliseconds from the start of the process */
async function firstCommit(bench: Bench, databaseUrl: string, partition: number): Promise<number> {
  const position = {
    text: 'SELECT next_offset::float8 AS next FROM partition_owner WHERE topic = $1 AND partition = $2',
    values: [TOPICS.events, partition],
  };
  const [before] = await queryOnce<{ next: number }>(databaseUrl, position.text, position.values);
  const began = performance.now();
  const monitor = startMonitor(bench, databaseUrl);
  try {
    await waitUntil<{ next: number }>(bench, {
      databaseUrl,
      process: monitor,
      what: 'the monitor has saved its first record',
      query: position,
      done: ({ next }) => next > before!.next,
    });
    return performance.now() - began;
  } finally {
    await monitor.stop();
  }
}
