import { join } from 'node:path';
import { TOPICS } from '#libs/bus';
import { appendEvents } from './append-events.js';
import { sampleContracts, spreadIds } from './bench-contracts.js';
import { publishInto, startMonitor, type Bench } from './bench-product.js';
import { SampleEvents } from './sample-events.js';
import { endsOfStream } from './stream-position.js';
import { waitUntil, waitUntilTold, waitUntilUp } from './wait-until.js';

export interface RushFigures {
  readonly events: number;
  readonly contracts: number;
  /** From the first append: until all were in the log, until all were decided, until all messages were out. */
  readonly appendedAfterMillis: number;
  readonly decidedAfterMillis: number;
  readonly toldAfterMillis: number;
}

const SEED = 20_261_129;

/** Many events at once while the product runs: when has it caught up? */
export async function measureRush(bench: Bench, events: number, contracts: number): Promise<RushFigures> {
  const { servers, databases, prefix, say } = bench;
  say('rush of events: publishing');
  const ids = spreadIds(`${prefix}-RUSH`, contracts, servers.partitions);
  const folders = { configFolder: bench.configFolder, folder: join(servers.folder, 'config') };
  const url = await publishInto(bench, 'rush', sampleContracts(folders, ids, Date.now()));
  const monitor = startMonitor(bench, url);
  try {
    await waitUntilUp(bench, url, monitor);
    say(`rush of events: ${events} at once`);
    const samples = new SampleEvents(`${prefix}-R`, ids, SEED);
    const began = performance.now();
    await appendEvents(bench, events, (now) => samples.next(now));
    const appendedAfterMillis = performance.now() - began;
    const total = (await endsOfStream(bench.servers.log)).reduce((sum, end) => sum + end, 0);
    await waitUntil<{ position: number }>(bench, {
      databaseUrl: url,
      process: monitor,
      what: `${events} events are decided`,
      query: {
        text: 'SELECT sum(next_offset)::float8 AS position FROM partition_owner WHERE topic = $1',
        values: [TOPICS.events],
      },
      done: ({ position }) => position >= total,
    });
    const decidedAfterMillis = performance.now() - began;
    await waitUntilTold(bench, url, monitor);
    const toldAfterMillis = performance.now() - began;
    return { events, contracts, appendedAfterMillis, decidedAfterMillis, toldAfterMillis };
  } finally {
    await monitor.stop();
    await databases.drop(url);
  }
}
