import type { Calendar } from '#libs/calendar';
import { readPublished, type Contract } from '#libs/contract';
import { versionsOf, type ContractVersions, type PublishedVersion } from '#libs/evaluation';
import type { Store } from '#libs/store';

/** Thrown when the bytes of a published contract or calendar are not in the database, or do not compile: the partition waits. */
class PublishedBytesError extends Error {
  override readonly name = 'PublishedBytesError';
  readonly retriable = true;
}

/** A source without a default contract is not asked for more often than this. */
const DEFAULTS_HOLD_MILLIS = 1_000;

/** Compiled contracts by the hashes of their bytes; the stream says which version holds, the database holds the bytes. */
export class ContractLibrary {
  private readonly compiled = new Map<string, Contract>();
  /** By hash: one that many contracts name is indexed once. */
  private readonly calendars = new Map<string, Calendar>();
  private defaults: Promise<ReadonlyMap<string, string>> = Promise.resolve(new Map());
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
    const read = readPublished({ ...version, contract: id, fromInstant: version.from }, documents, this.calendars);
    if (!read.ok) throw new PublishedBytesError(`Contract '${id}' version ${version.version}: ${read.problem}.`);
    this.compiled.set(key, read.contract);
    return read.contract;
  }

  /**
   * The contract that takes the records of a source that name none; undefined where no published contract declares it.
   * Looked up over all published contracts, for the record may lie in a partition that is not the contract's.
   */
  async defaultContract(source: string, now: number): Promise<string | undefined> {
    const known = (await this.defaults).get(source);
    if (known !== undefined || now - this.defaultsReadAt <= DEFAULTS_HOLD_MILLIS) return known;
    this.defaultsReadAt = now;
    // Partitions ask side by side: until the new answer is there, all of them wait for it.
    const asked = this.readDefaults();
    this.defaults = asked;
    asked.catch(() => this.forgetDefaults());
    return (await asked).get(source);
  }

  /** Called when the stream has published something: what was known of defaults may be different now. */
  forgetDefaults(): void {
    this.defaults = Promise.resolve(new Map());
    this.defaultsReadAt = -Infinity;
  }

  private async readDefaults(): Promise<ReadonlyMap<string, string>> {
    const defaults = new Map<string, string>();
    for (const { fromInstant: from, contract: id, ...row } of await this.store.publishedContracts()) {
      const { sources } = await this.version(id, { ...row, from });
      for (const one of sources.values()) if (one.isDefault) defaults.set(one.uri, id);
    }
    return defaults;
  }
}
