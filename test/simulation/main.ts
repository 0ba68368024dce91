import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { simulate, type Outcome } from './simulate.js';
import { peculiarities } from './streams.js';
import { faults } from './world.js';

/** From so many seeds on, everything that can go wrong must have gone wrong. */
const SEEDS_THAT_MEET_ALL = 100;
const MOST_WORKERS = 4;
const MOST_PROBLEMS_TOLD = 3;
/** So few seeds at a time that no worker is left with many when the others are done. */
const SEEDS_AT_A_TIME = 4;

/** What a worker sends: a seed's outcome, or that it has done all it was given, with the processor time it has used so far. */
type FromWorker = { readonly outcome: Outcome } | { readonly idle: true; readonly processorSeconds: number };

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    verbose: { type: 'boolean', default: false },
    worker: { type: 'boolean', default: false },
  },
});

void run().then((ok) => (process.exitCode = ok ? 0 : 1));

function run(): Promise<boolean> {
  if (values.worker) return work();
  if (values.seed !== undefined) return runOne(whole('seed', values.seed));
  return runMany(whole('from', values.from), whole('seeds', values.seeds));
}

async function runOne(seed: number): Promise<boolean> {
  const outcome = await simulate(seed, {}, values.verbose ? (line) => console.log(line) : undefined);
  if (outcome.ok) {
    const { steps, records, decisions, met } = outcome.run;
    console.log(`seed ${seed}: ${steps} steps, ${records} records, ${decisions} decisions`);
    printMet(met);
  } else console.error(`seed ${seed}: ${outcome.problem}`);
  return outcome.ok;
}

/** Runs the seeds it is sent, until whoever sends them hangs up. */
function work(): Promise<boolean> {
  const idle = (): void => {
    const { user, system } = process.cpuUsage();
    process.send!({ idle: true, processorSeconds: (user + system) / 1_000_000 } satisfies FromWorker);
  };
  process.on('message', (seeds: readonly number[]) => void workOff(seeds).then(idle));
  idle();
  return new Promise((resolve) => process.once('disconnect', () => resolve(true)));
}

async function workOff(seeds: readonly number[]): Promise<void> {
  for (const seed of seeds) {
    const outcome = await simulate(seed);
    // A map is nothing once it has gone from process to process.
    const sent = outcome.ok ? { ...outcome, run: { ...outcome.run, met: [...outcome.run.met] } } : outcome;
    process.send!({ outcome: sent });
  }
}

async function runMany(from: number, seeds: number): Promise<boolean> {
  const began = performance.now();
  const workers = Math.min(availableParallelism(), MOST_WORKERS, seeds);
  const met = new Map<string, number>();
  const problems: Extract<Outcome, { ok: false }>[] = [];
  let done = 0;
  let steps = 0;
  let decisions = 0;
  const take = (outcome: Outcome): void => {
    done++;
    if (!outcome.ok) return void problems.push(outcome);
    steps += outcome.run.steps;
    decisions += outcome.run.decisions;
    for (const [what, times] of outcome.run.met) met.set(what, (met.get(what) ?? 0) + times);
  };
  let next = from;
  const give = (): number[] => {
    const given = Math.min(SEEDS_AT_A_TIME, from + seeds - next);
    next += given;
    return Array.from({ length: given }, (_, index) => next - given + index);
  };
  const ends = await Promise.all(Array.from({ length: workers }, () => runWorker(give, take)));
  const died = ends.filter(({ code }) => code !== 0);
  const processorSeconds = ends.reduce((sum, one) => sum + one.processorSeconds, 0);
  const seconds = (performance.now() - began) / 1_000;
  printMet(met);
  console.log(
    `${done} seeds from ${from}, ${steps} steps, ${decisions} decisions, ${seconds.toFixed(1)} s, ` +
      `${(processorSeconds / done).toFixed(3)} s of processor a seed in ${workers} workers`,
  );
  const told = problems.sort((a, b) => a.seed - b.seed).slice(0, MOST_PROBLEMS_TOLD);
  for (const { seed, problem } of told)
    console.error(`\nseed ${seed}: ${problem}\n  again: npm run simulate -- --seed ${seed} --verbose`);
  if (problems.length > told.length) console.error(`\n${problems.length} seeds failed in all`);
  if (died.length > 0 || done < seeds) console.error(`\n${seeds - done} seeds were not run: a worker ended early`);
  const unmet = [...faults, ...peculiarities].filter((what) => !met.has(what));
  const tooFew = seeds >= SEEDS_THAT_MEET_ALL && problems.length === 0 && unmet.length > 0;
  if (tooFew) console.error(`\nnever happened, so nothing is proved about it: ${unmet.join('; ')}`);
  return problems.length === 0 && done === seeds && !tooFew;
}

/** A worker takes the next few seeds whenever it has none, and ends when none are left. */
function runWorker(
  give: () => readonly number[],
  take: (outcome: Outcome) => void,
): Promise<{ readonly code: number | null; readonly processorSeconds: number }> {
  // Much is made and soon forgotten: with more room for what is young, less of it must be gone through.
  const child = fork(__filename, ['--worker'], { execArgv: ['--max-semi-space-size=64'] });
  let processorSeconds = 0;
  child.on('message', (message: FromWorker) => {
    if ('outcome' in message) return take(message.outcome);
    processorSeconds = message.processorSeconds;
    const seeds = give();
    if (seeds.length > 0) child.send(seeds);
    else child.disconnect();
  });
  return new Promise((resolve) => child.on('exit', (code) => resolve({ code, processorSeconds })));
}

function printMet(met: ReadonlyMap<string, number>): void {
  for (const what of [...peculiarities, ...faults]) console.log(`${String(met.get(what) ?? 0).padStart(7)}  ${what}`);
}

function whole(name: string, text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number > 0) return number;
  console.error(`--${name} is not allowed: ${text} (allowed: a whole number from 1)`);
  process.exit(2);
}
