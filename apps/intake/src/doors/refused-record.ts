import { createHash } from 'node:crypto';
import type { LogRecord } from '#libs/bus';
import type { RefusedRecord } from '#libs/events';
import { placeOf, type Unmapped } from './map-record.js';

/** In base64, beside the rest, what is larger would not fit a message of the stream. */
const MAX_VALUE_BYTES = 8 * 1024 * 1024;
const MAX_BESIDE_BYTES = 64 * 1024;

/** What is kept of a record of which no fact could be made. What is too large stays in its topic alone, named by its hash. */
export function toRefusedRecord(
  door: string,
  record: LogRecord,
  unmapped: Unmapped,
  contract: string | null,
): RefusedRecord {
  const { value, key } = record;
  const headers = Object.entries(record.headers).map(([name, header]) => [name, header.toString('utf8')] as const);
  const headerBytes = headers.reduce((sum, [name, header]) => sum + name.length + header.length, 0);
  const left = [
    value !== null && value.length > MAX_VALUE_BYTES ? leftOut('value', value) : '',
    key !== null && key.length > MAX_BESIDE_BYTES ? leftOut('key', key) : '',
    headerBytes > MAX_BESIDE_BYTES ? '; its headers are not kept here' : '',
  ].join('');
  const { reason, detail, id, source } = unmapped;
  return {
    door,
    place: placeOf(record),
    refusal: { reason, detail: detail + left, id, source, contract },
    raw: {
      key: key === null || key.length > MAX_BESIDE_BYTES ? null : key.toString('base64'),
      value: value === null || value.length > MAX_VALUE_BYTES ? null : value.toString('base64'),
      headers: headerBytes > MAX_BESIDE_BYTES ? {} : Object.fromEntries(headers),
    },
  };
}

function leftOut(what: string, bytes: Buffer): string {
  const hash = createHash('sha256').update(bytes).digest('hex');
  return `; its ${what} of ${bytes.length} bytes is not kept here (SHA-256 ${hash})`;
}
