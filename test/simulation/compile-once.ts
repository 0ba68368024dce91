import type { Contract } from '#libs/contract';
import { ContractLibrary } from '../../apps/monitor/src/contract-library.js';

interface Inside {
  readonly compiled: Map<string, Contract>;
  readonly store: { getDocuments(hashes: readonly string[]): Promise<Map<string, Buffer>> };
}

const MOST_COMPILATIONS = 500;

type Version = Parameters<ContractLibrary['version']>[1];

/** Contracts by the bytes and the date they were compiled from. */
class Compilations {
  private readonly known = new Map<string, Contract>();

  get(version: Version): Contract | undefined {
    return this.known.get(keyOf(version));
  }

  keep(version: Version, contract: Contract): void {
    if (this.known.size >= MOST_COMPILATIONS) this.known.clear();
    this.known.set(keyOf(version), contract);
  }

  of(version: Version, compile: () => Contract): Contract {
    const known = this.get(version) ?? compile();
    this.keep(version, known);
    return known;
  }
}

function keyOf({ hash, calendars, from }: Version): string {
  return JSON.stringify([hash, calendars, from]);
}

export const compilations = new Compilations();

/**
 * Simulated processes start by the hundred, and each reads its contracts anew. Compiling the same bytes once for all of them
 * takes most of the time away and nothing else: the bytes are still asked for, and missed where they are missing.
 */
export function compileOnce(): void {
  const { prototype } = ContractLibrary;
  const compile = prototype.version;
  prototype.version = async function (this: ContractLibrary, id, version) {
    const { compiled, store } = this as unknown as Inside;
    const key = keyOf(version);
    if (compiled.has(key)) return compile.call(this, id, version);
    const hashes = [version.hash, ...Object.values(version.calendars)];
    const documents = await store.getDocuments(hashes);
    const known = compilations.get(version);
    if (known !== undefined && hashes.every((hash) => documents.has(hash))) compiled.set(key, known);
    // Asked once, whether it is known or not: else what a seed does would depend on the seeds before it.
    const answered: Inside = { compiled, store: { getDocuments: () => Promise.resolve(documents) } };
    const contract = await compile.call(answered as unknown as ContractLibrary, id, version);
    compilations.keep(version, contract);
    return contract;
  };
}
