import { Inject, Injectable, Logger } from '@nestjs/common';
import { readPublished, type Contract } from '#libs/contract';
import type { PublishedRow } from '#libs/store';
import { INTAKE_OPTIONS, type IntakeOptions } from '../intake-options.js';
import { ContractShelf } from './contract-shelf.js';

/** A version published elsewhere checks facts here after so long at the latest. */
const REFRESH_MILLIS = 3_000;

/** The contract versions that the stream has published, compiled once per hash. */
@Injectable()
export class PublishedContracts {
  private readonly logger = new Logger(PublishedContracts.name);
  /** By version, instant and hashes of contract file and calendars; null where the files cannot be read here. */
  private readonly compiled = new Map<string, Contract | null>();
  private shelf: { readonly contracts: ContractShelf; readonly readAt: number } | undefined;
  private loading: Promise<ContractShelf> | undefined;
  private queued: Promise<ContractShelf> | undefined;

  constructor(@Inject(INTAKE_OPTIONS) private readonly options: IntakeOptions) {}

  /** At most some seconds old; older while the database does not answer, for what is published stays so. */
  async recent(): Promise<ContractShelf> {
    if (this.shelf === undefined) return this.reload();
    if (this.now() - this.shelf.readAt < REFRESH_MILLIS) return this.shelf.contracts;
    try {
      return await (this.loading ?? this.reload());
    } catch (error) {
      this.logger.warn(`Published contracts cannot be read anew: ${(error as Error).message}`);
      return this.shelf.contracts;
    }
  }

  /** As they stand now. Whoever asks while an answer is awaited gets the next one: the first may be too old for them. */
  reload(): Promise<ContractShelf> {
    if (this.loading === undefined) {
      this.loading = this.load().finally(() => (this.loading = undefined));
      return this.loading;
    }
    this.queued ??= this.loading
      .catch(() => undefined)
      .then(() => {
        this.queued = undefined;
        return this.reload();
      });
    return this.queued;
  }

  private async load(): Promise<ContractShelf> {
    const readAt = this.now();
    const versions = await this.options.contracts.publishedContracts();
    const missing = versions.filter((version) => !this.compiled.has(keyOf(version)));
    if (missing.length > 0) {
      const hashes = new Set(missing.flatMap((version) => [version.hash, ...Object.values(version.calendars)]));
      const documents = await this.options.contracts.getDocuments([...hashes]);
      for (const version of missing) this.compiled.set(keyOf(version), this.compile(version, documents));
    }
    const contracts = new ContractShelf(
      versions.map((version) => ({ id: version.contract, contract: this.compiled.get(keyOf(version)) ?? null })),
    );
    this.shelf = { contracts, readAt };
    return contracts;
  }

  private compile(version: PublishedRow, documents: ReadonlyMap<string, Buffer>): Contract | null {
    const read = readPublished(version, documents);
    if (read.ok) return read.contract;
    this.logger.error(`${version.contract}@${version.version}: ${read.problem}`);
    return null;
  }

  private now(): number {
    return (this.options.now ?? Date.now)();
  }
}

function keyOf(version: PublishedRow): string {
  return JSON.stringify([
    version.contract,
    version.version,
    version.hash,
    version.fromInstant,
    Object.entries(version.calendars).sort(([a], [b]) => (a < b ? -1 : 1)),
  ]);
}
