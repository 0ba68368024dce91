import { TOPICS } from '#libs/bus';
import { Failure } from '../failure.js';
import { opening, shortContracts, spreadIds } from './bench-contracts.js';
import { publishInto, startMonitor, type Bench } from './bench-product.js';
import { readSlices, writeSlices } from './floor-slices.js';
import { growCases } from './grow-cases.js';
import { processorSeconds } from './processor-time.js';
import { queryOnce } from './stream-position.js';
import { waitUntil, waitUntilTold, waitUntilUp } from './wait-until.js';

export interface StormFigures {
  readonly case: string;
  readonly contracts: number;
  readonly deadlines: number;
  /** From the instant at which all were due until all breaches were committed. */
  readonly decidedAfterMillis: number;
  /** The same rows as plain array inserts. */
  readonly floorMillis: number;
  readonly ratio: number;
  readonly deadlinesPerSecond: number;
  /** From all decided until all messages were out. */
  readonly toldAfterMillis: number;
  /** Of the monitor; null where the system does not tell. */
  readonly processorMicrosPerDeadline: number | null;
}

/** Time to prepare the cases before they fall due: at least, and for so many of them a second more. */
const LEAST_SECONDS = 30;
const CASES_A_SECOND = 2_500;
const DECLARED = 'compliance.breach.declared';
const SOONEST_MILLIS = 500;

/** Many deadlines due in the same instant, in the running product: until when is each of them decided, once? */
export async function measureStorm(
  bench: Bench,
  number: number,
  { contracts, deadlines }: { readonly contracts: number; readonly deadlines: number },
): Promise<StormFigures> {
  const { servers, databases, prefix, say } = bench;
  const name = contracts === 1 ? 'one contract' : `${contracts} contracts`;
  say(`storm of deadlines, ${name}: preparing`);
  const ids = spreadIds(`${prefix}-STORM${number}`, contracts, servers.partitions);
  const folders = { configFolder: bench.configFolder, folder: `${servers.folder}/config` };
  const seed = `${prefix}-SEED`;
  const targetSeconds = LEAST_SECONDS + Math.ceil(deadlines / CASES_A_SECOND);
  let dueAt = 0;
  const url = await publishInto(
    bench,
    `storm_${number}`,
    shortContracts(folders, ids, targetSeconds, Date.now()),
    async (databaseUrl, monitor) => {
      const openedAt = Date.now();
      dueAt = openedAt + targetSeconds * 1_000;
      await servers.log.append(ids.map((id) => opening(id, seed, openedAt)));
      await waitUntil<{ count: number }>(bench, {
        databaseUrl,
        process: monitor,
        what: 'the first cases are opened',
        query: { text: 'SELECT count(*)::float8 AS count FROM subject_state' },
        done: ({ count }) => count === contracts,
      });
    },
  );
  const cases = Math.ceil(deadlines / contracts);
  await growCases({ databaseUrl: url, seed, prefix: `${prefix}-T-`, from: 1, to: cases - 1 });
  const all = cases * contracts;
  const floorUrl = await databases.make(`storm_floor_${number}`, url);
  const before = await decided(url);
  const monitor = startMonitor(bench, url, true);
  try {
    await waitUntilUp(bench, url, monitor);
    if (Date.now() > dueAt - SOONEST_MILLIS)
      throw new Failure(3, `${all} cases were not ready ${targetSeconds} s after they were opened: take fewer`);
    say(`storm of deadlines, ${name}: ${all} are due in ${Math.round((dueAt - Date.now()) / 1_000)} s`);
    const used = () => processorSeconds({ process: monitor.pid })?.['process'];
    const atFirst = used();
    await waitUntil<{ numbers: number }>(bench, {
      databaseUrl: url,
      process: monitor,
      what: `all ${all} are decided`,
      query: { text: NUMBERS },
      done: ({ numbers }) => numbers >= before + all,
    });
    const decidedAfterMillis = Date.now() - dueAt;
    const atLast = used();
    await waitUntilTold(bench, url, monitor);
    const toldAfterMillis = Date.now() - dueAt - decidedAfterMillis;
    await checkOnce(url, all, before);
    const slices = await Promise.all(
      ids.map((id) =>
        readSlices(url, id, {
          decision: { where: `type = '${DECLARED}'`, orderBy: 'number' },
          verdict: { where: 'true', orderBy: 'number' },
          subject_state: { where: 'true', orderBy: 'key' },
        }),
      ),
    );
    say(`storm of deadlines, ${name}: the floor`);
    const floorMillis = await writeSlices(floorUrl, slices);
    return {
      case: name,
      contracts,
      deadlines: all,
      decidedAfterMillis,
      floorMillis,
      ratio: floorMillis / decidedAfterMillis,
      deadlinesPerSecond: (all / decidedAfterMillis) * 1_000,
      toldAfterMillis,
      processorMicrosPerDeadline:
        atFirst === undefined || atLast === undefined ? null : ((atLast - atFirst) / all) * 1_000_000,
    };
  } finally {
    await monitor.stop();
    await databases.drop(url);
    await databases.drop(floorUrl);
  }
}

const NUMBERS = 'SELECT coalesce(sum(last_number), 0)::float8 AS numbers FROM contract_state';

async function decided(url: string): Promise<number> {
  const [row] = await queryOnce<{ numbers: number }>(url, NUMBERS);
  return row!.numbers;
}

/** Each case has exactly one breach, and nothing else was decided. */
async function checkOnce(url: string, expected: number, before: number): Promise<void> {
  const [row] = await queryOnce<{ declared: number; cases: number; breached: number; decisions: number }>(
    url,
    `SELECT count(*) FILTER (WHERE type = $1)::float8 AS declared,
       count(DISTINCT (contract, subject)) FILTER (WHERE type = $1)::float8 AS cases, count(*)::float8 AS decisions,
       (SELECT count(*) FROM verdict WHERE state = 'breached')::float8 AS breached
     FROM decision`,
    [DECLARED],
  );
  const { declared, cases, breached, decisions } = row!;
  if ([declared, cases, breached, decisions - before].some((count) => count !== expected)) {
    throw new Failure(
      3,
      `of ${expected} deadlines in ${TOPICS.events} were declared ${declared}, for ${cases} cases; ${breached} verdicts are breached, ${decisions - before} decisions were made`,
    );
  }
}
