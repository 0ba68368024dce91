import { readCalendar, type Calendar, type Instant } from '#libs/calendar';
import type { Problem } from '#libs/document';
import type { Contract } from './model.js';
import { readContract } from './read-contract.js';

/** A published version: whose it is, and the SHA-256 hashes (hex) of the files it is made of. */
export interface PublishedFiles {
  readonly contract: string;
  readonly version: number;
  /** Of the contract file. */
  readonly hash: string;
  /** Calendar id -> hash of its file. */
  readonly calendars: Readonly<Record<string, string>>;
  /** In force from then on; null: as the file says. */
  readonly fromInstant: Instant | null;
}

export type ReadPublished =
  | { readonly ok: true; readonly contract: Contract }
  /** `problem`: a clause that says which bytes are missing or what is wrong with them, to follow the name of the version. */
  | { readonly ok: false; readonly problem: string };

/**
 * Compiles a published version from the bytes that were kept of it, by their hashes. What another release has published may
 * not be readable by this one, so a failure is an ordinary answer.
 *
 * @param known calendars that were compiled before, by the hashes of their bytes; what is compiled here is added
 */
export function readPublished(
  row: PublishedFiles,
  documents: ReadonlyMap<string, Uint8Array>,
  known: Map<string, Calendar> = new Map(),
): ReadPublished {
  const missing = [
    ...(documents.has(row.hash) ? [] : [`the contract (SHA-256 ${row.hash})`]),
    ...Object.entries(row.calendars)
      .filter(([, hash]) => !documents.has(hash))
      .map(([id, hash]) => `calendar '${id}' (SHA-256 ${hash})`),
  ];
  if (missing.length > 0) return { ok: false, problem: `the bytes of ${missing.join(', ')} are not there` };
  const text = (hash: string): string => asText(documents.get(hash)!);
  const name = `${row.contract}@${row.version}`;
  const calendars = new Map<string, Calendar>();
  for (const [id, hash] of Object.entries(row.calendars)) {
    const before = known.get(hash);
    if (before !== undefined) {
      calendars.set(id, before);
      continue;
    }
    const calendar = readCalendar(`${name}/${id}`, text(hash));
    if (!calendar.ok) return unreadable(`calendar '${id}'`, calendar.problems);
    calendars.set(id, calendar.value);
    known.set(hash, calendar.value);
  }
  const read = readContract(name, text(row.hash), calendars);
  if (!read.ok) return unreadable('the contract', read.problems);
  const { fromInstant } = row;
  return { ok: true, contract: fromInstant === null ? read.value : { ...read.value, inForceFrom: fromInstant } };
}

/** A byte order mark stays in: the text has the hash of its bytes. */
function asText(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

function unreadable(what: string, problems: readonly Problem[]): ReadPublished {
  const lines = problems.map((one) => `${one.file}:${one.line}:${one.column}: ${one.message}`);
  return { ok: false, problem: `${what} cannot be read by this release: ${lines.join('; ')}` };
}
