import type { Instant } from '#libs/calendar';
import type { Fact, Refusal } from '#libs/contract';
import { movesOf, reach, startingInstant, takeWatermark, type Move } from './contract-clock.js';
import { newContractMemory, type ContractMemory, type ImportState } from './contract-memory.js';
import type { ContractVersions } from './contract-versions.js';
import type { Now } from './derive-clock.js';
import { DutyTimers } from './duty-timers.js';
import { awaitSigns, nextSilence, signOfFact, signOfWatermark, watchFeeds } from './feeds.js';
import type { JudgeItem, RawRecord } from './judge-item.js';
import type { JudgeOutcome } from './judge-outcome.js';
import { LoadPlanner, type LoadPlan } from './load-planner.js';
import { PartitionMemory, type LoadedRows } from './partition-memory.js';
import { registerFact, type Registration } from './register-fact.js';
import { SubjectJudge } from './subject-judge.js';
import { withFacts, type SubjectState } from './subject-state.js';
import { Sweeper, type SweepSlice } from './sweeper.js';
import type { Decision } from './verdict.js';

/** Facts may be dated ahead of the clock by this much at most; what is later is implausible (readings 3). */
const MAX_AHEAD_MILLIS = 5 * 60_000;

/**
 * Judges the records of one partition in stream order: pure and synchronous, over what was loaded. Each record and each
 * firing is judged and diffed singly, so decisions and their numbers do not depend on how the log is cut into batches.
 *
 * A failure leaves memory and store apart: the caller then drops the judge and takes the partition again.
 */
export class PartitionJudge {
  readonly contracts = new Map<string, ContractMemory>();
  private readonly memory: PartitionMemory;
  private readonly planner: LoadPlanner;
  private readonly subjects: SubjectJudge;
  private readonly dutyTimers: DutyTimers;
  private readonly sweeper: Sweeper;

  constructor(
    contracts: readonly ContractMemory[],
    private readonly limits: { readonly firings: number; readonly heldStates: number } = {
      firings: 1_000,
      heldStates: 20_000,
    },
  ) {
    for (const contract of contracts) this.contracts.set(contract.id, contract);
    this.memory = new PartitionMemory(limits.heldStates);
    this.planner = new LoadPlanner(this.contracts, this.memory, limits.firings);
    this.subjects = new SubjectJudge(this.memory);
    this.dutyTimers = new DutyTimers(this.memory, this.subjects);
    this.sweeper = new Sweeper(this.contracts, this.memory, this.subjects, limits.firings);
  }

  /** What must be loaded to judge the items, and how many of them fit one save. */
  plan(items: readonly JudgeItem[]): LoadPlan {
    return this.planner.plan(items);
  }

  /**
   * What must be loaded to tell whether a record of history will be accepted: in an import only accepted ones move the
   * clock. Undefined where the clock moves whatever becomes of the record.
   */
  planAcceptance(item: JudgeItem): LoadPlan | undefined {
    return this.planner.planAcceptance(item);
  }

  /** Whether the fact will be accepted, once what `planAcceptance` asked for is loaded; changes nothing. */
  accepts(item: JudgeItem): boolean {
    if (item.kind !== 'fact') return false;
    const versions = this.contracts.get(item.fact.contract)?.versions ?? null;
    return versions !== null && this.register(versions, item.fact).outcome === 'accepted';
  }

  /** The states that the next slice of firings of a contract needs, when its clock is to go to `to`. */
  planSlice(items: readonly JudgeItem[]): ReturnType<LoadPlanner['planSlice']> {
    return this.planner.planSlice(items);
  }

  /** What was accepted leads to in turn: seldom anything; then one more load brings it, for `acceptMore`. */
  follow(plan: Pick<LoadPlan, 'ids'>): Pick<LoadPlan, 'ids' | 'keys'> {
    return this.planner.follow(plan);
  }

  /** Takes what was loaded; ids and waiting corrections hold for the next batch only. */
  accept(rows: LoadedRows, plan: Pick<LoadPlan, 'keys'>): void {
    this.memory.accept(rows, plan);
  }

  /** Takes what was loaded besides, as `follow` asked. */
  acceptMore(rows: LoadedRows, plan: Pick<LoadPlan, 'keys'>): void {
    this.memory.acceptMore(rows, plan);
  }

  /** Judges the items in order. */
  judge(items: readonly JudgeItem[]): void {
    for (const item of items) this.judgeItem(item);
  }

