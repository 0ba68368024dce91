import { formatInstant, type Instant } from '#libs/calendar';
import type { Fact } from '#libs/contract';
import { evaluateFacts, kindOfRule, verdictId, type ContractVersions } from '#libs/evaluation';
import { ReadSide, type Snapshot, type VerdictRow } from '#libs/store';
import { Failure } from '../failure.js';
import { ownRecord } from '../own-record.js';
import { readAllPublished } from '../published-contracts.js';
import { renderTable } from '../render-table.js';
import { withServers } from '../servers.js';
import type { ExitCode, Terminal } from '../terminal.js';

export interface ReplayOptions {
  readonly contract?: string;
  readonly format: 'json' | 'table';
  readonly apply?: true;
  readonly reason?: string;
}

/** One field of one verdict in which what was recorded is not what judging the stored facts anew gives. */
interface Difference {
  readonly kind: 'difference';
  readonly id: string;
  readonly obligation: string;
  readonly subject: string;
  readonly field: 'state' | 'startedAt' | 'dueAt' | 'stoppedAt';
  readonly recorded: string | null;
  readonly judged: string | null;
}

const PAGE = 1_000;
/** Reading a whole contract takes longer than a page of a list. */
const TIMEOUT_MILLIS = 600_000;

/** More subjects than this are not listed one by one: all of their kinds are judged anew. */
const MOST_KEYS = 1_000;

/**
 * `pactwatch replay`: judges the stored facts anew and compares; exit 1 where something differs. With `--apply` one record goes
 * to the stream of each contract in which something differs: its owner judges these subjects anew, as decisions that name
 * the reason (exit 0).
 */
export async function run(terminal: Terminal, options: ReplayOptions): Promise<ExitCode> {
  return withServers(terminal, async ({ store, log, stampKey }) => {
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
      const asked = options.apply === true && outcome.differences.length > 0;
      if (asked) {
        const data = { ...scopeOf(versions, outcome.differences), reason: options.reason ?? REASON };
        const type = 'contract.replayed';
        const source = '/pactwatch/replay';
        await log.append([ownRecord(stampKey, { contract: id, source, type, time: Date.now(), data })]);
      }
      print(terminal, options.format, id, outcome, asked);
    }
    return differences === 0 || options.apply === true ? 0 : 1;
  });
}

const REASON = 'replay found what was recorded to differ from what the stored facts give';

/** The states in which the differing instances are judged. */
function scopeOf(
  versions: ContractVersions,
  differences: readonly Difference[],
): { readonly keys: string[] } | { readonly kinds: string[] } {
  const kinds = new Set<string>();
  const keys = new Set<string>();
  for (const { obligation, subject } of differences) {
    for (const version of versions) {
      const kind = kindOfRule(version, obligation);
      if (kind === undefined) continue;
      kinds.add(kind);
      keys.add(`${kind}/${subject}`);
    }
  }
  return keys.size <= MOST_KEYS ? { keys: [...keys] } : { kinds: [...kinds] };
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
    const { obligation, subject } = verdict;
    const differing = { kind: 'difference' as const, id: name, obligation, subject };
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
      if (was !== is) differences.push({ ...differing, field, recorded: was, judged: is });
    }
  }
  for (const [name, { state, obligation, subject }] of left) {
    const differing = { kind: 'difference' as const, id: name, obligation, subject };
    differences.push({ ...differing, field: 'state', recorded: state, judged: null });
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

function print(
  terminal: Terminal,
  format: ReplayOptions['format'],
  contract: string,
  outcome: Outcome,
  asked: boolean,
): void {
  const { clock, verdicts, facts, differences } = outcome;
  if (format === 'json') {
    for (const difference of differences) terminal.out(`${JSON.stringify(difference)}\n`);
    const sums = {
      kind: 'replay',
      contract,
      clock: text(clock),
      facts,
      verdicts,
      differences: differences.length,
      asked,
    };
    terminal.out(`${JSON.stringify(sums)}\n`);
    return;
  }
  if (differences.length > 0) {
    const cells = differences.map(({ id, field, recorded, judged }) => [id, field, recorded ?? '-', judged ?? '-']);
    terminal.out(renderTable(['verdict', 'field', 'recorded', 'judged now'], cells));
  }
  const at = clock === null ? 'nothing recorded yet' : `at ${formatInstant(clock)}`;
  terminal.out(`${contract}: ${facts} facts, ${verdicts} verdicts ${at}, ${differences.length} differences\n`);
  if (asked) terminal.out(`${contract}: the owner of its partition was asked to judge these subjects anew\n`);
}

function text(at: Instant | null | undefined): string | null {
  return at === null || at === undefined ? null : formatInstant(at);
}
