import { join } from 'node:path';
import { renderTable } from '../render-table.js';
import { answering, opening, sampleContracts, shortContracts } from './bench-contracts.js';
import type { EvaluateAnswer, EvaluateJob } from './evaluate-process.js';
import { count, describeMachine, round, roundAll, type Machine, type Report } from './report.js';
import { runProcess } from './run-process.js';
import { SampleEvents } from './sample-events.js';

export interface EvaluatePoint {
  readonly case: string;
  readonly facts: number;
  readonly verdicts: number;
  /** On one processor. */
  readonly factsPerSecond: number;
  readonly floorFactsPerSecond: number;
  readonly ratio: number;
}

export interface EvaluateSetting {
  readonly configFolder: string;
  /** For contract files and logs. */
  readonly folder: string;
  readonly say: (text: string) => void;
}

const SEED = 20_261_129;
const DAY_SECONDS = 86_400;
const START = Date.UTC(2026, 4, 12, 2);
/** Events of a sample that covers half a year come so far apart. */
const APART_MILLIS = 100;

/** Judging in memory, without servers: the sample contract, then more facts in each case, then more rules. */
export async function benchEvaluate(
  setting: EvaluateSetting,
  { events, runs }: { readonly events: number; readonly runs: number },
): Promise<EvaluatePoint[]> {
  const points = [await sample(setting, events, runs)];
  for (const facts of [4, 64, 1_024]) points.push(await ticketsWith(setting, { events, runs, facts, rules: 1 }));
  for (const rules of [4, 16]) points.push(await ticketsWith(setting, { events, runs, facts: 4, rules }));
  return points;
}

async function sample(setting: EvaluateSetting, events: number, runs: number): Promise<EvaluatePoint> {
  const [contract] = sampleContracts(setting, ['SAMPLE'], START);
  const samples = new SampleEvents('E', ['SAMPLE'], SEED);
  const lines = Array.from({ length: events }, (_, index) => samples.next(START + index * APART_MILLIS).text);
  return measurePoint(setting, { name: 'sample contract', contractFile: contract!.file, lines, runs });
}

/** Tickets opened and answered over and over, so many facts in each, those of many mixed. */
async function ticketsWith(
  setting: EvaluateSetting,
  { events, runs, facts, rules }: { events: number; runs: number; facts: number; rules: number },
): Promise<EvaluatePoint> {
  const [contract] = shortContracts(setting, [`TICKETS-${rules}`], DAY_SECONDS, START, { rules });
  const id = contract!.contract.id;
  const tickets = Math.max(1, Math.round(events / facts));
  const lines = Array.from({ length: tickets * facts }, (_, index) => {
    const [ticket, step] = [index % tickets, Math.floor(index / tickets)];
    const at = START + index;
    return step === 0 ? String(opening(id, `T-${ticket}`, at).value) : answering(id, `T-${ticket}`, at, step);
  });
  const name = `${facts} facts a case, ${rules} ${rules === 1 ? 'rule' : 'rules'}`;
  return measurePoint(setting, { name, contractFile: contract!.file, lines, runs });
}

async function measurePoint(
  { folder, say }: EvaluateSetting,
  { name, ...measured }: Omit<EvaluateJob, 'kind'> & { readonly name: string },
): Promise<EvaluatePoint> {
  say(name);
  const ask = async (kind: EvaluateJob['kind']): Promise<EvaluateAnswer> => {
    const running = runProcess({
      name: 'the process that judges',
      script: require.resolve('./evaluate-process.js'),
      env: process.env,
      logFile: join(folder, `evaluate-${kind}.log`),
      job: { ...measured, kind },
    });
    try {
      return (await running.answer()) as EvaluateAnswer;
    } finally {
      await running.stop();
    }
  };
  const facts = measured.lines.length;
  const [product, floor] = [await ask('product'), await ask('floor')];
  return {
    case: name,
    facts,
    verdicts: product.results,
    factsPerSecond: facts / product.seconds,
    floorFactsPerSecond: facts / floor.seconds,
    ratio: floor.seconds / product.seconds,
  };
}

/** The case is the sample contract; how the cost grows with facts and rules stands beside it. */
export function reportEvaluate(points: readonly EvaluatePoint[], machine: Machine): Report {
  const [sampled, ...growth] = points;
  const table = renderTable(
    ['case', 'facts', 'verdicts', 'product', 'floor', 'ratio', 'µs a fact'],
    points.map((one) => [
      one.case,
      count(one.facts),
      count(one.verdicts),
      `${count(one.factsPerSecond)}/s`,
      `${count(one.floorFactsPerSecond)}/s`,
      one.ratio.toFixed(3),
      (1e6 / one.factsPerSecond).toFixed(1),
    ]),
  );
  return {
    json: {
      benchmark: 'evaluate',
      factsPerSecond: Math.round(sampled!.factsPerSecond),
      floorFactsPerSecond: Math.round(sampled!.floorFactsPerSecond),
      ratio: round(sampled!.ratio, 3),
      cases: roundAll([sampled], 3),
      growth: roundAll(growth, 3),
      machine: roundAll(machine, 2),
    },
    text: `${table}\nProcessor time of the fastest run, one thread. Floor: the same lines parsed as JSON and counted by subject and type.\n${describeMachine(machine)}\n`,
  };
}