  /** Fires at most one slice of what is due before `to`; the clock goes as far as has been fired. */
  fireSlice(contract: ContractMemory, to: Instant): void {
    this.fireBefore(contract, to, this.limits.firings);
  }

  /** The next slice of the sweep that began first; undefined where none is unfinished. */
  nextSweep(): SweepSlice | undefined {
    return this.sweeper.next();
  }

  /** Judges the subjects of a slice, whose states were accepted before. Fewer than its limit: the sweep has come to its end. */
  sweep(slice: SweepSlice, keys: readonly string[]): void {
    this.sweeper.sweep(slice, keys);
  }

  /**
   * Hands out what has changed since the last call and starts anew. What follows may be judged before it is saved: it lies
   * over whatever is loaded until `saved`.
   */
  take(): JudgeOutcome {
    return this.memory.take();
  }

  /** What was handed out is in the database, as all that was handed out before it. */
  saved(outcome: JudgeOutcome): void {
    this.memory.saved(outcome);
  }

  /** Earliest instant at which something is due, over the contracts whose clock live records move. */
  nextDeadline(): Instant | null {
    let next: Instant | null = null;
    for (const contract of this.contracts.values()) {
      if (contract.import !== null) continue;
      const at = contract.deadlines.peek()?.at;
      if (at === undefined || (next !== null && at >= next)) continue;
      // Where a door holds the clock before it, no tick helps: its watermark will.
      if ((reach(contract, Infinity) ?? -Infinity) > at) next = at;
    }
    return next;
  }

  /** Latest instant at which no feed that speaks now would be silent: a tick after it shows whether one is. */
  nextSilence(): Instant | null {
    let next: Instant | null = null;
    for (const contract of this.contracts.values()) {
      const at = contract.import === null ? nextSilence(contract) : null;
      if (at !== null && (next === null || at < next)) next = at;
    }
    return next;
  }

  private movesOf(item: JudgeItem): Move[] {
    return movesOf(this.contracts, item);
  }

  private judgeItem(item: JudgeItem): void {
    switch (item.kind) {
      case 'tick':
        for (const [contract, to] of this.movesOf(item)) this.moveClock(contract, to);
        for (const contract of this.contracts.values()) this.watchFeeds(contract, item.at);
        return;
      case 'watermark':
        for (const contract of takeWatermark(this.contracts, item)) {
          signOfWatermark(contract, item);
          this.outcome.contracts.add(contract);
        }
        for (const [contract, to] of this.movesOf(item)) this.moveClock(contract, to);
        for (const contract of this.contracts.values()) this.watchFeeds(contract, item.at);
        return;
      case 'refused':
        for (const [contract, to] of this.movesOf(item)) this.moveClock(contract, to);
        this.refuse(item.refusal, item.offset, item.raw);
        return;
      case 'published':
        this.publish(item);
        return;
      case 'import-begun':
        this.beginImport(item);
        return;
      case 'import-completed':
        this.completeImport(item);
        return;
      case 'fact':
        this.judgeFact(item);
    }
  }

  private watchFeeds(contract: ContractMemory, at: Instant): void {
    if (contract.import !== null) return;
    const changes = watchFeeds(contract, at);
    if (changes.length === 0) return;
    this.outcome.feeds.push(...changes);
    this.outcome.contracts.add(contract);
  }

