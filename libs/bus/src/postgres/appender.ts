import type { Pool } from 'pg';
import type { Appended } from '../port.js';
import { appendInOneStatement, type PlacedRecord } from './append-statement.js';
import { asLogError } from './as-log-error.js';

/** One call of `append`, perhaps written in several statements, perhaps together with others. */
interface Append {
  readonly records: readonly PlacedRecord[];
  readonly results: Appended[];
  readonly resolve: (results: readonly Appended[]) => void;
  readonly reject: (error: Error) => void;
}

interface Piece {
  readonly append: Append;
  readonly records: readonly PlacedRecord[];
}

const MAX_RECORDS = 5_000;
const MAX_BYTES = 8 * 1024 * 1024;

/**
 * Writes what is appended meanwhile together, one statement at a time: a commit is waited for once for all of them, and the
 * order of the calls is kept.
 */
export class Appender {
  private readonly waiting: Append[] = [];
  private writing: Promise<void> | undefined;
  private closed = false;

  constructor(
    private readonly pool: Pool,
    private readonly sender: string,
    private readonly onAppended: (appended: readonly Appended[]) => void,
  ) {}

  append(records: readonly PlacedRecord[]): Promise<readonly Appended[]> {
    if (this.closed) return Promise.reject(new Error('the log is closed'));
    if (records.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      this.waiting.push({ records, results: [], resolve, reject });
      this.writing ??= this.write().finally(() => (this.writing = undefined));
    });
  }

  /** What was appended before is written first. */
  async close(): Promise<void> {
    this.closed = true;
    await this.writing;
  }

  private async write(): Promise<void> {
    // Whoever appends in the same turn goes along.
    await Promise.resolve();
    while (this.waiting.length > 0) {
      const pieces = nextPieces(this.waiting);
      const failure = await this.writePieces(pieces);
      for (const { append } of pieces) {
        if (failure === undefined && append.results.length < append.records.length) continue;
        this.waiting.splice(this.waiting.indexOf(append), 1);
        if (failure === undefined) append.resolve(append.results);
        else append.reject(failure);
      }
    }
  }

  private async writePieces(pieces: readonly Piece[]): Promise<Error | undefined> {
    try {
      const appended = await appendInOneStatement(
        this.pool,
        pieces.flatMap(({ records }) => records),
        this.sender,
      );
      this.onAppended(appended);
      let at = 0;
      for (const { append, records } of pieces) append.results.push(...appended.slice(at, (at += records.length)));
      return undefined;
    } catch (error) {
      return asLogError(error, 'appending to the log in the database failed');
    }
  }
}

/** The first records that wait, as many as one statement takes; always one at least. */
function nextPieces(waiting: readonly Append[]): Piece[] {
  const pieces: Piece[] = [];
  let count = 0;
  let bytes = 0;
  for (const append of waiting) {
    const from = append.results.length;
    let to = from;
    while (to < append.records.length) {
      const size = sizeOf(append.records[to]!);
      if (count > 0 && (count >= MAX_RECORDS || bytes + size > MAX_BYTES)) break;
      count += 1;
      bytes += size;
      to += 1;
    }
    if (to > from) pieces.push({ append, records: append.records.slice(from, to) });
    if (to < append.records.length) break;
  }
  return pieces;
}

/** Bytes of a record as it is written. */
export function sizeOf({ key, value, headers }: PlacedRecord): number {
  return (key?.length ?? 0) + (value?.length ?? 0) + headers.length;
}
