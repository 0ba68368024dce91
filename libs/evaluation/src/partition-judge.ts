import type { Instant } from '#libs/calendar';
import type { Fact, Refusal } from '#libs/contract';
import { Closings, type Closer, type ClosingOccasion } from './closings.js';
import { moveOfFact, movesOf, reach, startingInstant, takeWatermark, type Move } from './contract-clock.js';
import { newContractMemory, type ContractMemory, type ImportState } from './contract-memory.js';
import type { ContractVersions } from './contract-versions.js';
import type { Now } from './derive-clock.js';
import { DutyTimers } from './duty-timers.js';
import {
  awaitSigns,
  awaitSignsAnew,
  factOf,
  forgetSigns,
  nextSilence,
  signOfFact,
  signOfWatermark,
  silences,
  watchFeeds,
  type FeedChange,
} from './feeds.js';
import { effectiveFacts } from './effective-facts.js';
import { gapsOf } from './gaps.js';
import type { JudgeItem, RawRecord } from './judge-item.js';
import type { JudgeOutcome } from './judge-outcome.js';
import { LoadPlanner, type LoadPlan } from './load-planner.js';
import { PartitionMemory, type LoadedRows } from './partition-memory.js';
import { registerFact, type FactIndex, type Registration } from './register-fact.js';
import { StandardCloser } from './standard-closer.js';
import { SubjectJudge } from './subject-judge.js';
import {
  emptyState,
  keepFact,
  splitStateKey,
  stateKey,
  withFacts,
  type KeptCorrection,
  type KeptFact,
  type SubjectState,
} from './subject-state.js';
import { Sweeper, type SweepSlice } from './sweeper.js';
import type { Decision } from './verdict.js';

/** Facts may be dated ahead of the clock by this much at most; what is later is implausible (readings 3). */
const MAX_AHEAD_MILLIS = 5 * 60_000;
/** Kind of the states that hold the silences of sources. */
const FEED_KIND = 'feed:';
/** A source that is silent again and again is no feed: of so many silences and ends of them none more is kept. */
const MOST_FEED_FACTS = 2_000;

/**
 * Judges the records of one partition in stream order: pure and synchronous, over what was loaded. Each record and each
 * firing is judged and diffed singly, so decisions and their numbers do not depend on how the log is cut into batches.
 *
 * A failure leaves memory and store apart: the caller then drops the judge and takes the partition again.
 */
export class PartitionJudge {
  readonly contracts = new Map<string, ContractMemory>();
  /** What registering sees, by contract. */
  private readonly indexes = new Map<string, FactIndex>();
  private readonly memory: PartitionMemory;
  private readonly planner: LoadPlanner;
  private readonly subjects: SubjectJudge;
  private readonly dutyTimers: DutyTimers;
  private readonly sweeper: Sweeper;
  private readonly closings: Closings;

