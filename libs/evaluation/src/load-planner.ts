import type { Instant } from '#libs/calendar';
import type { Fact, JsonObject } from '#libs/contract';
import { timedDuties } from './derive-duty.js';
import type { Closings } from './closings.js';
import { movesOf, withWatermark, type Move } from './contract-clock.js';
import type { ContractMemory } from './contract-memory.js';
import type { JudgeItem } from './judge-item.js';
import type { PartitionMemory } from './partition-memory.js';
import { keysOf, readCorrection } from './register-fact.js';
import { splitStateKey } from './subject-state.js';

export interface LoadPlan {
  readonly ids: readonly {
    readonly contract: string;
    readonly source: string;
    readonly id: string;
    readonly withStates: boolean;
  }[];
  readonly keys: readonly { readonly contract: string; readonly key: string }[];
  /** How many of the items can be judged with what one load brings; the rest waits for the next save. 0: fire a slice first. */
  readonly items: number;
}

/** Says what of the tables must be held before records can be judged, and how many of them fit one save. */
export class LoadPlanner {
  constructor(
    private readonly contracts: ReadonlyMap<string, ContractMemory>,
    private readonly memory: PartitionMemory,
    private readonly closings: Closings,
    /** Most that one save fires. */
    private readonly firings: number,
  ) {}

  /** What must be loaded to judge the items, and how many of them fit one save. */
  plan(items: readonly JudgeItem[]): LoadPlan {
    this.memory.forgetSaved();
    let horizons: ReadonlyMap<ContractMemory, Instant> = new Map();
    const ids = new Map<string, LoadPlan['ids'][number]>();
    const keys = new Map<string, LoadPlan['keys'][number]>();
    const wantKey = (contract: string, key: string): void => {
      if (!this.memory.holds(contract, key)) keys.set(`${contract}\n${key}`, { contract, key });
    };
    let taken = 0;
    let watermarks: ReadonlyMap<string, Instant> = new Map();
    for (const item of items) {
      const further = this.furtherHorizons(horizons, movesOf(this.contracts, item, { clocks: horizons, watermarks }));
      // What is left out must not widen what is loaded: of the keys before a horizon only so many are found, in no order.
      if (further !== horizons && this.dueWithin(further, this.firings + 1) > this.firings) break;
      horizons = further;
      taken++;
      if (item.kind === 'fact') this.wantFact(item.fact, ids, wantKey);
      if (item.kind === 'published') for (const { key } of timedDuties(item.versions)) wantKey(item.contract, key);
      if (item.kind === 'watermark') watermarks = withWatermark(watermarks, item);
      // What moves the clock changes here, so how far what follows will move it cannot be planned before.
      if (item.kind === 'import-begun' || item.kind === 'import-completed' || item.kind === 'published') break;
    }
    for (const [contract, horizon] of horizons) {
      for (const key of contract.deadlines.before(horizon, this.firings + 1)) {
        if (this.closings.owns(key)) continue;
        wantKey(contract.id, key);
        wantEvidence(contract.id, key, ids);
      }
    }
    return { ids: [...ids.values()], keys: [...keys.values()], items: taken };
  }

  /**
   * What must be loaded to tell whether a record of history will be accepted: in an import only accepted ones move the
   * clock. Undefined where the clock moves whatever becomes of the record.
   */
  planAcceptance(item: JudgeItem): LoadPlan | undefined {
    const open = item.kind === 'fact' ? this.contracts.get(item.fact.contract)?.import : undefined;
    if (item.kind !== 'fact' || open === null || open === undefined) return undefined;
    this.memory.forgetSaved();
    const ids = new Map<string, LoadPlan['ids'][number]>();
    const keys = new Map<string, LoadPlan['keys'][number]>();
    this.wantFact(item.fact, ids, (contract, key) => {
      if (!this.memory.holds(contract, key)) keys.set(`${contract}\n${key}`, { contract, key });
    });
    return { ids: [...ids.values()], keys: [...keys.values()], items: 1 };
  }

  /** The states that the next slice of firings of a contract needs, when its clock is to go to `to`. */
  planSlice(
    items: readonly JudgeItem[],
  ): { contract: ContractMemory; to: Instant; ids: LoadPlan['ids']; keys: LoadPlan['keys'] } | undefined {
    const first = items[0];
    if (first === undefined) return undefined;
    this.memory.forgetSaved();
    for (const [contract, to] of movesOf(this.contracts, first)) {
      const keys = moves(contract, to) ? contract.deadlines.firstBefore(to, this.firings) : [];
      if (keys.length === 0) continue;
      const ids = new Map<string, LoadPlan['ids'][number]>();
      for (const key of keys) wantEvidence(contract.id, key, ids);
      return {
        contract,
        to,
        ids: [...ids.values()],
        keys: keys
          .filter((key) => !this.closings.owns(key) && !this.memory.holds(contract.id, key))
          .map((key) => ({ contract: contract.id, key })),
      };
    }
    return undefined;
  }

