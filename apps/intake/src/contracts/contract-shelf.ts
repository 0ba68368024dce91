import type { Contract } from '#libs/contract';
import { versionsOf } from '#libs/evaluation';

/** All published contracts as they stood at one moment. */
export class ContractShelf {
  /** The version that checks new facts; null where a version of the contract cannot be read here. */
  private readonly latest = new Map<string, Contract | null>();
  /** Source -> the contract that takes its events where they name none. */
  private readonly defaults = new Map<string, string>();

  /** Door -> the contracts that wait for it. */
  private readonly fed = new Map<string, Set<string>>();

  /** @param published each version with its contract's id; `contract` null where it cannot be read here */
  constructor(published: readonly { readonly id: string; readonly contract: Contract | null }[]) {
    for (const id of new Set(published.map((version) => version.id))) {
      const versions = published.flatMap((version) => (version.id === id ? [version.contract] : []));
      const readable = versions.filter((contract) => contract !== null);
      this.latest.set(id, readable.length < versions.length ? null : (versionsOf(readable).at(-1) ?? null));
      for (const { sources } of readable)
        for (const { uri, isDefault, door } of sources.values()) {
          if (isDefault) this.defaults.set(uri, id);
          if (door !== null) this.fed.set(door, (this.fed.get(door) ?? new Set()).add(id));
        }
    }
  }

  /** Whose an event is: the contract it names, else its source's default. The contract need not be published. */
  contractIdOf(event: { readonly source: string; readonly contractid?: string }): string | undefined {
    return event.contractid ?? this.defaults.get(event.source);
  }

  /** Whether the contract that an event belongs to is published. */
  knows(event: { readonly source: string; readonly contractid?: string }): boolean {
    const id = this.contractIdOf(event);
    return id !== undefined && this.latest.has(id);
  }

  /** Contracts that say of a source that its facts come through the door, in any of their versions. */
  fedBy(door: string): readonly string[] {
    return [...(this.fed.get(door) ?? [])];
  }

  /** Undefined: not published. Null: published, but this release cannot read it. */
  find(id: string): Contract | null | undefined {
    return this.latest.get(id);
  }
}