  /** @param closers what else closes by the contracts' clocks; standards settle before them */
  constructor(
    contracts: readonly ContractMemory[],
    private readonly limits: { readonly firings: number; readonly heldStates: number } = {
      firings: 1_000,
      heldStates: 20_000,
    },
    closers: readonly Closer[] = [],
  ) {
    for (const contract of contracts) this.contracts.set(contract.id, contract);
    this.memory = new PartitionMemory(limits.heldStates);
    this.closings = new Closings([new StandardCloser(), ...closers]);
    this.planner = new LoadPlanner(this.contracts, this.memory, this.closings, limits.firings);
    this.subjects = new SubjectJudge(this.memory, this.closings);
    this.dutyTimers = new DutyTimers(this.memory, this.subjects);
    this.sweeper = new Sweeper(this.contracts, this.memory, this.subjects, limits.firings);
    for (const contract of contracts) this.closings.schedule(contract);
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
    const { contract } = slice;
    const [sweep] = contract.sweeps;
    this.sweeper.sweep(slice, keys);
    if (sweep === undefined || contract.sweeps.length > 0) return;
    const at = Math.max(contract.clock ?? -Infinity, sweep.now.at);
    this.closings.swept(contract, this.closingOccasion(contract, { at, passed: false }, sweep.cause));
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
        for (const contract of this.contracts.values()) this.watchFeeds(contract, item);
        return;
      case 'watermark':
        for (const contract of takeWatermark(this.contracts, item)) {
          signOfWatermark(contract, item);
          this.outcome.contracts.add(contract);
        }
        for (const [contract, to] of this.movesOf(item)) this.moveClock(contract, to);
        for (const contract of this.contracts.values()) this.watchFeeds(contract, item);
        return;
      case 'refused':
        for (const [contract, to] of this.movesOf(item)) this.moveClock(contract, to);
        this.refuse(item.refusal, item.offset, item.raw);
        return;
      case 'published':
        this.publish(item);
        return;
      case 'replayed':
        this.replay(item);
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

  private moveWithFact(contract: ContractMemory, item: Extract<JudgeItem, { kind: 'fact' }>): void {
    const to = moveOfFact(contract, item);
    if (to !== null) this.moveClock(contract, to);
  }

  private watchFeeds(contract: ContractMemory, item: Pick<JudgeItem, 'at' | 'offset'>): void {
    if (contract.import !== null) return;
    const changes = watchFeeds(contract, item.at);
    if (changes.length === 0) return;
    this.outcome.feeds.push(...changes);
    this.outcome.contracts.add(contract);
    // Before the first fact there is nothing to be known, and what comes may still be its past.
    if (contract.hasFacts) this.recordSilence(contract, changes, item);
  }

  /**
   * What the log shows of a silent source is kept as a fact, so that the facts alone tell which gaps there are. Its id follows
   * from them: the log, judged again, gives the same.
   */
  private recordSilence(
    contract: ContractMemory,
    changes: readonly FeedChange[],
    { at, offset }: Pick<JudgeItem, 'at' | 'offset'>,
  ): void {
    const law = contract.versions!.at(-1)!;
    for (const change of changes) {
      if (change.feed.kind !== 'source' || at > law.term.survivesUntil) continue;
      const fact = factOf(change);
      const { source, id, type, appendedAt, contentHash } = fact;
      const key = stateKey(FEED_KIND, change.feed.name);
      const entry = { contentHash, type, appendedAt, keys: [key], note: null };
      this.outcome.facts.push({ fact, offset });
      this.outcome.ids.set(`${contract.id}\n${source}\n${id}`, { contract: contract.id, source, id, entry, fact });
      const now = { at: contract.clock ?? startingInstant(contract, at), passed: false };
      const state = this.stateOf(contract, key);
      if (state.facts.length >= MOST_FEED_FACTS) continue;
      const known = withFacts(state, [keepFact(law, fact)], []);
      this.judgeState(contract, key, known, now, { kind: 'fact', source, id });
    }
  }

  private judgeFact(given: Extract<JudgeItem, { kind: 'fact' }>): void {
    const { fact } = given;
    const contract = this.contracts.get(fact.contract);
    // What only its sender says of the time is not ahead of what the log has shown.
    const at = given.timeOfSender === true ? Math.min(given.at, contract?.clock ?? given.at) : given.at;
    const item = at === given.at ? given : { ...given, at };
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
    if (!inImport) this.moveWithFact(contract, item);
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
      this.moveWithFact(contract, item);
      if (isHistory) spanImport(contract.import!, fact.appendedAt);
    }
    this.outcome.counts.accepted++;
    this.outcome.facts.push({ fact, offset: item.offset });
    if (!contract.hasFacts) {
      contract.hasFacts = true;
      if (!inImport) this.recordSilence(contract, silences(contract, item.at), item);
      this.dutyTimers.wake(contract);
      this.closings.schedule(contract);
    }
    this.outcome.contracts.add(contract);
    if (!isHistory) {
      signOfFact(contract, fact);
      if (!item.stamped) this.watchFeeds(contract, item);
    }
    const { ids } = this.outcome;
    for (const { source, id, entry } of registration.entries) {
      const at = this.memory.placeOfId(fact.contract, source, id);
      const own = source === fact.source && id === fact.id;
      ids.set(at, { contract: fact.contract, source, id, entry, fact: own ? fact : (ids.get(at)?.fact ?? null) });
    }
    for (const one of registration.waitingRemoved) this.memory.removeWaiting(fact.contract, one.source, one.id);
    for (const waiting of registration.waitingAdded) this.memory.addWaiting(fact.contract, waiting);
    for (const refusal of registration.refusals) this.refuse(refusal, item.offset);
    const now = { at: contract.clock ?? startingInstant(contract, item.at), passed: false };
    const cause = { kind: 'fact', source: fact.source, id: fact.id } as const;
    for (const { key, facts, corrections } of registration.feeds) {
      const state = this.stateOf(contract, key);
      if (key.startsWith(FEED_KIND) && this.isIdle(contract, key, state, facts, corrections)) continue;
      this.judgeState(contract, key, withFacts(state, facts, corrections), now, cause);
    }
    this.closings.settle(contract, this.closingOccasion(contract, now, cause));
  }

  /** A source may say with every heartbeat that it has sent all: only where that fills a gap it is worth keeping. */
  private isIdle(
    contract: ContractMemory,
    key: string,
    state: SubjectState,
    facts: readonly KeptFact[],
    corrections: readonly KeptCorrection[],
  ): boolean {
    const { subject } = splitStateKey(key);
    if (corrections.length > 0) return false;
    const versions = contract.versions!;
    const law = versions.at(-1)!;
    const gaps = (one: SubjectState) => gapsOf(versions, subject, effectiveFacts(law, one.facts, one.corrections));
    return JSON.stringify(gaps(state)) === JSON.stringify(gaps(withFacts(state, facts, [])));
  }

