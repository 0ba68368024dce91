import { formatInstant, type Instant } from '#libs/calendar';
import type { Fact } from '#libs/contract';
import { evaluateFacts, verdictId, type ContractVersions } from '#libs/evaluation';
import { ReadSide, type Snapshot, type VerdictRow } from '#libs/store';
import { Failure } from '../failure.js';
import { readAllPublished } from '../published-contracts.js';
import { renderTable } from '../render-table.js';
import { withServers } from '../servers.js';
import type { ExitCode, Terminal } from '../terminal.js';

export interface ReplayOptions {
  readonly contract?: string;
  readonly format: 'json' | 'table';
}

/** One field of one verdict in which what was recorded is not what judging the stored facts anew gives. */
interface Difference {
  readonly kind: 'difference';
  readonly id: string;
  readonly field: 'state' | 'startedAt' | 'dueAt' | 'stoppedAt';
  readonly recorded: string | null;
  readonly judged: string | null;
}

const PAGE = 1_000;
/** Reading a whole contract takes longer than a page of a list. */
const TIMEOUT_MILLIS = 600_000;

/** `pactwatch replay`: judges the stored facts anew and compares. Nothing is written; exit 1 where something differs. */
export async function run(terminal: Terminal, options: ReplayOptions): Promise<ExitCode> {
  return withServers(terminal, async ({ store }) => {
    const published = await readAllPublished(store);
    const named = options.contract === undefined ? [...published.keys()].sort() : [options.contract];
    const reads = new ReadSide(store.pool, { statementTimeoutMillis: TIMEOUT_MILLIS });
    let differences = 0;
    for (const id of named) {
      const versions = published.get(id);
      if (versions === undefined) {
        const there = [...published.keys()].join(', ') || 'none';
        throw new Failure(1, `contract '${id}' is not published (published: ${there})`);
      }
      const outcome = await reads.snapshot((read) => compare(read, id, versions));
      differences += outcome.differences.length;
      print(terminal, options.format, id, outcome);
    }
    return differences === 0 ? 0 : 1;
  });
}

interface Outcome {
  readonly clock: Instant | null;
  readonly verdicts: number;
  readonly facts: number;
  readonly differences: readonly Difference[];
}

async function compare(read: Snapshot, id: string, versions: ContractVersions): Promise<Outcome> {
  const clock = (await read.standings([id])).get(id)?.clock ?? null;
  if (clock === null) return { clock, verdicts: 0, facts: 0, differences: [] };
  const recorded = await allVerdicts(read, id);
  const facts: Fact[] = [];
  await read.streamFacts({ contract: id, types: typesOf(versions) }, (portion) => void facts.push(...portion));
  const judged = evaluateFacts(versions, facts, clock);
  const differences: Difference[] = [];
  const left = new Map(recorded.map((row) => [verdictId(row), row]));
  for (const { verdict } of judged) {
    const name = verdictId(verdict);
    const row = left.get(name);
    left.delete(name);
    // What could not be judged when it came may be judged now; that is shown like any other difference.
    const fields = [
      ['state', row?.state ?? null, verdict.state],
      ['startedAt', text(row?.startedAt), text(verdict.startedAt)],
      ['dueAt', text(row?.dueAt), text(verdict.dueAt)],
      ['stoppedAt', text(row?.stoppedAt), text(verdict.stoppedAt)],
    ] as const;
    for (const [field, was, is] of fields) {
      if (was !== is) differences.push({ kind: 'difference', id: name, field, recorded: was, judged: is });
    }
  }
  for (const [name, { state }] of left) {
    differences.push({ kind: 'difference', id: name, field: 'state', recorded: state, judged: null });
  }
  return { clock, verdicts: judged.length, facts: facts.length, differences };
}

async function allVerdicts(read: Snapshot, contract: string): Promise<VerdictRow[]> {
  const rows: VerdictRow[] = [];
  for (;;) {
    const after = rows[rows.length - 1];
    const page = await read.verdicts({ contracts: [contract] }, { order: 'identity', limit: PAGE, after });
    rows.push(...page);
    if (page.length < PAGE) return rows.filter(({ state }) => state !== 'withdrawn');
  }
}

function typesOf(versions: ContractVersions): string[] {
  const types = versions.flatMap(({ vocabulary, eventTypes }) => [
    ...(vocabulary.correction === null ? [] : [vocabulary.correction]),
    ...eventTypes.keys(),
  ]);
  return [...new Set(types)];
}

function print(terminal: Terminal, format: ReplayOptions['format'], contract: string, outcome: Outcome): void {
  const { clock, verdicts, facts, differences } = outcome;
  if (format === 'json') {
    for (const difference of differences) terminal.out(`${JSON.stringify(difference)}\n`);
    const sums = { kind: 'replay', contract, clock: text(clock), facts, verdicts, differences: differences.length };
    terminal.out(`${JSON.stringify(sums)}\n`);
    return;
  }
  if (differences.length > 0) {
    const cells = differences.map(({ id, field, recorded, judged }) => [id, field, recorded ?? '-', judged ?? '-']);
    terminal.out(renderTable(['verdict', 'field', 'recorded', 'judged now'], cells));
  }
  const at = clock === null ? 'nothing recorded yet' : `at ${formatInstant(clock)}`;
  terminal.out(`${contract}: ${facts} facts, ${verdicts} verdicts ${at}, ${differences.length} differences\n`);
}

function text(at: Instant | null | undefined): string | null {
  return at === null || at === undefined ? null : formatInstant(at);
}
