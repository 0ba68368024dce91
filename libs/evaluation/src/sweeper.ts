import type { Instant } from '#libs/calendar';
import type { Contract } from '#libs/contract';
import { bearingKinds } from './bearing.js';
import { changedScope } from './changed-scope.js';
import type { ContractMemory } from './contract-memory.js';
import type { ContractVersions } from './contract-versions.js';
import { deriveCircumstances } from './derive-circumstances.js';
import type { JudgeItem } from './judge-item.js';
import type { PartitionMemory } from './partition-memory.js';
import type { Occasion, SubjectJudge } from './subject-judge.js';
import { splitStateKey, type SubjectState } from './subject-state.js';
import { isAhead, type SweepScope } from './sweep.js';
import { versionScope } from './version-scope.js';

/** The subjects that a sweep comes to next: named, or the next of some kinds after a key. */
export type SweepSlice = {
  readonly contract: ContractMemory;
  readonly after: string;
  readonly limit: number;
} & (
  | { readonly keys: readonly string[]; readonly kinds?: undefined }
  | { readonly kinds: readonly string[]; readonly keys?: undefined }
);

/**
 * Tells the subjects of a contract what has changed around them. A change of circumstances begins a sweep; each subject in its
 * scope is judged as of the instant of the change, with the circumstances of then, when its slice comes or it is touched before.
 */
export class Sweeper {
  constructor(
    private readonly contracts: ReadonlyMap<string, ContractMemory>,
    private readonly memory: PartitionMemory,
    private readonly subjects: SubjectJudge,
    /** Most subjects of one slice. */
    private readonly limit: number,
  ) {}

  /** A subject was judged: where it bears on others, what it says now may touch them. */
  judged(contract: ContractMemory, { kind }: SubjectState, occasion: Occasion): void {
    const versions = contract.versions!;
    if (!bearingKinds(versions).has(kind)) return;
    const { now } = occasion;
    const before = contract.circumstances;
    contract.circumstances = deriveCircumstances(versions, contract.bearing.values(), now);
    contract.circumstancesAt = now;
    const fedBy = (source: string, id: string) => this.memory.entry(contract.id, source, id)?.keys ?? [];
    const scope = changedScope(versions, before, contract.circumstances, fedBy);
    if (scope !== undefined) this.begin(contract, occasion, scope);
  }

  /** A version was published beside others: it may move running instances, and excuse other spans. */
  published(contract: ContractMemory, version: number): void {
    if (!contract.hasFacts || contract.clock === null) return;
    const versions = contract.versions!;
    const now = { at: contract.clock, passed: false };
    const published = versions.find((one) => one.version === version);
    const scope = published === undefined ? undefined : versionScope(versions, published, contract.clock);
    const asOf = contract.circumstancesAt ?? now;
    contract.circumstances = deriveCircumstances(versions, contract.bearing.values(), asOf);
    if (scope === undefined) return;
    this.begin(contract, { now, cause: { kind: 'published', version }, backfill: undefined }, scope);
  }

  /** Somebody found that the stored facts, judged anew, give otherwise than was recorded of some subjects. */
  replayed(contract: ContractMemory, { id, reason, scope }: Extract<JudgeItem, { kind: 'replayed' }>): void {
    if (!contract.hasFacts || contract.clock === null) return;
    const now = { at: contract.clock, passed: false };
    // The program may read what bears on others differently too.
    contract.circumstances = deriveCircumstances(contract.versions!, contract.bearing.values(), now);
    contract.circumstancesAt = now;
    this.begin(contract, { now, cause: { kind: 'replay', id, reason }, backfill: undefined }, scope);
  }

  /**
   * Lets every unfinished sweep that has not come to a subject go over it now, and after each what has fallen due of it
   * since: as if its turn had come at once. Undefined where none is ahead of it.
   */
  catchUp(contract: ContractMemory, key: string, until: Instant): SubjectState | undefined {
    if (contract.sweeps.length === 0) return undefined;
    const { kind } = splitStateKey(key);
    let state = this.memory.state(contract.id, key);
    if (state === undefined) throw new Error(`state ${key} of contract ${contract.id} was not loaded for its sweep`);
    const ahead = contract.sweeps.filter((one) => isAhead(one, kind, key) && one.number > (state!.swept ?? 0));
    if (ahead.length === 0) return undefined;
    ahead.forEach((sweep, place) => {
      const limit = ahead[place + 1]?.now.at ?? until;
      const known = contract.versions!.filter(({ version }) => sweep.versions.includes(version));
      const occasion = { ...sweep, versions: known as readonly Contract[] as ContractVersions };
      let judged = this.subjects.judge(contract, key, { ...state!, swept: sweep.number }, occasion);
      for (let at = judged.nextInstant; at !== null && at < limit; at = judged.nextInstant) {
        const now = { at: Math.max(at, sweep.now.at), passed: true };
        const cause = { kind: 'deadline', at } as const;
        judged = this.subjects.judge(contract, key, judged.state, { ...occasion, now, cause });
        if (judged.nextInstant !== null && judged.nextInstant <= at)
          throw new Error(`deadline of state ${key} of contract ${contract.id} does not go forward (${at})`);
      }
      state = judged.state;
    });
    return state;
  }

  /** The next slice of the sweep that began first; undefined where none is unfinished. */
  next(): SweepSlice | undefined {
    const { limit } = this;
    for (const contract of this.contracts.values()) {
      const sweep = contract.sweeps[0];
      if (sweep === undefined) continue;
      const { scope, after } = sweep;
      if (scope.by === 'kinds') return { contract, after, limit, kinds: scope.kinds };
      return { contract, after, limit, keys: scope.keys.filter((key) => isAhead(sweep, '', key)).slice(0, limit) };
    }
    return undefined;
  }

  /** Judges the subjects of a slice, whose states were accepted before. Fewer than its limit: the sweep has come to its end. */
  sweep({ contract, limit }: SweepSlice, keys: readonly string[]): void {
    const [sweep, ...others] = contract.sweeps;
    if (sweep === undefined) return;
    for (const key of keys) this.catchUp(contract, key, contract.clock ?? sweep.now.at);
    const after = keys[keys.length - 1] ?? sweep.after;
    contract.sweeps = keys.length < limit ? others : [{ ...sweep, after }, ...others];
    this.memory.outcome.contracts.add(contract);
  }

  private begin(
    contract: ContractMemory,
    { now, cause, backfill }: Omit<Occasion, 'circumstances'>,
    scope: SweepScope,
  ): void {
    const number = ++contract.lastSweep;
    const { circumstances } = contract;
    const versions = contract.versions!.map(({ version }) => version);
    contract.sweeps = [...contract.sweeps, { number, now, cause, backfill, circumstances, versions, scope, after: '' }];
    this.memory.outcome.contracts.add(contract);
  }
}
