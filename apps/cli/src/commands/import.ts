import { createReadStream, createWriteStream } from 'node:fs';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { readMapping, type Mapping } from '#libs/events';
import { Failure, problemsFailure } from '../failure.js';
import { readWhole } from '../read-input.js';
import { readCsvRows, readJsonRows, type InputRow } from '../read-rows.js';
import type { ExitCode, Terminal } from '../terminal.js';

export interface ImportOptions {
  readonly mapping: string;
  readonly output?: string;
}

/** `pactwatch import`: rows in, CloudEvents NDJSON out. A bad row is told and left out; the rest goes on, exit 1. */
export async function run(terminal: Terminal, input: string, options: ImportOptions): Promise<ExitCode> {
  const read = readMapping(options.mapping, readWhole(options.mapping).toString('utf8'));
  if (!read.ok) throw problemsFailure(read.problems);
  const mapping = read.value;
  const output = openOutput(terminal, options.output);
  const progress = startProgress(terminal);
  let bad = 0;
  try {
    for await (const one of rowsOf(mapping, input, terminal)) {
      const mapped = 'refused' in one ? one : mapping.map(one.row);
      if ('refused' in mapped) {
        bad += 1;
        terminal.err(`${input}:${one.line}:1: ${mapped.refused}\n`);
      } else if (!mapped.ok) {
        bad += 1;
        terminal.err(
          mapped.problems.map((problem) => `${input}:${one.line}:1: ${problem.event}: ${problem.message}\n`).join(''),
        );
      } else {
        await output.write(mapped.events.map((event) => `${JSON.stringify(event)}\n`).join(''));
      }
      progress(one.line);
    }
  } finally {
    await output.close();
  }
  if (bad > 0) terminal.err(`${bad} ${bad === 1 ? 'row was' : 'rows were'} left out\n`);
  return bad > 0 ? 1 : 0;
}

async function* rowsOf(mapping: Mapping, input: string, terminal: Terminal): AsyncGenerator<InputRow> {
  const stream = input === '-' ? terminal.stdin : await openInput(input);
  if (mapping.input === 'ndjson') yield* readJsonRows(stream);
  else yield* readCsvRows(stream, input, mapping.csv, (columns) => refuseHeader(mapping, columns));
}

/** A column that the file does not have would make every row bad: told once, at the place that names it. */
function refuseHeader(mapping: Mapping, columns: readonly string[]): void {
  const missing = mapping.fields.filter(({ field }) => !columns.includes(field)).map((one) => one.missing(columns));
  if (missing.length > 0) throw problemsFailure(missing);
}

async function openInput(path: string): Promise<Readable> {
  const stream = createReadStream(path);
  try {
    await once(stream, 'open');
    return stream;
  } catch (error) {
    throw new Failure(3, `${path}: cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

interface Output {
  readonly write: (text: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

function openOutput(terminal: Terminal, path: string | undefined): Output {
  if (path === undefined) return { write: async (text) => terminal.out(text), close: async () => undefined };
  const stream: Writable = createWriteStream(path);
  const failed = once(stream, 'error').then(([error]) => {
    throw new Failure(3, `${path}: cannot be written: ${(error as Error).message}`);
  });
  failed.catch(() => undefined);
  return {
    write: async (text) => {
      if (!stream.write(text)) await Promise.race([once(stream, 'drain'), failed]);
    },
    close: async () => {
      stream.end();
      await Promise.race([finished(stream), failed]);
    },
  };
}

const PROGRESS_ROWS = 10_000;

function startProgress(terminal: Terminal): (line: number) => void {
  let shown = 0;
  return (line) => {
    if (!terminal.interactive || line - shown < PROGRESS_ROWS) return;
    shown = line;
    terminal.err(`${line} lines read\n`);
  };
}