  private judgeFact(item: Extract<JudgeItem, { kind: 'fact' }>): void {
    const { fact } = item;
    const contract = this.contracts.get(fact.contract);
    if (contract === undefined || contract.versions === null) {
      this.refuse(
        {
          reason: 'UNKNOWN_CONTRACT',
          detail: `contract '${fact.contract}' is not published`,
          id: fact.id,
          source: fact.source,
          contract: null,
        },
        item.offset,
      );
      return;
    }
    const inImport = contract.import !== null;
    if (!inImport) for (const [, to] of this.movesOf(item)) this.moveClock(contract, to);
    const isHistory = inImport && item.importId === contract.import!.id;
    // The stamp of a door is the earliest instant at which the fact can have come, and the door has seen when it did come.
    const cameAt = item.stamped && this.cameByDoor(contract.versions, fact) ? item.at : fact.appendedAt;
    if (!isHistory && fact.occurredAt > cameAt + MAX_AHEAD_MILLIS) {
      const detail = 'time is more than five minutes after the record was appended (allowed: at most PT5M ahead)';
      this.refuse(
        { reason: 'TIME_IMPLAUSIBLE', detail, id: fact.id, source: fact.source, contract: fact.contract },
        item.offset,
      );
      return;
    }
    const registration = this.register(contract.versions, fact);
    if (registration.outcome === 'duplicate') {
      this.outcome.counts.duplicate++;
      this.lowerAppendTime(fact, registration);
      return;
    }
    if (registration.outcome === 'refused') {
      this.refuse(registration.refusal, item.offset);
      return;
    }
    if (inImport) {
      for (const [, to] of this.movesOf(item)) this.moveClock(contract, to);
      if (isHistory) spanImport(contract.import!, fact.appendedAt);
    }
    this.outcome.counts.accepted++;
    this.outcome.facts.push({ fact, offset: item.offset });
    if (!contract.hasFacts) {
      contract.hasFacts = true;
      this.dutyTimers.wake(contract);
    }
    this.outcome.contracts.add(contract);
    if (!isHistory) {
      signOfFact(contract, fact);
      if (!item.stamped) this.watchFeeds(contract, item.at);
    }
    for (const { source, id, entry } of registration.entries) {
      const at = `${fact.contract}\n${source}\n${id}`;
      const own = source === fact.source && id === fact.id;
      this.outcome.ids.set(at, {
        contract: fact.contract,
        source,
        id,
        entry,
        fact: own ? fact : (this.outcome.ids.get(at)?.fact ?? null),
      });
    }
    for (const one of registration.waitingRemoved) this.memory.removeWaiting(fact.contract, one.source, one.id);
    for (const waiting of registration.waitingAdded) this.memory.addWaiting(fact.contract, waiting);
    for (const refusal of registration.refusals) this.refuse(refusal, item.offset);
    const now = { at: contract.clock ?? startingInstant(contract, item.at), passed: false };
    for (const { key, facts, corrections } of registration.feeds) {
      const state = this.memory.state(fact.contract, key);
      if (state === undefined) throw new Error(`state ${key} of contract ${fact.contract} was not loaded`);
      this.judgeState(contract, key, withFacts(state, facts, corrections), now, {
        kind: 'fact',
        source: fact.source,
        id: fact.id,
      });
    }
  }

  /** Of equal copies the earliest append time holds, whatever order they come in. */
  private lowerAppendTime(fact: Fact, { earlier }: Extract<Registration, { outcome: 'duplicate' }>): void {
    if (earlier === undefined) return;
    const { contract, source, id } = fact;
    const at = `${contract}\n${source}\n${id}`;
    this.outcome.ids.set(at, {
      contract,
      source,
      id,
      entry: earlier.entry,
      fact: this.outcome.ids.get(at)?.fact ?? null,
    });
    if (earlier.waiting === null) return;
    this.memory.removeWaiting(contract, source, id);
    this.memory.addWaiting(contract, earlier.waiting);
  }

  private cameByDoor(versions: ContractVersions, { source }: Fact): boolean {
    return versions.some(({ sources }) => (sources.get(source)?.door ?? null) !== null);
  }

  private register(versions: ContractVersions, fact: Fact): Registration {
    return registerFact(versions[versions.length - 1]!, fact, {
      entry: (source, id) => this.memory.entry(fact.contract, source, id),
      waiting: (source, id) => this.memory.waitingFor(fact.contract, source, id),
      kept: (key) => this.memory.state(fact.contract, key),
    });
  }

  private refuse(refusal: Refusal, offset: number, raw?: RawRecord): void {
    this.outcome.counts.refused++;
    this.outcome.refused.push(raw === undefined ? { refusal, offset } : { refusal, offset, raw });
  }

  private publish(item: Extract<JudgeItem, { kind: 'published' }>): void {
    for (const [contract, to] of this.movesOf(item)) this.moveClock(contract, to);
    let contract = this.contracts.get(item.contract);
    const isNew = contract === undefined;
    contract ??= newContractMemory(item.contract);
    this.contracts.set(item.contract, contract);
    contract.versions = item.versions;
    if (isNew) contract.clock = reach(contract, item.at);
    awaitSigns(contract, item.at);
    const begun = contract.published.length > 0;
    contract.published = [...contract.published.filter((one) => one.version !== item.version.version), item.version];
    judgeFaultedAgain(contract);
    this.dutyTimers.schedule(contract, item.at);
    if (begun) this.sweeper.published(contract, item.version.version);
    this.outcome.published.push({ contract: item.contract, version: item.version });
    this.outcome.contracts.add(contract);
  }

