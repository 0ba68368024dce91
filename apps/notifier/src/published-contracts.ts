import { readPublished, type Contract } from '#libs/contract';
import type { PublishedRow } from '#libs/store';

/** Where published bytes come from: the store. */
export interface ContractFiles {
  publishedContracts(): Promise<PublishedRow[]>;
  getDocuments(hashes: readonly string[]): Promise<Map<string, Buffer>>;
}

/** An alert names a version whose bytes are not in the database, or cannot be read: nobody can be told rightly. */
class ContractMissingError extends Error {
  readonly retriable = true;

  constructor(
    readonly contract: string,
    readonly hash: string,
    why: string,
  ) {
    super(`contract ${contract} with hash ${hash} ${why}`);
    this.name = 'ContractMissingError';
  }
}

/** Contract versions by the hash of their bytes, read once: bytes under a hash never change. */
export class PublishedContracts {
  private readonly compiled = new Map<string, Contract>();

  constructor(private readonly files: ContractFiles) {}

  /** @throws ContractMissingError */
  async byHash(contract: string, hash: string): Promise<Contract> {
    const known = this.compiled.get(hash);
    if (known !== undefined) return known;
    const rows = await this.files.publishedContracts();
    const row = rows.find((one) => one.hash === hash);
    if (row === undefined) throw new ContractMissingError(contract, hash, 'is not published');
    const compiled = await this.compile(row);
    this.compiled.set(hash, compiled);
    return compiled;
  }

  private async compile(row: PublishedRow): Promise<Contract> {
    const documents = await this.files.getDocuments([row.hash, ...Object.values(row.calendars)]);
    // When a version takes effect is nothing to tell, and equal bytes published twice are one here.
    const read = readPublished({ ...row, fromInstant: null }, documents);
    if (!read.ok) throw new ContractMissingError(row.contract, row.hash, `cannot be compiled: ${read.problem}`);
    return read.contract;
  }
}
