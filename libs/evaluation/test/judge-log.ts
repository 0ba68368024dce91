import {
  bearingKinds,
  keptSweep,
  newContractMemory,
  packState,
  PartitionJudge,
  restoreBearing,
  restoreFaulted,
  sweepFrom,
  unpackState,
  type ContractMemory,
  type ContractVersions,
  type CountedSpan,
  type IdEntry,
  type JudgeItem,
  type JudgeOutcome,
  type KeptSweep,
  type LoadedRows,
  type LoadPlan,
  type RecordedStandard,
  type StandardDecision,
  type StandardVerdict,
} from '../src/index.js';
import { compareCodePoints } from '../src/order-facts.js';
import type { WaitingCorrection } from '../src/register-fact.js';
import type { SubjectState } from '../src/subject-state.js';

/** When the answer of a save that is under way comes, and when a load sees what it wrote. */
export type Commit = 'before the load' | 'seen before told' | 'during the load' | 'after judging';

/**
 * Judges a log as the owner of a partition does, over tables in memory: what is held between saves is what the tables can
 * give back, as text. One save may be under way while the next records are judged.
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
  private readonly counters = new Map<string, CountedSpan & { readonly contract: string }>();
  private readonly periods = new Map<string, { readonly contract: string; readonly recorded: RecordedStandard }>();
  private judge: PartitionJudge;
  private saving: { readonly outcome: JudgeOutcome; readonly contracts: ReadonlyMap<string, string> } | undefined;
  private written = true;
  private turn = 0;

  constructor(
    private versions: ContractVersions,
    private readonly limits: { readonly firings: number; readonly heldStates: number },
    /** In turn, over and over. */
    private readonly commits: readonly Commit[] = ['before the load'],
  ) {
    const contract = newContractMemory(versions[0].id);
    contract.versions = versions;
    this.judge = new PartitionJudge([contract], limits);
    this.contracts.set(contract.id, keptContract(contract));
  }

  /** One batch: as many saves as it takes. */
  take(batch: readonly JudgeItem[]): void {
    for (let left = batch; left.length > 0;) {
      const commit = this.commits[this.turn++ % this.commits.length]!;
      if (commit === 'before the load') this.commit();
      if (commit === 'seen before told') this.write();
      let plan = this.judge.plan(left);
      const first = left[0]!;
      if (plan.items === 0) {
        const asked = this.judge.planAcceptance(first);
        if (asked !== undefined) this.load(asked, commit);
        if (asked !== undefined && !this.judge.accepts(first)) plan = asked;
      }
      if (plan.items === 0) {
        const slice = this.judge.planSlice(left);
        if (slice === undefined) throw new Error('nothing fits a save, and nothing is to be fired before');
        this.load({ ids: slice.ids, keys: slice.keys }, commit);
        this.judge.fireSlice(slice.contract, slice.to);
      } else {
        this.load(plan, commit);
        this.judge.judge(left.slice(0, plan.items));
      }
      for (const item of left.slice(0, plan.items)) if (item.kind === 'published') this.versions = item.versions;
      this.save(this.judge.take());
      left = left.slice(plan.items);
    }
  }

  /** One slice of a sweep, where one is unfinished. */
  sweep(): boolean {
    const slice = this.judge.nextSweep();
    if (slice === undefined) return false;
    this.commit();
    const { contract, kinds, after, limit } = slice;
    const found = [...this.stateRows.values()].filter(
      (row) =>
        kinds?.includes(row.key.slice(0, row.key.indexOf('/'))) === true && compareCodePoints(row.key, after) > 0,
    );
    const rows = found.sort((a, b) => compareCodePoints(a.key, b.key)).slice(0, limit);
    const keys = slice.keys ?? rows.map(({ key }) => key);
    this.load({ ids: [], keys: keys.map((key) => ({ contract: contract.id, key })) }, 'before the load');
    this.judge.sweep(slice, keys);
    this.save(this.judge.take());
    return true;
  }

  private bearingStates(): { key: string; state: SubjectState }[] {
    const kinds = bearingKinds(this.versions);
    const states = this.states().filter(({ key }) => kinds.has(key.slice(0, key.indexOf('/'))));
    return states.sort((a, b) => compareCodePoints(a.key, b.key));
  }

  /** Another process takes over: nothing is left but what was saved. */
  takeOver(): void {
    this.commit();
    const contracts = [...this.contracts.values()].map((text) => this.contractFrom(text));
    for (const { contract, key, nextInstant } of this.stateRows.values())
      contracts.find(({ id }) => id === contract)?.deadlines.set(key, nextInstant);
    for (const contract of contracts) for (const [key, at] of [...contract.faulted]) restoreFaulted(contract, key, at);
    for (const contract of contracts) restoreBearing(contract, this.bearingStates());
    for (const one of this.counters.values())
      contracts.find(({ id }) => id === one.contract)?.standards.restore(this.versions, one);
    for (const { contract, recorded } of this.periods.values())
      contracts.find(({ id }) => id === contract)?.standards.record(recorded);
    this.judge = new PartitionJudge(contracts, this.limits);
  }

  /** Everything that was saved, in no order. */
  tables(): object {
    this.commit();
    return {
      ids: Object.fromEntries(this.ids),
      waiting: Object.fromEntries(this.waiting),
      states: Object.fromEntries(this.stateRows),
      contracts: Object.fromEntries(this.contracts),
      counters: Object.fromEntries(this.counters),
      periods: Object.fromEntries(this.periods),
    };
  }

  /** Every standard in its begun periods, as the owner has counted it. */
  standards(): StandardVerdict[] {
    const { versions, standards, clock, circumstances } = this.judge.contracts.get(this.versions[0].id)!;
    return standards.results(versions!, clock ?? -Infinity, circumstances.gaps);
  }

  /** Decisions about closed periods. */
  get closings(): StandardDecision[] {
    return this.outcomes.flatMap((outcome) => outcome.standards);
  }

  states(): { key: string; state: SubjectState }[] {
    this.commit();
    return [...this.stateRows.values()].map(({ key, packed }) => ({ key, state: unpackState(key, packed) }));
  }

  get decisions(): JudgeOutcome['decisions'] {
    return this.outcomes.flatMap((outcome) => outcome.decisions);
  }

  /** When something falls due by time alone; null where nothing does. */
  get nextDeadline(): number | null {
    return this.judge.nextDeadline();
  }

  /** The contract's clock. */
  get clock(): number | null {
    return this.judge.contracts.get(this.versions[0].id)?.clock ?? null;
  }

  private load(plan: Pick<LoadPlan, 'ids' | 'keys'>, commit: Commit): void {
    const rows = this.read(plan);
    if (commit === 'during the load') this.commit();
    this.judge.accept(rows, plan);
    let further = this.judge.follow(plan);
    for (let round = 0; round < 3; round++) {
      this.judge.acceptMore(this.read(further), further);
      further = this.judge.follow(further);
    }
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

  /** Behind what is under way. A row is made when its outcome is handed out: what is judged meanwhile changes the contract on. */
  private save(outcome: JudgeOutcome): void {
    this.commit();
    this.outcomes.push(outcome);
    this.saving = { outcome, contracts: new Map([...outcome.contracts].map((one) => [one.id, keptContract(one)])) };
    this.written = false;
  }

  private commit(): void {
    this.write();
    if (this.saving !== undefined) this.judge.saved(this.saving.outcome);
    this.saving = undefined;
  }

  private write(): void {
    if (this.saving === undefined || this.written) return;
    this.written = true;
    const { outcome, contracts } = this.saving;
    for (const [at, { entry }] of outcome.ids) this.ids.set(at, JSON.stringify(entry));
    for (const { contract, source, id } of outcome.waitingRemoved) this.waiting.delete(`${contract}\n${source}\n${id}`);
    for (const row of outcome.waitingAdded) {
      const { source, id } = row.waiting.correction;
      this.waiting.set(`${row.contract}\n${source}\n${id}`, JSON.stringify(row));
    }
    for (const [at, { contract, key, state, nextInstant }] of outcome.states)
      this.stateRows.set(at, { contract, key, packed: packState(state), nextInstant });
    for (const [id, text] of contracts) this.contracts.set(id, text);
    for (const [at, { minute, sum, ...change }] of outcome.figures) {
      const known = this.counters.get(at);
      this.counters.set(at, {
        ...change,
        at: minute,
        good: change.good + (known?.good ?? 0),
        items: change.items + (known?.items ?? 0),
        undecided: change.undecided + (known?.undecided ?? 0),
        sum: sum.plus(known?.sum ?? '0').toString(),
      });
    }
    for (const [at, row] of outcome.periods) this.periods.set(at, row);
  }

  private contractFrom(text: string): ContractMemory {
    const kept = JSON.parse(text) as Omit<ContractMemory, 'versions' | 'deadlines' | 'standards'>;
    const maps = {
      doors: new Map(kept.doors),
      signs: new Map(kept.signs),
      silent: new Map(kept.silent),
      faulted: new Map(kept.faulted),
      sweeps: (kept.sweeps as unknown as KeptSweep[]).map(sweepFrom),
    };
    return Object.assign(newContractMemory(kept.id), kept, maps, { versions: this.versions });
  }
}

function keptContract({
  versions: _,
  deadlines: __,
  bearing: ___,
  circumstances: ____,
  standards: _____,
  ...memory
}: ContractMemory): string {
  const maps = {
    doors: [...memory.doors],
    signs: [...memory.signs],
    silent: [...memory.silent],
    faulted: [...memory.faulted],
    sweeps: memory.sweeps.map(keptSweep),
  };
  return JSON.stringify({ ...memory, ...maps });
}