  /**
   * A state that was loaded. What is said of a feed may come unforeseen; its state bears on others, so the owner holds it even
   * where it was let go.
   */
  private stateOf(contract: ContractMemory, key: string): SubjectState {
    const held = this.memory.state(contract.id, key);
    if (held !== undefined) return held;
    const { kind, subject } = splitStateKey(key);
    if (kind !== FEED_KIND) throw new Error(`state ${key} of contract ${contract.id} was not loaded`);
    const state = contract.bearing.get(key) ?? emptyState(kind, subject);
    this.memory.setState(contract.id, key, state);
    return state;
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
    return registerFact(versions[versions.length - 1]!, fact, this.indexOf(fact.contract));
  }

  private indexOf(contract: string): FactIndex {
    let index = this.indexes.get(contract);
    if (index === undefined) {
      index = {
        entry: (source, id) => this.memory.entry(contract, source, id),
        waiting: (source, id) => this.memory.waitingFor(contract, source, id),
        kept: (key) => this.memory.state(contract, key),
      };
      this.indexes.set(contract, index);
    }
    return index;
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
    this.closings.schedule(contract);
    const now = { at: contract.clock ?? item.at, passed: false };
    const cause = { kind: 'published', version: item.version.version } as const;
    this.closings.settle(contract, this.closingOccasion(contract, now, cause));
    this.outcome.published.push({ contract: item.contract, version: item.version });
    this.outcome.contracts.add(contract);
  }

  private replay(item: Extract<JudgeItem, { kind: 'replayed' }>): void {
    for (const [contract, to] of this.movesOf(item)) this.moveClock(contract, to);
    const contract = this.contracts.get(item.contract);
    if (contract?.versions === null || contract === undefined) return;
    this.sweeper.replayed(contract, item);
  }

  private beginImport(item: Extract<JudgeItem, { kind: 'import-begun' }>): void {
    const contract = this.contracts.get(item.contract);
    if (contract === undefined || contract.import?.id === item.importId) return;
    if (contract.import !== null) this.closeImport(contract, contract.clock ?? item.at);
    else for (const [, to] of this.movesOf(item)) this.moveClock(contract, to);
    if (!contract.hasFacts) {
      contract.clock = null;
      // What was published up to now lies before all facts, also where its instant does not.
      contract.changedAt = null;
      forgetSigns(contract);
      this.dutyTimers.wake(contract);
      this.closings.schedule(contract);
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
    awaitSignsAnew(contract, at);
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
      const clock = Math.max(contract.clock ?? -Infinity, at);
      const now = { at: clock, passed: true };
      const cause = causeOf(contract, key, at);
      if (this.closings.owns(key)) {
        this.closings.fire(contract, key, this.closingOccasion(contract, now, cause));
      } else {
        const state = this.memory.state(contract.id, key);
        if (state === undefined)
          throw new Error(`state ${key} of contract ${contract.id} was not loaded for its deadline`);
        contract.clock = clock;
        this.judgeState(contract, key, state, now, cause);
      }
      contract.clock = clock;
      this.outcome.contracts.add(contract);
      this.closings.settle(contract, this.closingOccasion(contract, now, cause));
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
    const current = swept === undefined ? state : { ...swept, facts: state.facts, corrections: state.corrections };
    const occasion = { now, cause, backfill: backfillOf(contract), circumstances: contract.circumstances };
    this.sweeper.judged(contract, this.subjects.judge(contract, key, current, occasion).state, occasion);
  }

  private closingOccasion(contract: ContractMemory, now: Now, cause: Decision['cause']): ClosingOccasion {
    return { now, cause, backfill: backfillOf(contract), outcome: this.outcome };
  }

  private get outcome(): JudgeOutcome {
    return this.memory.outcome;
  }
}

function backfillOf({ import: open }: ContractMemory): Decision['backfill'] {
  return open === null ? undefined : { import: open.id, alerts: open.alerts };
}

/** They fall due at once, and are judged as soon as the clock goes on. */
function judgeFaultedAgain(contract: ContractMemory): void {
  contract.changedAt = contract.clock;
  if (contract.clock === null) return;
  for (const key of contract.faulted.keys()) contract.deadlines.set(key, contract.clock);
}

/** A faulted subject is due to be judged again as of the last publication, or by a fact of it that is dated ahead. */
function causeOf({ faulted, changedAt, versions }: ContractMemory, key: string, at: Instant): Decision['cause'] {
  if (at !== changedAt || !faulted.has(key)) return { kind: 'deadline', at };
  return { kind: 'published', version: versions![versions!.length - 1]!.version };
}

function spanImport(open: ImportState, at: Instant): void {
  open.from = open.from === null ? at : Math.min(open.from, at);
  open.to = open.to === null ? at : Math.max(open.to, at);
}
