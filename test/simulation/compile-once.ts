import type { Contract } from '#libs/contract';
import { ContractLibrary } from '../../apps/monitor/src/contract-library.js';

interface Inside {
  readonly compiled: Map<string, Contract>;
  readonly store: { getDocuments(hashes: readonly string[]): Promise<Map<string, Buffer>> };
}

const compilations = new Map<string, Contract>();
const MOST_COMPILATIONS = 500;

/**
 * Simulated processes start by the hundred, and each reads its contracts anew. Compiling the same bytes once for all of them
 * takes most of the time away and nothing else: the bytes are still asked for, and missed where they are missing.
 */
export function compileOnce(): void {
  const { prototype } = ContractLibrary;
  const compile = prototype.version;
  prototype.version = async function (this: ContractLibrary, id, version) {
    const { compiled, store } = this as unknown as Inside;
    const key = JSON.stringify([version.hash, version.calendars, version.from]);
    if (compiled.has(key)) return compile.call(this, id, version);
    const hashes = [version.hash, ...Object.values(version.calendars)];
    const documents = await store.getDocuments(hashes);
    const known = compilations.get(key);
    if (known !== undefined && hashes.every((hash) => documents.has(hash))) compiled.set(key, known);
    // Asked once, whether it is known or not: else what a seed does would depend on the seeds before it.
    const answered: Inside = { compiled, store: { getDocuments: () => Promise.resolve(documents) } };
    const contract = await compile.call(answered as unknown as ContractLibrary, id, version);
    if (compilations.size >= MOST_COMPILATIONS) compilations.clear();
    compilations.set(key, contract);
    return contract;
  };
}
