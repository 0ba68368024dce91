import type { LogRecord } from '../port.js';
import type { FetchedRecord } from './fetched-record.js';
import type { Piece } from './lane.js';

/**
 * What was fetched as runs of records and ranges that could not be decoded.
 *
 * @param fetchedOffset where the fetch began: what lies before it was handed over already
 * @param nextOffset where the last ends
 */
export function readPieces(messages: readonly FetchedRecord[], fetchedOffset: number, nextOffset: number): Piece[] {
  const pieces: Piece[] = [];
  let records: LogRecord[] = [];
  const flush = (): void => {
    const last = records[records.length - 1];
    if (last !== undefined) pieces.push({ records, nextOffset: last.offset + 1 });
    records = [];
  };
  for (const { content } of messages) {
    if ('offset' in content) {
      records.push(content);
    } else {
      flush();
      const { from, to, detail } = content;
      pieces.push({ undecodable: { from: Math.max(from, fetchedOffset), to, detail }, nextOffset: to + 1 });
    }
  }
  flush();
  const last = pieces.pop();
  if (last === undefined) return [{ records: [], nextOffset }];
  return [...pieces, { ...last, nextOffset: Math.max(last.nextOffset, nextOffset) }];
}
