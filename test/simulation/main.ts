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

interface Range {
  readonly first: number;
  readonly seeds: number;
  readonly step: number;
}

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    verbose: { type: 'boolean', default: false },
    worker: { type: 'string' },
  },
});

void run().then((ok) => {
  // A worker's results may still be on their way: it ends by itself once it has hung up.
  if (values.worker !== undefined) process.disconnect();
  process.exitCode = ok ? 0 : 1;
});

function run(): Promise<boolean> {
  if (values.worker !== undefined) return work(JSON.parse(values.worker) as Range);
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

async function work({ first, seeds, step }: Range): Promise<boolean> {
  for (let n = 0; n < seeds; n++) {
    const outcome = await simulate(first + n * step);
    const message = outcome.ok ? { ...outcome, run: { ...outcome.run, met: [...outcome.run.met] } } : outcome;
    process.send!(message);
  }
  return true;
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
  const ends = Array.from({ length: workers }, (_, index) => {
    const range: Range = { first: from + index, seeds: Math.ceil((seeds - index) / workers), step: workers };
    return runWorker(range, take);
  });
  const died = (await Promise.all(ends)).filter((code) => code !== 0);
  const seconds = (performance.now() - began) / 1_000;
  printMet(met);
  console.log(
    `${done} seeds from ${from}, ${steps} steps, ${decisions} decisions, ${seconds.toFixed(1)} s, ${(done / seconds).toFixed(1)} seeds/s`,
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

function runWorker(range: Range, take: (outcome: Outcome) => void): Promise<number | null> {
  const child = fork(__filename, ['--worker', JSON.stringify(range)]);
  child.on('message', (message) => take(message as Outcome));
  return new Promise((resolve) => child.on('close', (code) => resolve(code)));
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
