import { join } from 'node:path';
import { TOPICS, type NewRecord } from '#libs/bus';
import { Failure } from '../failure.js';
import type { LoadedContract } from '../load-contracts.js';
import { publishInto, startMonitor, type Bench } from './bench-product.js';
import { processorSeconds, type ProcessorSeconds } from './processor-time.js';
import { runProcess, type RunningProcess } from './run-process.js';
import type { FloorJob } from './floor-process.js';
import { SampleEvents } from './sample-events.js';
import { median, rateOf, type Rate } from './statistics.js';
import { followPosition, queryOnce, readPositions, sizeOf } from './stream-position.js';

export interface IngestCase {
  /** As the output calls it. */
  readonly name: string;
  readonly contracts: readonly LoadedContract[];
  readonly events: number;
  readonly runs: number;
}

export interface IngestFigures {
  readonly case: string;
  readonly contracts: number;
  readonly events: number;
  /** Medians of the runs. */
  readonly eventsPerSecond: number;
  readonly floorEventsPerSecond: number;
  readonly ratio: number;
  /** Of the last run: decisions recorded, and how long after the last commit all messages about them were out. */
  readonly decisions: number;
  readonly relayedAfterMillis: number;
  /** Of the last run: processor time of the process itself, in microseconds; null where the system does not tell. */
  readonly processorMicrosPerEvent: { readonly product: number | null; readonly floor: number | null };
  /** Of the last run: share of one processor that each part was busy while it was measured; null where the system does not tell. */
  readonly busy: { readonly product: ProcessorSeconds | null; readonly floor: ProcessorSeconds | null };
}

interface Stretch {
  readonly rate: Rate;
  readonly busy: ProcessorSeconds | null;
}

const APPEND_RECORDS = 2_000;
const PATIENCE_MILLIS = 60_000;
const HEADERS = { 'content-type': 'application/cloudevents+json; charset=utf-8' };
const SEED = 20_261_125;

/** The same records through the product and through the floor, one after the other, each into a database of its own. */
export async function measureIngest(bench: Bench, number: number, measured: IngestCase): Promise<IngestFigures> {
  const { databases, servers, say } = bench;
  say(`${measured.name}: publishing`);
  const template = await publishInto(bench, `case_${number}`, measured.contracts);
  const starts = await readPositions(template, servers.partitions);
  say(`${measured.name}: appending ${measured.events} events`);
  await appendEvents(bench, number, measured);
  const ends = (await servers.log.bounds(TOPICS.events)).map(({ high }) => high);
  const found = sizeOf(starts, ends);
  if (found !== measured.events) {
    throw new Failure(
      3,
      `${TOPICS.events} holds ${found} new records, ${measured.events} were appended: something else writes to it`,
    );
  }
  const product: Stretch[] = [];
  const floor: Stretch[] = [];
  let after = { decisions: 0, relayedAfterMillis: 0 };
  for (let run = 1; run <= measured.runs; run++) {
    const name = `${measured.name}, run ${run} of ${measured.runs}`;
    say(`${name}: the floor`);
    const floorUrl = await databases.make(`floor_${number}_${run}`, template);
    floor.push(
      await measure(bench, floorUrl, starts, ends, startFloor(bench, floorUrl, { starts, ends }, `${number}-${run}`)),
    );
    await checkFacts(floorUrl, found, 'the floor');
    await databases.drop(floorUrl);
    say(`${name}: the product`);
    const productUrl = await databases.make(`product_${number}_${run}`, template);
    const monitor = startMonitor(bench, productUrl, true);
    product.push(
      await measure(bench, productUrl, starts, ends, monitor, async () => {
        after = await afterwards(bench, productUrl, monitor);
      }),
    );
    await checkFacts(productUrl, found, 'the product');
    await databases.drop(productUrl);
  }
  await databases.drop(template);
  const eventsPerSecond = median(product.map(({ rate }) => rate.eventsPerSecond))!;
  const floorEventsPerSecond = median(floor.map(({ rate }) => rate.eventsPerSecond))!;
  return {
    case: measured.name,
    contracts: measured.contracts.length,
    events: measured.events,
    eventsPerSecond,
    floorEventsPerSecond,
    ratio: eventsPerSecond / floorEventsPerSecond,
    ...after,
    processorMicrosPerEvent: { product: microsPerEvent(product), floor: microsPerEvent(floor) },
    busy: { product: product[product.length - 1]!.busy, floor: floor[floor.length - 1]!.busy },
  };
}

