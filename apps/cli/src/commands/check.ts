import { explainContract, type Contract, type Language } from '#libs/contract';
import { problemLines } from '../failure.js';
import { loadContract, problemsTogether } from '../load-contracts.js';
import type { ExitCode, Terminal } from '../terminal.js';

export interface CheckOptions {
  readonly format: 'text' | 'json';
  /** Print the contracts without problems back as sentences. */
  readonly explain?: Language;
}

/** `pactwatch check CONTRACT…`: the problems are the result, so they go to standard output. */
export async function run(terminal: Terminal, files: readonly string[], options: CheckOptions): Promise<ExitCode> {
  const read = files.map((file) => loadContract(file, terminal.env));
  const together = problemsTogether(read.filter((one) => one.ok));
  const problems = [...read.flatMap((one) => (one.ok ? [] : one.problems)), ...together];
  if (options.format === 'json') {
    terminal.out(problems.map((problem) => `${JSON.stringify(problem)}\n`).join(''));
  } else {
    terminal.out(problemLines(problems));
  }
  const faulty = new Set(problems.map((problem) => problem.file));
  for (const one of read) if (one.ok && !faulty.has(one.file)) terminal.out(answer(one.file, one.contract, options));
  return problems.length > 0 ? 1 : 0;
}

function answer(file: string, contract: Contract, { format, explain }: CheckOptions): string {
  if (format === 'text')
    return explain === undefined ? `${file}: ${describe(contract)}\n` : explainContract(contract, explain);
  if (explain === undefined) return '';
  const { id, version } = contract;
  return `${JSON.stringify({ file, contract: id, version, language: explain, text: explainContract(contract, explain) })}\n`;
}

function describe(contract: Contract): string {
  const calendars = Object.keys(contract.calendarHashes).join(', ');
  const { obligations, duties, prohibitions, standards, money } = contract;
  const remedies = money.rules.reduce((count, rule) => count + rule.remedies.length, 0);
  const counts = Object.entries({ obligations, duties, prohibitions, standards })
    .map(([name, rules]) => `${name}: ${rules.length}`)
    .join(', ');
  return `no problems (${contract.id} version ${contract.version}, ${counts}, remedies: ${remedies}, calendars: ${calendars}, SHA-256 ${contract.hash})`;
}
