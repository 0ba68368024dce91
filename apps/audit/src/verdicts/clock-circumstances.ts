import { Injectable } from '@nestjs/common';
import type { Instant } from '#libs/calendar';
import {
  bearingKinds,
  deriveCircumstances,
  unpackState,
  type Circumstances,
  type ContractVersions,
} from '#libs/evaluation';
import type { ContractStanding, Snapshot } from '#libs/store';
import type { ContractShelf } from '../contracts/contract-shelf.js';

const MAX_CONTRACTS = 200;

/** What verdicts of a contract are judged by at its clock; `fault`: why that cannot be told. */
export type Bench =
  | { readonly clock: Instant; readonly versions: ContractVersions; readonly circumstances: Circumstances }
  | { readonly fault: string };

/** What bears on the cases of contracts from outside them at their clocks, from the stored states; kept while nothing is saved. */
@Injectable()
export class ClockCircumstances {
  private readonly kept = new Map<string, { readonly key: string; readonly bench: Bench }>();

  async of(read: Snapshot, shelf: ContractShelf, contracts: readonly string[]): Promise<ReadonlyMap<string, Bench>> {
    const benches = new Map<string, Bench>();
    const missing: { key: string; contract: string; clock: Instant; versions: ContractVersions }[] = [];
    for (const [contract, standing] of await read.standings(contracts)) {
      const versions = shelf.judging(contract);
      const { clock } = standing;
      if (versions === undefined || clock === null) continue;
      const key = keyOf(standing, versions);
      const known = this.kept.get(contract);
      if (known?.key === key) benches.set(contract, known.bench);
      else missing.push({ key, contract, clock, versions });
    }
    const kinds = missing.flatMap(({ contract, versions }) =>
      [...bearingKinds(versions)].map((kind) => ({ contract, kind })),
    );
    const states = await read.statesOfKinds(kinds);
    for (const { key, contract, clock, versions } of missing) {
      const own = states.filter((state) => state.contract === contract);
      const bench = benchOf(versions, own, clock);
      this.keep(contract, { key, bench });
      benches.set(contract, bench);
    }
    return benches;
  }

  private keep(contract: string, made: { readonly key: string; readonly bench: Bench }): void {
    this.kept.delete(contract);
    this.kept.set(contract, made);
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= MAX_CONTRACTS) break;
      this.kept.delete(oldest);
    }
  }
}

function benchOf(
  versions: ContractVersions,
  states: readonly { readonly key: string; readonly packed: string }[],
  clock: Instant,
): Bench {
  try {
    const unpacked = states.map(({ key, packed }) => unpackState(key, packed));
    const circumstances = deriveCircumstances(versions, unpacked, { at: clock, passed: false });
    return { clock, versions, circumstances };
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error) };
  }
}

function keyOf({ position, clock }: ContractStanding, versions: ContractVersions): string {
  return JSON.stringify([position, clock, versions.map(({ hash, calendarHashes }) => [hash, calendarHashes])]);
}
