import { readCalendar, type Calendar } from '#libs/calendar';
import { readContract, type Contract } from '#libs/contract';
import { versionsOf, type ContractVersions } from '#libs/evaluation';
import type { PublishedRow, Store } from '#libs/store';
import { Failure } from './failure.js';

/** Every published contract by its id, compiled from the bytes that the database keeps. */
export async function readPublished(store: Store): Promise<ReadonlyMap<string, ContractVersions>> {
  const rows = await store.publishedContracts();
  const hashes = new Set(rows.flatMap((row) => [row.hash, ...Object.values(row.calendars)]));
  const documents = await store.getDocuments([...hashes]);
  const versions = new Map<string, Contract[]>();
  for (const row of rows) {
    const compiled = compile(row, documents);
    const earlier = versions.get(row.contract);
    if (earlier === undefined) versions.set(row.contract, [compiled]);
    else earlier.push(compiled);
  }
  return new Map([...versions].map(([id, contracts]) => [id, versionsOf(contracts)]));
}

/** Source -> the contract that takes its events where they name none. */
export function defaultContracts(published: ReadonlyMap<string, ContractVersions>): ReadonlyMap<string, string> {
  return new Map(
    [...published.values()].flatMap((versions) =>
      versions.flatMap(({ id, sources }) =>
        [...sources.values()].filter((source) => source.isDefault).map((source) => [source.uri, id] as const),
      ),
    ),
  );
}

function compile(row: PublishedRow, documents: ReadonlyMap<string, Buffer>): Contract {
  const name = `${row.contract} version ${row.version}`;
  const text = (hash: string, what: string): string => {
    const bytes = documents.get(hash);
    if (bytes === undefined) throw new Failure(3, `${name}: the database lacks the ${what} with SHA-256 ${hash}`);
    return bytes.toString('utf8');
  };
  const calendars = new Map<string, Calendar>();
  for (const [id, hash] of Object.entries(row.calendars)) {
    const calendar = readCalendar(id, text(hash, `calendar ${id}`));
    if (calendar.ok) calendars.set(id, calendar.value);
  }
  const read = readContract(name, text(row.hash, 'contract'), calendars);
  if (!read.ok) throw new Failure(3, `${name}: this release cannot read it: ${read.problems[0]?.message ?? ''}`);
  return { ...read.value, inForceFrom: row.fromInstant };
}