async function appendEvents(bench: Bench, number: number, { contracts, events }: IngestCase): Promise<void> {
  const ids = contracts.map(({ contract }) => contract.id);
  const samples = new SampleEvents(`${bench.prefix}-${number}`, ids, SEED);
  for (let left = events; left > 0;) {
    bench.interrupted.throwIfAborted();
    const records: NewRecord[] = [];
    for (; left > 0 && records.length < APPEND_RECORDS; left--) {
      const { contract, text } = samples.next(Date.now());
      records.push({ topic: TOPICS.events, key: contract, value: text, headers: HEADERS });
    }
    await bench.servers.log.append(records);
  }
}

function startFloor(
  bench: Bench,
  databaseUrl: string,
  stretch: Pick<FloorJob, 'starts' | 'ends'>,
  run: string,
): RunningProcess {
  const { servers, env, prefix } = bench;
  const job: FloorJob = {
    kafka: servers.kafka,
    databaseUrl,
    topic: TOPICS.events,
    group: `${prefix}-${run}`,
    ...stretch,
  };
  return runProcess({
    name: 'the floor',
    script: require.resolve('./floor-process.js'),
    env,
    logFile: join(servers.folder, `floor-${run}.log`),
    job: job as never,
  });
}

/** Follows one process until everything is committed, then ends it. `finish` looks at what it has done before it ends. */
async function measure(
  bench: Bench,
  databaseUrl: string,
  starts: readonly number[],
  ends: readonly number[],
  running: RunningProcess,
  finish: () => Promise<void> = () => Promise.resolve(),
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
    await finish();
    return { rate, busy: busyShares(used[0], used[used.length - 1], rate.millis) };
  } finally {
    await running.stop();
  }
}

/** Unlike the rate it says the same on a machine that is busy with something else, too. */
function microsPerEvent(runs: readonly Stretch[]): number | null {
  const last = runs[runs.length - 1]!;
  return last.busy === null ? null : ((last.busy['process'] ?? 0) / last.rate.eventsPerSecond) * 1_000_000;
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

/** Waits until the outbox is empty, and looks whether what was measured was the real work. */
async function afterwards(bench: Bench, databaseUrl: string, monitor: RunningProcess) {
  const began = performance.now();
  for (;;) {
    monitor.check();
    bench.interrupted.throwIfAborted();
    const [row] = await queryOnce<{ left: boolean }>(databaseUrl, 'SELECT EXISTS (SELECT 1 FROM outbox) AS left');
    if (row?.left !== true) break;
    if (performance.now() - began > PATIENCE_MILLIS) throw new Failure(3, 'the outbox is not sent out');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const relayedAfterMillis = performance.now() - began;
  const [counts] = await queryOnce<{ decisions: number; faulted: number; refused: number }>(
    databaseUrl,
    `SELECT (SELECT count(*) FROM decision)::float8 AS decisions,
       (SELECT count(*) FROM verdict WHERE state = 'faulted')::float8 AS faulted,
       (SELECT count(*) FROM quarantine)::float8 AS refused`,
  );
  const { decisions, faulted, refused } = counts!;
  if (faulted > 0 || refused > 0 || decisions === 0) {
    throw new Failure(
      3,
      `the events were not judged as meant (decisions: ${decisions}, faulted: ${faulted}, quarantined: ${refused}); a calendar that does not cover this year is the usual reason`,
    );
  }
  return { decisions, relayedAfterMillis };
}

async function checkFacts(databaseUrl: string, expected: number, who: string): Promise<void> {
  const [row] = await queryOnce<{ facts: number }>(databaseUrl, 'SELECT count(*)::float8 AS facts FROM fact');
  if (row?.facts !== expected) {
    throw new Failure(3, `${who} has stored ${row?.facts} facts of ${expected} events: its figure would mean nothing`);
  }
}
