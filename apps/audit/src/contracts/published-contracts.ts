import { Injectable, Logger } from '@nestjs/common';
import { readCalendar, type Calendar } from '#libs/calendar';
import { readContract, type Contract } from '#libs/contract';
import type { PublishedRow, Snapshot } from '#libs/store';
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

  private compile(version: PublishedRow, documents: ReadonlyMap<string, Buffer>): Contract | null {
    const name = `${version.contract}@${version.version}`;
    const calendars = new Map<string, Calendar>();
    for (const [id, hash] of Object.entries(version.calendars)) {
      const calendar = documents.get(hash);
      const read = calendar === undefined ? undefined : readCalendar(`${name}/${id}`, calendar.toString('utf8'));
      if (read?.ok === true) calendars.set(id, read.value);
    }
    const file = documents.get(version.hash);
    if (file === undefined) {
      this.logger.error(`${name}: the store has no file of hash ${version.hash}`);
      return null;
    }
    const read = readContract(name, file.toString('utf8'), calendars);
    // The stream has the word on when a version takes effect.
    if (read.ok) return { ...read.value, inForceFrom: version.fromInstant };
    const problems = read.problems.map((one) => `${one.file}:${one.line}:${one.column}: ${one.message}`);
    this.logger.error(`${name}: the published file cannot be read by this version: ${problems.join('; ')}`);
    return null;
  }
}

function keyOf(version: PublishedRow): string {
  return JSON.stringify([
    version.hash,
    version.fromInstant,
    Object.entries(version.calendars).sort(([a], [b]) => (a < b ? -1 : 1)),
  ]);
}
