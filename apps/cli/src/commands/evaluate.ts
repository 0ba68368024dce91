import { UncoveredYearError } from '#libs/calendar';
import type { StatementRecord } from '#libs/liability';
import { evaluateLines, recordsOf } from '../evaluate-lines.js';
import { Failure } from '../failure.js';
import { loadContracts } from '../load-contracts.js';
import { readLines } from '../read-input.js';
import { readInstantFlag } from '../read-instant-flag.js';
import { renderTable } from '../render-table.js';
import type { ExitCode, Terminal } from '../terminal.js';

export interface EvaluateOptions {
  readonly contract: readonly string[];
  readonly events: string;
  readonly asOf?: string;
  readonly format: 'json' | 'table';
  readonly findings?: true;
}

type Cells = Readonly<Record<string, unknown>>;

/** `pactwatch evaluate`: all or nothing, for half of the verdicts would look like all of them. */
export async function run(terminal: Terminal, options: EvaluateOptions): Promise<ExitCode> {
  const asOf = readInstantFlag('--as-of', options.asOf);
  const contracts = loadContracts(options.contract, terminal.env).map((one) => one.contract);
  const lines = readLines(options.events);
  let records: Cells[];
  try {
    const evaluation = evaluateLines(contracts, lines, asOf === undefined ? {} : { asOf });
    records = [...recordsOf(evaluation, { findings: options.findings === true })] as unknown as Cells[];
  } catch (error) {
    if (error instanceof UncoveredYearError) throw new Failure(1, error.message, { cause: error });
    throw error;
  }
  if (options.format === 'json') for (const record of records) terminal.out(`${JSON.stringify(record)}\n`);
  else terminal.out(tables(records));
  return 0;
}

const COLUMNS: Readonly<Record<string, readonly string[]>> = {
  verdict: [
    'obligation',
    'subject',
    'instance',
    'state',
    'startedAt',
    'dueAt',
    'stoppedAt',
    'elapsed',
    'allowed',
    'overdueBy',
  ],
  standard: ['standard', 'period', 'state', 'numerator', 'denominator', 'value', 'target', 'sample'],
  line: ['cycle', 'party', 'remedy', 'clause', 'about', 'subject', 'quantity', 'amount'],
  statement: ['cycle', 'state', 'provider', 'client', 'net'],
  right: ['party', 'right', 'clause', 'about', 'since', 'expiredAt'],
  quarantined: ['line', 'id', 'reason', 'detail'],
  finding: ['finding', 'id', 'source', 'type', 'at', 'about'],
};

/** A statement as people read it: its lines, then its sums. */
function rowsOf(record: Cells): readonly Cells[] {
  if (record.kind !== 'statement') return [record];
  const { cycle, lines, totals, net } = record as unknown as StatementRecord;
  const owing = net.from === 'none' ? net.amount : `${net.from} ${net.amount}`;
  return [...lines.map((line) => ({ kind: 'line', cycle, ...line })), { ...record, ...totals, net: owing }];
}

function tables(evaluated: readonly Cells[]): string {
  const records = evaluated.flatMap(rowsOf);
  const text = (value: unknown) => (value === null || value === undefined ? '-' : String(value as string | number));
  const shown = Object.entries(COLUMNS).flatMap(([kind, columns]) => {
    const rows = records.filter((record) => record.kind === kind);
    if (rows.length === 0) return [];
    return [
      renderTable(
        columns,
        rows.map((record) => columns.map((column) => text(record[column]))),
      ),
    ];
  });
  const verdicts = records.filter((record) => record.kind === 'verdict');
  const states = new Map<string, number>();
  for (const { state } of verdicts) states.set(text(state), (states.get(text(state)) ?? 0) + 1);
  const sums = [...states].map(([state, count]) => `${state} ${count}`).join(', ');
  return [...shown, `${verdicts.length} verdicts${sums === '' ? '' : `: ${sums}`}\n`].join('\n');
}