  /**
   * What was accepted leads to in turn: the facts that asked corrections finally correct, and the states that waiting
   * replacements name, and the evidence that corrected words decide on. Seldom anything; then one more load brings it, for
   * `acceptMore`, and may lead on in turn.
   */
  follow({ ids: asked }: Pick<LoadPlan, 'ids'>): Pick<LoadPlan, 'ids' | 'keys'> {
    const ids = new Map<string, LoadPlan['ids'][number]>();
    const keys = new Map<string, LoadPlan['keys'][number]>();
    for (const { contract, source, id } of asked) {
      const entry = this.memory.entry(contract, source, id);
      const root = entry?.note?.root;
      if (root !== undefined)
        ids.set(`${contract}\n${root[0]}\n${root[1]}`, { contract, source: root[0], id: root[1], withStates: true });
      for (const key of entry?.keys ?? []) wantEvidence(contract, key, ids);
      for (const waiting of this.memory.waitingFor(contract, source, id)) {
        for (const key of this.keysNamedBy(contract, waiting.correction.data)) {
          if (!this.memory.holds(contract, key)) keys.set(`${contract}\n${key}`, { contract, key });
          wantEvidence(contract, key, ids);
        }
      }
    }
    for (const { contract, source, id, withStates } of asked) {
      const at = `${contract}\n${source}\n${id}`;
      if (withStates || ids.get(at)?.withStates === false) ids.delete(at);
    }
    return { ids: [...ids.values()], keys: [...keys.values()] };
  }

  /** States that replacement data can name by themselves, whatever type of fact they replace. */
  private keysNamedBy(contract: string, data: JsonObject | null): string[] {
    const versions = this.contracts.get(contract)?.versions;
    if (versions === null || versions === undefined || data === null) return [];
    const law = versions[versions.length - 1]!;
    const inner = data['data'];
    const candidates = [data, ...(typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? [inner] : [])];
    return candidates.flatMap((one) =>
      [...law.eventTypes.values()].flatMap((type) =>
        keysOf(law, { type: type.type, source: '', id: '', subject: undefined, data: one }),
      ),
    );
  }

  /** The horizons with the moves added; the same where none goes further. */
  private furtherHorizons(
    horizons: ReadonlyMap<ContractMemory, Instant>,
    moved: readonly Move[],
  ): ReadonlyMap<ContractMemory, Instant> {
    let further: Map<ContractMemory, Instant> | undefined;
    for (const [contract, target] of moved) {
      if (!moves(contract, target) || target <= (horizons.get(contract) ?? -Infinity)) continue;
      further ??= new Map(horizons);
      further.set(contract, target);
    }
    return further ?? horizons;
  }

  private dueWithin(horizons: ReadonlyMap<ContractMemory, Instant>, most: number): number {
    let due = 0;
    for (const [contract, horizon] of horizons) {
      due += contract.deadlines.countBefore(horizon, most - due);
      if (due >= most) break;
    }
    return due;
  }

  private wantFact(
    fact: Fact,
    ids: Map<string, LoadPlan['ids'][number]>,
    wantKey: (contract: string, key: string) => void,
  ): void {
    const versions = this.contracts.get(fact.contract)?.versions;
    if (versions === null || versions === undefined) return;
    const contract = versions[versions.length - 1]!;
    const want = (source: string, id: string, withStates: boolean): void => {
      const at = `${fact.contract}\n${source}\n${id}`;
      const known = ids.get(at);
      if (known === undefined || (withStates && !known.withStates))
        ids.set(at, { contract: fact.contract, source, id, withStates });
    };
    // What waits for the fact feeds its states, so the states of its keys are enough for it.
    want(fact.source, fact.id, false);
    for (const key of keysOf(contract, fact)) {
      wantKey(fact.contract, key);
      const decided = evidenceOf(key);
      if (decided !== undefined) want(decided.source, decided.id, false);
    }
    if (fact.type === contract.vocabulary.correction) {
      const correction = readCorrection(fact);
      want(correction.targetSource, correction.targetId, true);
      for (const key of this.keysNamedBy(fact.contract, correction.data)) {
        wantKey(fact.contract, key);
        wantEvidence(fact.contract, key, ids);
      }
    }
  }
}

/** What is due before a clock that stays where it is waits until it goes on. */
function moves({ clock }: ContractMemory, to: Instant): boolean {
  return clock === null || to > clock;
}

/** Whoever judges what was said about late evidence must know which states the evidence feeds. */
function evidenceOf(key: string): { readonly source: string; readonly id: string } | undefined {
  const { kind, subject } = splitStateKey(key);
  const space = subject.indexOf(' ');
  return kind === 'evidence:' && space > 0
    ? { source: subject.slice(0, space), id: subject.slice(space + 1) }
    : undefined;
}

function wantEvidence(contract: string, key: string, ids: Map<string, LoadPlan['ids'][number]>): void {
  const decided = evidenceOf(key);
  if (decided === undefined) return;
  const at = `${contract}\n${decided.source}\n${decided.id}`;
  if (!ids.has(at)) ids.set(at, { contract, ...decided, withStates: false });
}
