import { join } from 'node:path';
import { TOPICS } from '#libs/bus';
import { Failure } from '../failure.js';
import type { LoadedContract } from '../load-contracts.js';
import { appendEvents } from './append-events.js';
import { MONITOR_ARGUMENTS, publishInto, startMonitor, type Bench } from './bench-product.js';
import { growCases } from './grow-cases.js';
import { publishWithOpenCase } from './open-cases.js';
import { measureStretch, microsPerEvent, type Stretch } from './measure-stretch.js';
import type { ProcessorSeconds } from './processor-time.js';
import { runProcess, type RunningProcess } from './run-process.js';
import type { FloorJob } from './floor-process.js';
import { SampleEvents, type SampleEvent } from './sample-events.js';
import { ScatteredAnswers } from './scattered-answers.js';
import { median } from './statistics.js';
import { endsOfStream, movePositions, queryOnce, sizeOf } from './stream-position.js';
import { waitUntilTold } from './wait-until.js';

export interface IngestCase {
  /** As the output calls it. */
  readonly name: string;
  readonly contracts: readonly LoadedContract[];
  readonly events: number;
  readonly runs: number;
  /** So many complaints are open beforehand in the first contract, and the events answer them one by one. */
  readonly openCases?: number;
}

export interface IngestFigures {
  readonly case: string;
  readonly contracts: number;
  readonly events: number;
  /** Medians of the runs. */
  readonly eventsPerSecond: number;
  /** The same records read, and the same rows stored, without rules. */
  readonly floorEventsPerSecond: number;
  readonly ratio: number;
  /** The same records read, and their facts alone stored. */
  readonly factsOnlyEventsPerSecond: number;
  readonly factsOnlyRatio: number;
  /** Of the last run: decisions recorded, and how long after the last commit all messages about them were out. */
  readonly decisions: number;
  readonly relayedAfterMillis: number;
  /** Of the last run: processor time of the process itself, in microseconds; null where the system does not tell. */
  readonly processorMicrosPerEvent: { readonly product: number | null; readonly floor: number | null };
  /** Of the last run: share of one processor that each part was busy while it was measured; null where the system does not tell. */
  readonly busy: { readonly product: ProcessorSeconds | null; readonly floor: ProcessorSeconds | null };
}

const SEED = 20_261_125;

/** The same records through the product and through the floor, one after the other, each into a database of its own. */
export async function measureIngest(bench: Bench, number: number, measured: IngestCase): Promise<IngestFigures> {
  const { databases, say } = bench;
  say(`${measured.name}: publishing`);
  const { template, next } = await prepare(bench, number, measured);
  const before = await countRows(template);
  // The product's database may stand before that, by ticks which nobody had read when the case was prepared.
  const starts = await endsOfStream(bench.servers.log);
  say(`${measured.name}: appending ${measured.events} events`);
  await appendEvents(bench, measured.events, next);
  const ends = await endsOfStream(bench.servers.log);
  if (sizeOf(starts, ends) !== measured.events) {
    throw new Failure(
      3,
      `${TOPICS.events} holds ${sizeOf(starts, ends)} new records, ${measured.events} were appended: something else writes to it`,
    );
  }
  const product: Stretch[] = [];
  const floor: Stretch[] = [];
  const factsOnly: Stretch[] = [];
  let after = { decisions: 0, relayedAfterMillis: 0 };
  for (let run = 1; run <= measured.runs; run++) {
    const name = `${measured.name}, run ${run} of ${measured.runs}`;
    const floorOf = async (kind: string, productUrl: string | null): Promise<Stretch> => {
      say(`${name}: the floor, ${kind}`);
      const label = `${number}_${run}_${productUrl === null ? 'facts' : 'rows'}`;
      const databaseUrl = await databases.make(`floor_${label}`, template);
      await movePositions(databaseUrl, starts);
      const running = startFloor(bench, { databaseUrl, starts, ends, productUrl }, label);
      const stretch = await measureStretch(bench, { databaseUrl, starts, ends, running });
      await checkFacts(databaseUrl, before.facts + measured.events, 'the floor');
      if (productUrl !== null) await checkSameDecisions(databaseUrl, productUrl);
      await databases.drop(databaseUrl);
      return stretch;
    };
    factsOnly.push(await floorOf('facts alone', null));
    say(`${name}: the product`);
    const productUrl = await databases.make(`product_${number}_${run}`, template);
    const monitor = startMonitor(bench, productUrl, true);
    product.push(
      await measureStretch(bench, {
        databaseUrl: productUrl,
        starts,
        ends,
        running: monitor,
        finish: async () => {
          const { decisions, relayedAfterMillis } = await afterwards(bench, productUrl, monitor);
          after = { decisions: decisions - before.decisions, relayedAfterMillis };
        },
      }),
    );
    await checkFacts(productUrl, before.facts + measured.events, 'the product');
    floor.push(await floorOf('the rows of the product', productUrl));
    await databases.drop(productUrl);
  }
  await databases.drop(template);
  const eventsPerSecond = median(product.map(({ rate }) => rate.eventsPerSecond))!;
  const floorEventsPerSecond = median(floor.map(({ rate }) => rate.eventsPerSecond))!;
  const factsOnlyEventsPerSecond = median(factsOnly.map(({ rate }) => rate.eventsPerSecond))!;
  return {
    case: measured.name,
    contracts: measured.contracts.length,
    events: measured.events,
    eventsPerSecond,
    floorEventsPerSecond,
    ratio: eventsPerSecond / floorEventsPerSecond,
    factsOnlyEventsPerSecond,
    factsOnlyRatio: eventsPerSecond / factsOnlyEventsPerSecond,
    ...after,
    processorMicrosPerEvent: {
      product: microsPerEvent(product[product.length - 1]!),
      floor: microsPerEvent(floor[floor.length - 1]!),
    },
    busy: { product: product[product.length - 1]!.busy, floor: floor[floor.length - 1]!.busy },
  };
}

