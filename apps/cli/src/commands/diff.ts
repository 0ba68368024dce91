import { diffOutcomes, kindsCompared, type Difference, type OutcomeRecord } from '../diff-outcomes.js';
import { Failure } from '../failure.js';
import { readLines } from '../read-input.js';
import { renderTable } from '../render-table.js';
import type { ExitCode, Terminal } from '../terminal.js';

export interface DiffOptions {
  readonly format: 'json' | 'table';
}

/** `pactwatch diff A B`: two outcomes of `evaluate`, what differs and what it is worth. A difference is a result, not a fault. */
export async function run(terminal: Terminal, a: string, b: string, options: DiffOptions): Promise<ExitCode> {
  const { differences, worth } = diffOutcomes(readOutcome(a), readOutcome(b));
  if (options.format === 'json') {
    for (const one of differences)
      terminal.out(`${JSON.stringify({ kind: 'difference', of: one.kind, ...without(one) })}\n`);
    for (const one of worth) terminal.out(`${JSON.stringify({ kind: 'worth', ...one })}\n`);
    return 0;
  }
  const rows = differences.flatMap(rowsOf);
  if (rows.length > 0) terminal.out(`${renderTable(['kind', 'id', 'field', 'A', 'B'], rows)}\n`);
  if (worth.length > 0) {
    const sums = worth.map((one) => [one.contract, one.party, one.a, one.b, one.difference]);
    terminal.out(`${renderTable(['contract', 'party', 'A', 'B', 'difference'], sums)}\n`);
  }
  terminal.out(`${differences.length} records differ\n`);
  return 0;
}

function without({ id, change, fields }: Difference): Omit<Difference, 'kind'> {
  return { id, change, fields };
}

function rowsOf({ kind, id, change, fields }: Difference): string[][] {
  if (change !== 'changed')
    return [[kind, id, '', change === 'only-in-a' ? 'there' : '-', change === 'only-in-b' ? 'there' : '-']];
  return Object.entries(fields).flatMap(([field, { a, b }]) =>
    field === 'lines'
      ? [
          ...linesOf(a).map((line) => [kind, id, 'line', line, '-']),
          ...linesOf(b).map((line) => [kind, id, 'line', '-', line]),
        ]
      : [[kind, id, field, textOf(a), textOf(b)]],
  );
}

function linesOf(lines: unknown): string[] {
  return (lines as readonly Readonly<Record<string, string>>[]).map(({ party, remedy, about, subject, amount }) =>
    [party, remedy, about, subject, amount].join(' '),
  );
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return '-';
  return typeof value === 'object' ? JSON.stringify(value) : String(value as string | number | boolean);
}

function readOutcome(path: string): OutcomeRecord[] {
  const records: OutcomeRecord[] = [];
  let number = 0;
  for (const line of readLines(path)) {
    number += 1;
    if (line.trim() === '') continue;
    records.push(readRecord(path, number, line));
  }
  return records;
}

function readRecord(path: string, number: number, line: string): OutcomeRecord {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new Failure(1, `${path}:${number}:1: is no JSON (allowed: the lines of evaluate --format json)`);
  }
  const kind = typeof value === 'object' && value !== null ? (value as { kind?: unknown }).kind : undefined;
  if (typeof kind === 'string' && kindsCompared.includes(kind)) return value as OutcomeRecord;
  throw new Failure(
    1,
    `${path}:${number}:1: is no record of evaluate: kind ${JSON.stringify(kind) ?? 'missing'} (allowed: ${kindsCompared.join(', ')})`,
  );
}
