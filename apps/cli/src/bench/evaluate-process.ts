import { evaluateLines } from '../evaluate-lines.js';
import { loadContracts } from '../load-contracts.js';

/** What the process is told when it has started. */
export interface EvaluateJob {
  readonly kind: 'product' | 'floor';
  readonly contractFile: string;
  readonly lines: readonly string[];
  readonly runs: number;
}

export interface EvaluateAnswer {
  /** Processor time of the fastest run, in seconds: other programs on the machine do not count. */
  readonly seconds: number;
  /** Verdicts; of the floor: types and subjects. */
  readonly results: number;
}

function measure({ kind, contractFile, lines, runs }: EvaluateJob): EvaluateAnswer {
  const contracts = loadContracts([contractFile], {}).map(({ contract }) => contract);
  const work = (some: readonly string[]): number => (kind === 'product' ? judge(contracts, some) : tally(some));
  // What is measured is the program at work, not its being compiled.
  work(lines.slice(0, Math.ceil(lines.length / 5)));
  let [seconds, results] = [Infinity, 0];
  for (let run = 0; run < runs; run++) {
    const before = process.cpuUsage();
    results = work(lines);
    const { user, system } = process.cpuUsage(before);
    seconds = Math.min(seconds, (user + system) / 1e6);
  }
  return { seconds, results };
}

function judge(contracts: Parameters<typeof evaluateLines>[0], lines: readonly string[]): number {
  const { verdicts, quarantined } = evaluateLines(contracts, lines);
  if (quarantined.length > 0)
    throw new Error(`${quarantined.length} lines were refused: ${JSON.stringify(quarantined[0])}`);
  return verdicts.length;
}

/** The least that anything does which reads these lines: parse, and count by subject and type. */
function tally(lines: readonly string[]): number {
  const counts = new Map<string, number>();
  for (const line of lines) {
    const { subject, type } = JSON.parse(line) as { subject: string; type: string };
    const key = `${subject}\n${type}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts.size;
}

process.once('message', (job: EvaluateJob) => {
  process.send!(measure(job), () => process.disconnect());
});
