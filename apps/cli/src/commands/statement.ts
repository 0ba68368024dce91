import { writeFileSync } from 'node:fs';
import { UncoveredYearError } from '#libs/calendar';
import type { Language } from '#libs/contract';
import { versionsOf } from '#libs/evaluation';
import { toLifeRecord } from '#libs/liability';
import {
  reportStatement,
  statementCsv,
  statementPdf,
  statementWorkbook,
  TooManyLinesError,
  type StatementReport,
  type StatementSource,
} from '#libs/reports';
import { evaluateLines } from '../evaluate-lines.js';
import { Failure } from '../failure.js';
import { loadContracts } from '../load-contracts.js';
import { readLines } from '../read-input.js';
import { readInstantFlag } from '../read-instant-flag.js';
import { renderTable } from '../render-table.js';
import type { Stated } from '../stated.js';
import type { ExitCode, Terminal } from '../terminal.js';

export interface StatementOptions {
  readonly contract: readonly string[];
  readonly cycle: string;
  readonly events?: string;
  readonly asOf?: string;
  readonly format: 'text' | 'json' | 'csv' | 'xlsx' | 'pdf';
  readonly lang?: Language;
  readonly lossOfClient?: string;
  readonly lossOfProvider?: string;
  readonly out?: string;
}

/** `pactwatch statement`: from files where events are named, else from the server. */
export async function run(terminal: Terminal, options: StatementOptions): Promise<ExitCode> {
  const { format, out } = options;
  if (out === undefined && (format === 'pdf' || format === 'xlsx')) {
    throw new Failure(2, `--format ${format} needs --out: it is no text`);
  }
  const losses = {
    ...lossOf('--loss-of-client', 'provider', options.lossOfClient),
    ...lossOf('--loss-of-provider', 'client', options.lossOfProvider),
  };
  const stated = await find(terminal, options);
  const publicUrl = (terminal.env['PACTWATCH_PUBLIC_URL'] ?? '').replace(/\/+$/, '');
  const source: StatementSource = { ...stated, losses, publicUrl: publicUrl === '' ? null : publicUrl };
  const print = await printOf(source, options);
  if (out === undefined) terminal.out(String(print));
  else save(out, print);
  return 0;
}

async function printOf(source: StatementSource, { format, lang }: StatementOptions): Promise<string | Buffer> {
  if (format === 'json') return `${JSON.stringify(source.statement)}\n`;
  const report = reportStatement(source, lang ?? source.contract.language);
  switch (format) {
    case 'text':
      return textOf(report);
    case 'csv':
      return statementCsv(report);
    case 'xlsx':
      return statementWorkbook(report);
    case 'pdf':
      return statementPdf(report).catch((error: unknown) => {
        throw error instanceof TooManyLinesError ? new Failure(1, error.message, { cause: error }) : error;
      });
  }
}

async function find(terminal: Terminal, options: StatementOptions): Promise<Stated> {
  const { contract, cycle, events, asOf } = options;
  if (events !== undefined) return findOffline(terminal, options, events);
  if (asOf !== undefined) throw new Failure(2, '--as-of needs --events');
  const [id, ...more] = contract;
  if (id === undefined || more.length > 0)
    throw new Failure(2, 'without --events, --contract takes the id of one contract');
  const { statementOnServer } = await import('../statement-on-server.js');
  return statementOnServer(terminal, id, cycle);
}

function findOffline(
  terminal: Terminal,
  { contract: files, cycle, ...options }: StatementOptions,
  events: string,
): Stated {
  const asked = readInstantFlag('--as-of', options.asOf);
  const contracts = loadContracts(files, terminal.env).map((one) => one.contract);
  const ids = [...new Set(contracts.map(({ id }) => id))];
  if (ids.length > 1)
    throw new Failure(2, `--contract names several contracts (${ids.join(', ')}); a statement is of one`);
  const versions = versionsOf(contracts);
  try {
    const { statements, verdicts, standards, asOf } = evaluateLines(
      contracts,
      readLines(events),
      asked === undefined ? {} : { asOf: asked },
    );
    const found = statements.find((one) => one.cycle.name === cycle);
    if (found === undefined) {
      const there = statements.map((one) => one.cycle.name).join(', ') || 'none';
      throw new Failure(1, `--cycle '${cycle}' has no statement (there: ${there})`);
    }
    return {
      contract: versions.filter((one) => one.inForceFrom <= found.cycle.from).at(-1) ?? versions[0],
      versions,
      cycle: found.cycle,
      statement: toLifeRecord(found),
      asOf,
      verdicts: verdicts.map(({ verdict }) => verdict),
      standards,
    };
  } catch (error) {
    if (error instanceof UncoveredYearError) throw new Failure(1, error.message, { cause: error });
    throw error;
  }
}

function lossOf(flag: string, liable: 'client' | 'provider', written: string | undefined) {
  if (written === undefined) return {};
  if (/^(?!0+(\.0+)?$)\d{1,15}(\.\d{1,2})?$/.test(written)) return { [liable]: written };
  throw new Failure(2, `${flag}: '${written}' is not an amount (allowed: a decimal above 0 such as 12000.00)`);
}

function save(file: string, print: string | Buffer): void {
  try {
    writeFileSync(file, print);
  } catch (error) {
    throw new Failure(3, `${file}: cannot be written: ${(error as Error).message}`, { cause: error });
  }
}

/** As people read it in a terminal: the head, the lines of each party with their sums, the notes. */
function textOf(report: StatementReport): string {
  const { title, contractTitle, head, result, parties, disputes, signatures, notes } = report;
  const rows = (pairs: readonly (readonly string[])[]): string => pairs.map((pair) => `${pair.join('  ')}\n`).join('');
  const sections = parties.map(({ heading, lines, empty, total }) => {
    if (lines.length === 0) return `${heading}\n${empty}\n`;
    const { columns, cells } = tableOf(lines, report);
    return `${heading}\n${renderTable(columns, cells)}${total.join(': ')}\n`;
  });
  return [
    `${title}: ${contractTitle}\n`,
    rows(head),
    `${result}\n`,
    ...sections,
    ...(disputes.length === 0 ? [] : [rows(disputes)]),
    rows(signatures),
    notes.map((note) => `* ${note}\n`).join(''),
  ].join('\n');
}

function tableOf(lines: StatementReport['parties'][number]['lines'], { columns }: StatementReport) {
  return {
    columns: [
      columns.number,
      columns.clause,
      columns.about,
      columns.remedy,
      columns.subject,
      columns.base,
      columns.rate,
      columns.quantity,
      columns.amount,
      columns.origin,
    ],
    cells: lines.map((one) => [
      String(one.number),
      one.clause,
      one.about,
      one.remedy,
      one.subject,
      one.base || '-',
      one.rate || '-',
      one.quantity || '-',
      one.amount,
      one.origin?.id ?? '-',
    ]),
  };
}
