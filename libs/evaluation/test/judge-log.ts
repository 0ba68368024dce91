import {
  newContractMemory,
  packState,
  PartitionJudge,
  unpackState,
  type ContractMemory,
  type ContractVersions,
  type IdEntry,
  type JudgeItem,
  type JudgeOutcome,
  type LoadedRows,
  type LoadPlan,
} from '../src/index.js';
import type { WaitingCorrection } from '../src/register-fact.js';
import type { SubjectState } from '../src/subject-state.js';

/**
 * Judges a log as the owner of a partition does, over tables in memory: what is held between saves is what the tables can
 * give back, as text.
 */
export class LogJudge {
  readonly outcomes: JudgeOutcome[] = [];
  private readonly ids = new Map<string, string>();
  private readonly waiting = new Map<string, string>();
  private readonly stateRows = new Map<
    string,
    { readonly contract: string; readonly key: string; readonly packed: string; readonly nextInstant: number | null }
  >();
  private readonly contracts = new Map<string, string>();
  private judge: PartitionJudge;

  constructor(
    private readonly versions: ContractVersions,
    private readonly limits: { readonly firings: number; readonly heldStates: number },
  ) {
    const contract = newContractMemory(versions[0].id);
    contract.versions = versions;
    this.judge = new PartitionJudge([contract], limits);
    this.keepContract(contract);
  }

  /** One batch: as many saves as it takes. */
  take(batch: readonly JudgeItem[]): void {
    for (let left = batch; left.length > 0;) {
      let plan = this.judge.plan(left);
      const first = left[0]!;
      if (plan.items === 0) {
        const asked = this.judge.planAcceptance(first);
        if (asked !== undefined) this.load(asked);
        if (asked !== undefined && !this.judge.accepts(first)) plan = asked;
      }
      if (plan.items === 0) {
        const slice = this.judge.planSlice(left);
        if (slice === undefined) throw new Error('nothing fits a save, and nothing is to be fired before');
        this.load({ ids: [], keys: slice.keys });
        this.judge.fireSlice(slice.contract, slice.to);
      } else {
        this.load(plan);
        this.judge.judge(left.slice(0, plan.items));
      }
      this.save(this.judge.take());
      left = left.slice(plan.items);
    }
  }

  /** Another process takes over: nothing is left but what was saved. */
  takeOver(): void {
    const contracts = [...this.contracts.values()].map((text) => this.contractFrom(text));
    for (const { contract, key, nextInstant } of this.stateRows.values())
      contracts.find(({ id }) => id === contract)?.deadlines.set(key, nextInstant);
    this.judge = new PartitionJudge(contracts, this.limits);
  }

  /** Everything that was saved, in no order. */
  tables(): object {
    return {
      ids: Object.fromEntries(this.ids),
      waiting: Object.fromEntries(this.waiting),
      states: Object.fromEntries(this.stateRows),
      contracts: Object.fromEntries(this.contracts),
    };
  }

  states(): { key: string; state: SubjectState }[] {
    return [...this.stateRows.values()].map(({ key, packed }) => ({ key, state: unpackState(key, packed) }));
  }

  get decisions(): JudgeOutcome['decisions'] {
    return this.outcomes.flatMap((outcome) => outcome.decisions);
  }

  /** The contract's clock. */
  get clock(): number | null {
    return this.judge.contracts.get(this.versions[0].id)?.clock ?? null;
  }

  private load(plan: Pick<LoadPlan, 'ids' | 'keys'>): void {
    const rows = this.read(plan);
    const further = this.judge.follow(rows);
    const more = this.read(further);
    this.judge.accept(
      { ids: [...rows.ids, ...more.ids], waiting: rows.waiting, states: [...rows.states, ...more.states] },
      { keys: [...plan.keys, ...further.keys] },
    );
  }

  private read({ ids, keys }: Pick<LoadPlan, 'ids' | 'keys'>): LoadedRows {
    const found: LoadedRows['ids'][number][] = [];
    const wanted = new Map(keys.map(({ contract, key }) => [`${contract}\n${key}`, { contract, key }]));
    const waiting: LoadedRows['waiting'][number][] = [];
    for (const { contract, source, id, withStates } of ids) {
      const text = this.ids.get(`${contract}\n${source}\n${id}`);
      if (text !== undefined) {
        const entry = JSON.parse(text) as IdEntry;
        found.push({ contract, source, id, entry });
        if (withStates) for (const key of entry.keys) wanted.set(`${contract}\n${key}`, { contract, key });
      }
      for (const one of this.waiting.values()) {
        const row = JSON.parse(one) as { contract: string; waiting: WaitingCorrection };
        if (row.contract === contract && row.waiting.targetSource === source && row.waiting.targetId === id)
          waiting.push(row);
      }
    }
    const states = [...wanted].flatMap(([at, { contract, key }]) => {
      const row = this.stateRows.get(at);
      return row === undefined ? [] : [{ contract, key, state: unpackState(key, row.packed) }];
    });
    return { ids: found, waiting, states };
  }

  private save(outcome: JudgeOutcome): void {
    this.outcomes.push(outcome);
    for (const [at, { entry }] of outcome.ids) this.ids.set(at, JSON.stringify(entry));
    for (const { contract, source, id } of outcome.waitingRemoved) this.waiting.delete(`${contract}\n${source}\n${id}`);
    for (const row of outcome.waitingAdded) {
      const { source, id } = row.waiting.correction;
      this.waiting.set(`${row.contract}\n${source}\n${id}`, JSON.stringify(row));
    }
    for (const [at, { contract, key, state, nextInstant }] of outcome.states)
      this.stateRows.set(at, { contract, key, packed: packState(state), nextInstant });
    for (const contract of outcome.contracts) this.keepContract(contract);
  }

  private keepContract({ id, clock, lastNumber, hasFacts, published, import: open }: ContractMemory): void {
    this.contracts.set(id, JSON.stringify({ id, clock, lastNumber, hasFacts, published, import: open }));
  }

  private contractFrom(text: string): ContractMemory {
    const kept = JSON.parse(text) as Omit<ContractMemory, 'versions' | 'deadlines'>;
    return Object.assign(newContractMemory(kept.id), kept, { versions: this.versions });
  }
}
