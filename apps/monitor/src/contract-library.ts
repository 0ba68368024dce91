import { readPublished, type Contract } from '#libs/contract';
import { versionsOf, type ContractVersions, type PublishedVersion } from '#libs/evaluation';
import type { Store } from '#libs/store';

/** Thrown when the bytes of a published contract or calendar are not in the database, or do not compile: the partition waits. */
class PublishedBytesError extends Error {
  override readonly name = 'PublishedBytesError';
  readonly retriable = true;
}

/** Compiled contracts by the hashes of their bytes; the stream says which version holds, the database holds the bytes. */
export class ContractLibrary {
  private readonly compiled = new Map<string, Contract>();
  private readonly defaults = new Map<string, string>();
  private defaultsReadAt = -Infinity;

  constructor(private readonly store: Store) {}

  async versions(contract: string, published: readonly PublishedVersion[]): Promise<ContractVersions> {
    return versionsOf(await Promise.all(published.map((version) => this.version(contract, version))));
  }

  /** `from` null: the version takes effect when its file says. */
  async version(
    id: string,
    version: Omit<PublishedVersion, 'from'> & { readonly from: number | null },
  ): Promise<Contract> {
    const key = JSON.stringify([version.hash, version.calendars, version.from]);
    const known = this.compiled.get(key);
    if (known !== undefined) return known;
    const documents = await this.store.getDocuments([version.hash, ...Object.values(version.calendars)]);
    const read = readPublished({ ...version, contract: id, fromInstant: version.from }, documents);
    if (!read.ok) throw new PublishedBytesError(`Contract '${id}' version ${version.version}: ${read.problem}.`);
    this.compiled.set(key, read.contract);
    return read.contract;
  }

  /**
   * The contract that takes the records of a source that name none; undefined where no published contract declares it.
   * Looked up over all published contracts, for the record may lie in a partition that is not the contract's.
   */
  async defaultContract(source: string, now: number): Promise<string | undefined> {
    if (!this.defaults.has(source) && now - this.defaultsReadAt > 1_000) {
      this.defaultsReadAt = now;
      this.defaults.clear();
      for (const row of await this.store.publishedContracts()) {
        const contract = await this.version(row.contract, {
          version: row.version,
          hash: row.hash,
          calendars: row.calendars,
          from: row.fromInstant,
        });
        for (const one of contract.sources.values()) if (one.isDefault) this.defaults.set(one.uri, contract.id);
      }
    }
    return this.defaults.get(source);
  }
}
