import type { Readable } from 'node:stream';
import { CsvError, parse, type Info } from 'csv-parse';
import type { Row } from '#libs/events';
import { Failure } from './failure.js';
import { readLineGroups } from './read-input.js';

/** A row with the line of the input it ends on, or why that line is no row. */
export type InputRow = { readonly line: number } & ({ readonly row: Row } | { readonly refused: string });

interface CsvShape {
  readonly delimiter: string;
  readonly quote: string;
  readonly comment: string | null;
}

const MAX_ROW_BYTES = 16 * 1024 * 1024;

/** The rows of a CSV file with a header line (RFC 4180), as they are read; `onHeader` may refuse its columns. */
export async function* readCsvRows(
  stream: Readable,
  name: string,
  shape: CsvShape,
  onHeader: (columns: readonly string[]) => void,
): AsyncGenerator<InputRow> {
  const refused: InputRow[] = [];
  const parser = parse({
    bom: true,
    columns: (header: string[]) => checkHeader(header, name, onHeader),
    delimiter: shape.delimiter,
    quote: shape.quote,
    comment: shape.comment ?? '',
    info: true,
    max_record_size: MAX_ROW_BYTES,
    skip_empty_lines: true,
    skip_records_with_error: true,
    on_skip: (error) => {
      if (error !== undefined) refused.push({ line: error.lines ?? 0, refused: error.message });
    },
  });
  stream.on('error', (error) => parser.destroy(error));
  stream.pipe(parser);
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: Record<string, string>; info: Info }>) {
      // The parser reads ahead: what it refused further down waits its turn.
      const before = refused.findIndex(({ line }) => line > info.lines);
      yield* refused.splice(0, before < 0 ? refused.length : before);
      yield { line: info.lines, row: record };
    }
    yield* refused;
  } catch (error) {
    if (error instanceof CsvError) throw new Failure(1, `${name}: ${error.message}`, { cause: error });
    throw error;
  }
}

function checkHeader(header: string[], name: string, onHeader: (columns: readonly string[]) => void): string[] {
  const twice = header.filter((column, index) => header.indexOf(column) !== index);
  if (twice.length > 0) throw new Failure(1, `${name}:1:1: the header names ${twice.join(', ')} more than once`);
  onHeader(header);
  return header;
}

/** One JSON object per line; empty lines are passed over. */
export async function* readJsonRows(stream: Readable): AsyncGenerator<InputRow> {
  let line = 0;
  for await (const group of readLineGroups(stream)) {
    for (const text of group) {
      line += 1;
      if (text.trim() !== '') yield { line, ...jsonRow(text) };
    }
  }
}

function jsonRow(text: string): { row: Row } | { refused: string } {
  try {
    const value: unknown = JSON.parse(text);
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return { row: value as Row };
    return { refused: 'a JSON object was expected' };
  } catch (error) {
    return { refused: `not JSON: ${(error as Error).message}` };
  }
}