async function prepare(
  bench: Bench,
  number: number,
  { contracts, openCases }: IngestCase,
): Promise<{ template: string; next: (now: number) => SampleEvent }> {
  const name = `case_${number}`;
  const prefix = `${bench.prefix}-${number}`;
  if (openCases === undefined) {
    const ids = contracts.map(({ contract }) => contract.id);
    const samples = new SampleEvents(prefix, ids, SEED);
    return { template: await publishInto(bench, name, contracts), next: (now) => samples.next(now) };
  }
  const [seed, subject] = [`${prefix}-FIRST`, `${prefix}-C-`];
  const template = await publishWithOpenCase(bench, name, contracts[0]!, seed);
  await growCases({ databaseUrl: template, seed, prefix: subject, from: 1, to: openCases });
  const answers = new ScatteredAnswers(prefix, contracts[0]!.contract.id, subject, 1, openCases);
  return { template, next: (now) => answers.next(now) };
}

/** The floor holds all rows of the run before it begins: some 40 KB an event with what reading them leaves behind. */
const ROOM_FOR_ROWS = '--max-old-space-size=12288';

function startFloor(
  bench: Bench,
  stretch: Pick<FloorJob, 'databaseUrl' | 'starts' | 'ends' | 'productUrl'>,
  label: string,
): RunningProcess {
  const { servers, env, prefix } = bench;
  const job: FloorJob = {
    kafka: servers.kafka,
    topic: TOPICS.events,
    group: `${prefix}-${label}`,
    ...stretch,
  };
  return runProcess({
    name: 'the floor',
    script: require.resolve('./floor-process.js'),
    nodeArguments: [...MONITOR_ARGUMENTS, ROOM_FOR_ROWS],
    env,
    logFile: join(servers.folder, `floor-${label}.log`),
    job: job as never,
  });
}

/** Waits until the outbox is empty, and looks whether what was measured was the real work. */
async function afterwards(bench: Bench, databaseUrl: string, monitor: RunningProcess) {
  const began = performance.now();
  await waitUntilTold(bench, databaseUrl, monitor);
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
  const { facts } = await countRows(databaseUrl);
  if (facts !== expected) {
    throw new Failure(3, `${who} has stored ${facts} facts of ${expected}: its figure would mean nothing`);
  }
}

/** Both have the same decisions, row by row, or the comparison means nothing. */
async function checkSameDecisions(floorUrl: string, productUrl: string): Promise<void> {
  const query = `SELECT count(*)::float8 AS count, md5(string_agg(md5(d::text), '' ORDER BY contract, number)) AS digest FROM decision d`;
  const [floor, product] = await Promise.all([floorUrl, productUrl].map((url) => queryOnce<Digest>(url, query)));
  if (floor![0]!.digest !== product![0]!.digest) {
    throw new Failure(
      3,
      `the floor has stored ${floor![0]!.count} decisions, and not those ${product![0]!.count} of the product: its figure would mean nothing`,
    );
  }
}

interface Digest {
  readonly count: number;
  readonly digest: string;
}

async function countRows(databaseUrl: string): Promise<{ facts: number; decisions: number }> {
  const [row] = await queryOnce<{ facts: number; decisions: number }>(
    databaseUrl,
    `SELECT (SELECT count(*) FROM fact)::float8 AS facts, (SELECT count(*) FROM decision)::float8 AS decisions`,
  );
  return row!;
}
