import { UncoveredYearError } from '#libs/calendar';
import type { Language } from '#libs/contract';
import { explain, explainTimeline, fromRecord, verdictId } from '#libs/evaluation';
import type { Explained } from '../explained.js';
import { evaluateLines, recordsOf } from '../evaluate-lines.js';
import { Failure } from '../failure.js';
import { loadContracts } from '../load-contracts.js';
import { readLines } from '../read-input.js';
import { readInstantFlag } from '../read-instant-flag.js';
import type { ExitCode, Terminal } from '../terminal.js';

export interface ExplainOptions {
  readonly contract?: readonly string[];
  readonly events?: string;
  readonly asOf?: string;
  readonly language?: Language;
  readonly format: 'text' | 'json';
}

/** `pactwatch explain VERDICT-ID`: from files where they are named, else from the server. */
export async function run(terminal: Terminal, id: string, options: ExplainOptions): Promise<ExitCode> {
  const { record, contract } = await find(terminal, id, options);
  const verdict = fromRecord(record);
  const language = options.language ?? contract.language;
  const sentence = explain(verdict, contract, language);
  const timeline = explainTimeline(verdict, contract, language);
  terminal.out(
    options.format === 'json'
      ? `${JSON.stringify({ ...record, id, explanation: sentence, timeline })}\n`
      : `${sentence}\n\n${timeline.map((line) => `  ${line}\n`).join('')}`,
  );
  return 0;
}

async function find(terminal: Terminal, id: string, options: ExplainOptions): Promise<Explained> {
  const { contract: files, events } = options;
  if (files !== undefined && events !== undefined) return findOffline(terminal, id, files, events, options.asOf);
  if (files !== undefined || events !== undefined) {
    throw new Failure(2, 'offline, both --contract and --events are needed; without both, the server is asked');
  }
  if (options.asOf !== undefined) throw new Failure(2, '--as-of needs --contract and --events');
  const { findOnServer } = await import('../explain-on-server.js');
  return findOnServer(terminal, id);
}

function findOffline(
  terminal: Terminal,
  id: string,
  files: readonly string[],
  events: string,
  asOfText: string | undefined,
): Explained {
  const asOf = readInstantFlag('--as-of', asOfText);
  const contracts = loadContracts(files, terminal.env).map((one) => one.contract);
  try {
    const evaluation = evaluateLines(contracts, readLines(events), asOf === undefined ? {} : { asOf });
    for (const one of recordsOf(evaluation)) {
      if (one.kind !== 'verdict' || verdictId(one) !== id) continue;
      const contract = contracts.find((version) => version.hash === one.because.contractHash);
      if (contract !== undefined) return { record: one, contract };
    }
  } catch (error) {
    if (error instanceof UncoveredYearError) throw new Failure(1, error.message, { cause: error });
    throw error;
  }
  throw new Failure(
    1,
    `there is no verdict '${id}' (an id is contract/obligation/subject/instance, as evaluate lists them)`,
  );
}