  private beginImport(item: Extract<JudgeItem, { kind: 'import-begun' }>): void {
    const contract = this.contracts.get(item.contract);
    if (contract === undefined || contract.import?.id === item.importId) return;
    if (contract.import !== null) this.closeImport(contract, contract.clock ?? item.at);
    else for (const [, to] of this.movesOf(item)) this.moveClock(contract, to);
    if (!contract.hasFacts) {
      contract.clock = null;
      this.dutyTimers.wake(contract);
    }
    contract.import = { id: item.importId, alerts: item.alerts, decisions: 0, breaches: {}, from: null, to: null };
    this.outcome.contracts.add(contract);
  }

  /** What fell due between the last record of the import and its end is still history. */
  private completeImport(item: Extract<JudgeItem, { kind: 'import-completed' }>): void {
    const contract = this.contracts.get(item.contract);
    if (contract === undefined || contract.import?.id !== item.importId) return;
    for (const [, to] of this.movesOf(item)) this.moveClock(contract, to);
    this.closeImport(contract, item.at);
  }

  private closeImport(contract: ContractMemory, at: Instant): void {
    this.outcome.summaries.push({ contract: contract.id, import: contract.import!, completedAt: at });
    contract.import = null;
    this.outcome.contracts.add(contract);
  }

  /** Before the clock stands at `to`, everything due strictly before it fires, in the order of its instants. */
  private moveClock(contract: ContractMemory, to: Instant): void {
    if (contract.clock !== null && to <= contract.clock) return;
    this.fireBefore(contract, to, Infinity);
    contract.clock = to;
    this.outcome.contracts.add(contract);
  }

  private fireBefore(contract: ContractMemory, to: Instant, most: number): void {
    for (let fired = 0; fired < most; fired++) {
      const next = contract.deadlines.peek();
      if (next === undefined || next.at >= to) return;
      const { key, at } = next;
      const state = this.memory.state(contract.id, key);
      if (state === undefined)
        throw new Error(`state ${key} of contract ${contract.id} was not loaded for its deadline`);
      const clock = Math.max(contract.clock ?? -Infinity, at);
      contract.clock = clock;
      this.outcome.contracts.add(contract);
      this.judgeState(contract, key, state, { at: clock, passed: true }, causeOf(contract, key, at));
      const again = contract.deadlines.peek();
      if (again !== undefined && again.key === key && again.at <= at) {
        throw new Error(`deadline of state ${key} of contract ${contract.id} does not go forward (${at})`);
      }
    }
  }

  /** Judges a subject as of now; where a sweep still had to come to it, that first, as decisions of its own. */
  private judgeState(
    contract: ContractMemory,
    key: string,
    state: SubjectState,
    now: Now,
    cause: Decision['cause'],
  ): void {
    const swept = this.sweeper.catchUp(contract, key, now.at);
    const current = swept === undefined ? state : { ...state, recorded: swept.recorded, swept: swept.swept! };
    const open = contract.import;
    const backfill = open === null ? undefined : { import: open.id, alerts: open.alerts };
    const occasion = { now, cause, backfill, circumstances: contract.circumstances };
    this.sweeper.judged(contract, this.subjects.judge(contract, key, current, occasion).state, occasion);
  }

  private get outcome(): JudgeOutcome {
    return this.memory.outcome;
  }
}

/** They fall due at once, and are judged as soon as the clock goes on. */
function judgeFaultedAgain(contract: ContractMemory): void {
  contract.changedAt = contract.clock;
  if (contract.clock === null) return;
  for (const key of contract.faulted.keys()) contract.deadlines.set(key, contract.clock);
}

/** Faulted subjects have no timer of their own: what is due for one is that it be judged again. */
function causeOf({ faulted, versions }: ContractMemory, key: string, at: Instant): Decision['cause'] {
  if (!faulted.has(key)) return { kind: 'deadline', at };
  return { kind: 'published', version: versions![versions!.length - 1]!.version };
}

function spanImport(open: ImportState, at: Instant): void {
  open.from = open.from === null ? at : Math.min(open.from, at);
  open.to = open.to === null ? at : Math.max(open.to, at);
}
