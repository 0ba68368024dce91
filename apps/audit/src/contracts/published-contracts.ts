import { Injectable, Logger } from '@nestjs/common';
import { readPublished, type Contract } from '#libs/contract';
import type { RecordedVersion, Snapshot } from '#libs/store';
import { ContractShelf } from './contract-shelf.js';

/** The contract versions that the stream has published, compiled once per hash. */
@Injectable()
export class PublishedContracts {
  private readonly logger = new Logger(PublishedContracts.name);
  /** By the hashes of the contract file and of its calendars; null where the files cannot be read here. */
  private readonly compiled = new Map<string, Contract | null>();

  async load(read: Snapshot): Promise<ContractShelf> {
    const versions = await read.published();
    const missing = versions.filter((version) => !this.compiled.has(keyOf(version)));
    if (missing.length > 0) {
      const hashes = new Set(missing.flatMap((version) => [version.hash, ...Object.values(version.calendars)]));
      const documents = await read.documents([...hashes]);
      for (const version of missing) this.compiled.set(keyOf(version), this.compile(version, documents));
    }
    return new ContractShelf(
      versions.map((published) => ({ published, contract: this.compiled.get(keyOf(published)) ?? undefined })),
    );
  }

  private compile(version: RecordedVersion, documents: ReadonlyMap<string, Buffer>): Contract | null {
    const read = readPublished(version, documents);
    if (read.ok) return read.contract;
    this.logger.error(`${version.contract}@${version.version}: ${read.problem}`);
    return null;
  }
}

function keyOf(version: RecordedVersion): string {
  return JSON.stringify([
    version.hash,
    version.fromInstant,
    Object.entries(version.calendars).sort(([a], [b]) => (a < b ? -1 : 1)),
  ]);
}
