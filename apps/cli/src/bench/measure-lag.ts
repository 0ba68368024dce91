import type { NewRecord } from '#libs/bus';
import { opening, shortContracts, spreadIds } from './bench-contracts.js';
import { publishInto, startMonitor, type Bench } from './bench-product.js';
import { percentile } from './statistics.js';
import { queryOnce } from './stream-position.js';
import { waitUntil, waitUntilUp } from './wait-until.js';

export interface LagFigures {
  /** Milliseconds from the instant a duty became late to the instant of recording the breach. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly breaches: number;
  readonly contracts: number;
  readonly eventsPerSecond: number;
}

const CONTRACTS = 8;
const EVENTS_PER_SECOND = 100;
const TARGET_SECONDS = 2;
const STEP_MILLIS = 20;
const DECLARED = 'compliance.breach.declared';

/** Cases that nobody answers, opened at a steady rate while the product runs: how late is the breach decided? */
export async function measureLag(bench: Bench, seconds: number): Promise<LagFigures> {
  const { servers, databases, prefix, say } = bench;
  say('decision lag: publishing');
  const ids = spreadIds(`${prefix}-LAG`, CONTRACTS, servers.partitions);
  const folders = { configFolder: bench.configFolder, folder: `${servers.folder}/config` };
  const url = await publishInto(bench, 'lag', shortContracts(folders, ids, TARGET_SECONDS, Date.now()));
  const monitor = startMonitor(bench, url);
  try {
    // What is measured is the product at work, not its start.
    await waitUntilUp(bench, url, monitor);
    say(`decision lag: ${EVENTS_PER_SECOND} events a second for ${seconds} s`);
    const total = seconds * EVENTS_PER_SECOND;
    const began = Date.now();
    for (let sent = 0; sent < total;) {
      monitor.check();
      bench.interrupted.throwIfAborted();
      const due = Math.min(total, Math.floor(((Date.now() - began) / 1_000) * EVENTS_PER_SECOND));
      const records: NewRecord[] = [];
      for (; sent < due; sent++) records.push(opening(ids[sent % ids.length]!, `${prefix}-T-${sent}`, Date.now()));
      await servers.log.append(records);
      // A steady rate is what is asked for; nothing is waited for.
      await new Promise((resolve) => setTimeout(resolve, STEP_MILLIS));
    }
    await waitUntil<{ count: number }>(bench, {
      databaseUrl: url,
      process: monitor,
      what: `all ${total} breaches are declared`,
      query: { text: 'SELECT count(*)::float8 AS count FROM decision WHERE type = $1', values: [DECLARED] },
      done: ({ count }) => count >= total,
    });
    const rows = await queryOnce<{ lag: number }>(
      url,
      `SELECT (extract(epoch FROM decided_at - (record->>'dueAt')::timestamptz) * 1000)::float8 AS lag
       FROM decision WHERE type = $1`,
      [DECLARED],
    );
    const lags = rows.map(({ lag }) => lag);
    return {
      p50: percentile(lags, 0.5)!,
      p99: percentile(lags, 0.99)!,
      max: percentile(lags, 1)!,
      breaches: lags.length,
      contracts: CONTRACTS,
      eventsPerSecond: EVENTS_PER_SECOND,
    };
  } finally {
    await monitor.stop();
    await databases.drop(url);
  }
}
