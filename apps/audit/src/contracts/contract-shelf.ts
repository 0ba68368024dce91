import type { Instant } from '#libs/calendar';
import type { Contract } from '#libs/contract';
import { versionsOf, type ContractVersions } from '#libs/evaluation';
import type { RecordedVersion } from '#libs/store';

/** `contract` is undefined where the published files cannot be read here. */
export interface ShelfVersion {
  readonly published: RecordedVersion;
  readonly contract: Contract | undefined;
}

/** All published versions as of one snapshot, by contract and then by the instant they take force. */
export class ContractShelf {
  private readonly byContract = new Map<string, ShelfVersion[]>();

  constructor(versions: readonly ShelfVersion[]) {
    for (const version of versions) {
      const known = this.byContract.get(version.published.contract);
      if (known === undefined) this.byContract.set(version.published.contract, [version]);
      else known.push(version);
    }
  }

  ids(): readonly string[] {
    return [...this.byContract.keys()];
  }

  /** @param knownAt leaves out versions whose publication was recorded later */
  versionsOf(contract: string, knownAt: Instant = Infinity): readonly ShelfVersion[] {
    return (this.byContract.get(contract) ?? []).filter(({ published }) => published.publishedAt <= knownAt);
  }

  /** What judges the contract; undefined where one of its versions cannot be read here. */
  judging(contract: string, knownAt?: Instant): ContractVersions | undefined {
    const all = this.versionsOf(contract, knownAt);
    const readable = all.flatMap((version) => version.contract ?? []);
    return readable.length === 0 || readable.length < all.length ? undefined : versionsOf(readable);
  }

  /** The version in force at an instant; before the first one, that one. */
  inForce(contract: string, at: Instant | null): ShelfVersion | undefined {
    const versions = this.versionsOf(contract);
    const begun = versions.filter((version) => at !== null && version.published.fromInstant <= at);
    return begun.at(-1) ?? versions[0];
  }

  byHash(contract: string, hash: string): Contract | undefined {
    return this.versionsOf(contract).find((version) => version.published.hash === hash)?.contract;
  }

  /** Contracts by the zone that their local dates are read in. */
  idsByZone(): ReadonlyMap<string, readonly string[]> {
    const zones = new Map<string, string[]>();
    for (const [id, versions] of this.byContract) {
      const zone = versions.find((version) => version.contract !== undefined)?.contract?.zone;
      if (zone !== undefined) zones.set(zone, [...(zones.get(zone) ?? []), id]);
    }
    return zones;
  }
}
