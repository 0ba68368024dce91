import { readPublished, type Contract } from '#libs/contract';
import { versionsOf, type ContractVersions } from '#libs/evaluation';
import type { PublishedRow, Store } from '#libs/store';
import { Failure } from './failure.js';

/** Every published contract by its id, compiled from the bytes that the database keeps. */
export async function readAllPublished(store: Store): Promise<ReadonlyMap<string, ContractVersions>> {
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
  const read = readPublished(row, documents);
  if (!read.ok) throw new Failure(3, `${row.contract} version ${row.version}: ${read.problem}`);
  return read.contract;
}
