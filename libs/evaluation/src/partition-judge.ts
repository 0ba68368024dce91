import type { Instant } from '#libs/calendar';
import type { Contract, Fact, JsonObject, Refusal } from '#libs/contract';
import { DeadlineQueue } from './deadline-queue.js';
import { deriveSubject, type ContractVersions, type Now } from './derive-subject.js';
import { diffSubject, unmeasured, type DiffContext } from './diff-subject.js';
import {
  keysOf,
  readCorrection,
  registerFact,
  type IdEntry,
  type Registration,
  type WaitingCorrection,
} from './register-fact.js';
import { emptyState, splitStateKey, withFacts, type RecordedVerdict, type SubjectState } from './subject-state.js';
import type { Decision } from './verdict.js';

/** A published version as the stream said it. */
export interface PublishedVersion {
  readonly version: number;
  readonly hash: string;
  /** Calendar id -> hash of its file. */
  readonly calendars: Readonly<Record<string, string>>;
  readonly from: Instant;
}

/** A back-fill that is open: only its records move the clock. */
export interface ImportState {
  readonly id: string;
  readonly alerts: 'each' | 'summary';
  /** Decisions made in it so far, and breaches by `obligation/party`. */
  decisions: number;
  breaches: Record<string, number>;
  from: Instant | null;
  to: Instant | null;
}

/** What the owner holds of a contract. The clock is the only `now`; it never goes back (but for the first import). */
export interface ContractMemory {
  readonly id: string;
  versions: ContractVersions | null;
  published: PublishedVersion[];
  clock: Instant | null;
  lastNumber: number;
  /** True once a fact was accepted. */
  hasFacts: boolean;
  import: ImportState | null;
  readonly deadlines: DeadlineQueue;
}

export function newContractMemory(id: string): ContractMemory {
  return {
    id,
    versions: null,
    published: [],
    clock: null,
    lastNumber: 0,
    hasFacts: false,
    import: null,
    deadlines: new DeadlineQueue(),
  };
}

/** One record of the stream after parsing: what it is to the contract. `at`: the record's append time in the log. */
export type JudgeItem =
  | {
      readonly kind: 'fact';
      readonly fact: Fact;
      readonly at: Instant;
      readonly stamped: boolean;
      readonly importId: string | null;
      readonly offset: number;
    }
  | {
      readonly kind: 'refused';
      readonly refusal: Refusal;
      readonly at: Instant;
      readonly live: boolean;
      readonly offset: number;
    }
  | { readonly kind: 'tick'; readonly at: Instant; readonly offset: number }
  | {
      readonly kind: 'published';
      readonly contract: string;
      readonly version: PublishedVersion;
      readonly versions: ContractVersions;
      readonly at: Instant;
      readonly offset: number;
    }
  | {
      readonly kind: 'import-begun';
      readonly contract: string;
      readonly importId: string;
      readonly alerts: 'each' | 'summary';
      readonly at: Instant;
      readonly offset: number;
    }
  | {
      readonly kind: 'import-completed';
      readonly contract: string;
      readonly importId: string;
      readonly at: Instant;
      readonly offset: number;
    };

interface RefusedRecord {
  readonly refusal: Refusal;
  /** Offset of the record refused; of a correction that waited: of the record that showed it. */
  readonly offset: number;
}

export interface ImportSummary {
  readonly contract: string;
  readonly import: ImportState;
  readonly completedAt: Instant;
}

/** Everything one batch or slice changes; the shell saves it in one transaction. */
export interface JudgeOutcome {
  readonly facts: { readonly fact: Fact; readonly offset: number }[];
  readonly ids: Map<
    string,
    {
      readonly contract: string;
      readonly source: string;
      readonly id: string;
      readonly entry: IdEntry;
      readonly fact: Fact | null;
    }
  >;
  readonly waitingAdded: { readonly contract: string; readonly waiting: WaitingCorrection }[];
  readonly waitingRemoved: { readonly contract: string; readonly source: string; readonly id: string }[];
  /** Changed states by `contract\nkey`, packed when saved. */
  readonly states: Map<
    string,
    {
      readonly contract: string;
      readonly key: string;
      readonly state: SubjectState;
      readonly nextInstant: Instant | null;
    }
  >;
  readonly decisions: Decision[];
  readonly refused: RefusedRecord[];
  /** Contracts whose memory changed. */
  readonly contracts: Set<ContractMemory>;
  readonly published: { readonly contract: string; readonly version: PublishedVersion }[];
  readonly summaries: ImportSummary[];
  /** By how much the number of clocks that run or are paused changed, by contract and obligation. */
  readonly openClocks: Map<string, { readonly contract: string; readonly obligation: string; change: number }>;
  /** Facts by what became of them, for counters. */
  readonly counts: { accepted: number; duplicate: number; refused: number };
}

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

export interface LoadedRows {
  readonly ids: readonly {
    readonly contract: string;
    readonly source: string;
    readonly id: string;
    readonly entry: IdEntry;
  }[];
  readonly waiting: readonly { readonly contract: string; readonly waiting: WaitingCorrection }[];
  readonly states: readonly { readonly contract: string; readonly key: string; readonly state: SubjectState }[];
}

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
  private readonly states = new Map<string, SubjectState>();
  private ids = new Map<string, IdEntry>();
  private waiting = new Map<string, WaitingCorrection[]>();
  private outcome: JudgeOutcome = emptyOutcome();

  constructor(
    contracts: readonly ContractMemory[],
    private readonly limits: { readonly firings: number; readonly heldStates: number } = {
      firings: 1_000,
      heldStates: 20_000,
    },
  ) {
    for (const contract of contracts) this.contracts.set(contract.id, contract);
  }

  /** What must be loaded to judge the items, and how many of them fit one save. */
  plan(items: readonly JudgeItem[]): LoadPlan {
    const horizons = new Map<ContractMemory, Instant>();
    const ids = new Map<string, LoadPlan['ids'][number]>();
    const keys = new Map<string, LoadPlan['keys'][number]>();
    const wantKey = (contract: string, key: string): void => {
      const at = `${contract}\n${key}`;
      if (!this.states.has(at)) keys.set(at, { contract, key });
    };
    let taken = 0;
    for (const item of items) {
      for (const [contract, target] of this.movesOf(item))
        horizons.set(contract, Math.max(horizons.get(contract) ?? -Infinity, target));
      if (taken > 0 && this.dueWithin(horizons, this.limits.firings + 1) > this.limits.firings) break;
      if (taken === 0 && this.dueWithin(horizons, this.limits.firings + 1) > this.limits.firings)
        return { ids: [], keys: [], items: 0 };
      taken++;
      if (item.kind === 'fact') this.wantFact(item.fact, ids, wantKey);
      // What moves the clock changes here, so how far what follows will move it cannot be planned before.
      if (item.kind === 'import-begun' || item.kind === 'import-completed') break;
    }
    for (const [contract, horizon] of horizons) {
      for (const key of contract.deadlines.before(horizon, this.limits.firings + 1)) wantKey(contract.id, key);
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
    const ids = new Map<string, LoadPlan['ids'][number]>();
    const keys = new Map<string, LoadPlan['keys'][number]>();
    this.wantFact(item.fact, ids, (contract, key) => {
      const at = `${contract}\n${key}`;
      if (!this.states.has(at)) keys.set(at, { contract, key });
    });
    return { ids: [...ids.values()], keys: [...keys.values()], items: 1 };
  }

  /** Whether the fact will be accepted, once what `planAcceptance` asked for is loaded; changes nothing. */
  accepts(item: JudgeItem): boolean {
    if (item.kind !== 'fact') return false;
    const versions = this.contracts.get(item.fact.contract)?.versions ?? null;
    return versions !== null && this.register(versions, item.fact).outcome === 'accepted';
  }

  /** The states that the next slice of firings of a contract needs, when its clock is to go to `to`. */
  planSlice(
    items: readonly JudgeItem[],
  ): { contract: ContractMemory; to: Instant; keys: LoadPlan['keys'] } | undefined {
    const first = items[0];
    if (first === undefined) return undefined;
    for (const [contract, to] of this.movesOf(first)) {
      const keys = contract.deadlines.firstBefore(to, this.limits.firings);
      if (keys.length === 0) continue;
      return {
        contract,
        to,
        keys: keys
          .filter((key) => !this.states.has(`${contract.id}\n${key}`))
          .map((key) => ({ contract: contract.id, key })),
      };
    }
    return undefined;
  }

  /**
   * What the loaded rows lead to in turn: the facts that loaded corrections finally correct, and the states that waiting
   * replacements name. Seldom anything; then one more load brings it.
   */
  follow(rows: LoadedRows): Pick<LoadPlan, 'ids' | 'keys'> {
    const ids: LoadPlan['ids'][number][] = [];
    const keys = new Map<string, LoadPlan['keys'][number]>();
    for (const { contract, entry } of rows.ids) {
      const root = entry.note?.root;
      if (root !== undefined) ids.push({ contract, source: root[0], id: root[1], withStates: true });
    }
    for (const { contract, waiting } of rows.waiting) {
      for (const key of this.keysNamedBy(contract, waiting.correction.data)) {
        if (!this.states.has(`${contract}\n${key}`)) keys.set(`${contract}\n${key}`, { contract, key });
      }
    }
    return { ids, keys: [...keys.values()] };
  }

  /** States that replacement data can name by themselves, whatever type of fact they replace. */
  private keysNamedBy(contract: string, data: JsonObject | null): string[] {
    const versions = this.contracts.get(contract)?.versions;
    if (versions === null || versions === undefined || data === null) return [];
    const law = versions[versions.length - 1]!;
    const inner = data['data'];
    const candidates = [data, ...(typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? [inner] : [])];
    return candidates.flatMap((one) =>
      [...law.eventTypes.values()].flatMap((type) => keysOf(law, type.type, undefined, one)),
    );
  }

  /** Takes what was loaded; ids and waiting corrections hold for the next batch only. */
  accept(rows: LoadedRows, plan: Pick<LoadPlan, 'keys'>): void {
    this.ids = new Map(rows.ids.map(({ contract, source, id, entry }) => [`${contract}\n${source}\n${id}`, entry]));
    this.waiting = new Map();
    for (const { contract, waiting } of rows.waiting) this.addWaiting(contract, waiting);
    for (const { contract, key, state } of rows.states) {
      const at = `${contract}\n${key}`;
      if (!this.states.has(at)) this.states.set(at, state);
    }
    for (const { contract, key } of plan.keys) {
      const at = `${contract}\n${key}`;
      if (!this.states.has(at)) {
        const { kind, subject } = splitStateKey(key);
        this.states.set(at, emptyState(kind, subject));
      }
    }
  }

  /** Judges the items in order. */
  judge(items: readonly JudgeItem[]): void {
    for (const item of items) this.judgeItem(item);
  }

  /** Fires at most one slice of what is due before `to`; the clock goes as far as has been fired. */
  fireSlice(contract: ContractMemory, to: Instant): void {
    this.fireBefore(contract, to, this.limits.firings);
  }

  /** Hands out what has changed since the last call and starts anew. */
  take(): JudgeOutcome {
    const outcome = this.outcome;
    this.outcome = emptyOutcome();
    this.letGo();
    return outcome;
  }

  /** Earliest instant at which something is due, over the contracts whose clock live records move. */
  nextDeadline(): Instant | null {
    let next: Instant | null = null;
    for (const contract of this.contracts.values()) {
      if (contract.import !== null) continue;
      const at = contract.deadlines.peek()?.at;
      if (at !== undefined && (next === null || at < next)) next = at;
    }
    return next;
  }

  /** Where the clocks would go before the item is applied. */
  private movesOf(item: JudgeItem): [ContractMemory, Instant][] {
    switch (item.kind) {
      case 'tick':
        return [...this.contracts.values()]
          .filter((contract) => contract.import === null)
          .map((contract) => [contract, item.at]);
      case 'fact': {
        const contract = this.contracts.get(item.fact.contract);
        if (contract === undefined) return [];
        const target = this.clockAfter(contract, item);
        return target === null ? [] : [[contract, target]];
      }
      case 'refused': {
        const contract = item.refusal.contract === null ? undefined : this.contracts.get(item.refusal.contract);
        return contract === undefined || !item.live || contract.import !== null ? [] : [[contract, item.at]];
      }
      case 'import-begun': {
        const contract = this.contracts.get(item.contract);
        return contract === undefined || !contract.hasFacts || contract.import !== null ? [] : [[contract, item.at]];
      }
      case 'import-completed': {
        const contract = this.contracts.get(item.contract);
        return contract?.import?.id === item.importId ? [[contract, item.at]] : [];
      }
      case 'published': {
        const contract = this.contracts.get(item.contract);
        return contract === undefined || contract.import !== null ? [] : [[contract, item.at]];
      }
    }
  }

  /** Stamped records do not move a live clock; in an import only its own records do, to the greatest stamp so far. */
  private clockAfter(contract: ContractMemory, item: Extract<JudgeItem, { kind: 'fact' }>): Instant | null {
    if (contract.import !== null) {
      return item.importId === contract.import.id && item.stamped
        ? Math.max(contract.clock ?? -Infinity, item.fact.appendedAt)
        : null;
    }
    return item.stamped ? null : item.at;
  }

  private dueWithin(horizons: ReadonlyMap<ContractMemory, Instant>, most: number): number {
    let due = 0;
    for (const [contract, horizon] of horizons) {
      due += contract.deadlines.before(horizon, most - due).length;
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
    for (const key of keysOf(contract, fact.type, fact.subject, fact.data)) wantKey(fact.contract, key);
    if (fact.type === contract.vocabulary.correction) {
      const correction = readCorrection(fact);
      want(correction.targetSource, correction.targetId, true);
      for (const key of this.keysNamedBy(fact.contract, correction.data)) wantKey(fact.contract, key);
    }
  }

  private judgeItem(item: JudgeItem): void {
    switch (item.kind) {
      case 'tick':
        for (const [contract, to] of this.movesOf(item)) this.moveClock(contract, to);
        return;
      case 'refused':
        for (const [contract, to] of this.movesOf(item)) this.moveClock(contract, to);
        this.refuse(item.refusal, item.offset);
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
    if (!isHistory && fact.occurredAt > fact.appendedAt + MAX_AHEAD_MILLIS) {
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
    if (!contract.hasFacts) contract.hasFacts = true;
    this.outcome.contracts.add(contract);
    for (const { source, id, entry } of registration.entries) {
      const at = `${fact.contract}\n${source}\n${id}`;
      const own = source === fact.source && id === fact.id;
      this.ids.set(at, entry);
      this.outcome.ids.set(at, {
        contract: fact.contract,
        source,
        id,
        entry,
        fact: own ? fact : (this.outcome.ids.get(at)?.fact ?? null),
      });
    }
    for (const one of registration.waitingRemoved) this.removeWaiting(fact.contract, one.source, one.id);
    for (const waiting of registration.waitingAdded) {
      this.addWaiting(fact.contract, waiting);
      this.outcome.waitingAdded.push({ contract: fact.contract, waiting });
    }
    for (const refusal of registration.refusals) this.refuse(refusal, item.offset);
    const now = { at: contract.clock ?? item.at, passed: false };
    for (const { key, facts, corrections } of registration.feeds) {
      const at = `${fact.contract}\n${key}`;
      const state = this.states.get(at);
      if (state === undefined) throw new Error(`state ${key} of contract ${fact.contract} was not loaded`);
      this.judgeState(contract, key, withFacts(state, facts, corrections), now, {
        kind: 'fact',
        source: fact.source,
        id: fact.id,
      });
    }
  }

  private register(versions: ContractVersions, fact: Fact): Registration {
    return registerFact(versions[versions.length - 1]!, fact, {
      entry: (source, id) => this.ids.get(`${fact.contract}\n${source}\n${id}`),
      waiting: (source, id) => this.waiting.get(`${fact.contract}\n${source}\n${id}`) ?? [],
      kept: (key) => this.states.get(`${fact.contract}\n${key}`),
    });
  }

  private refuse(refusal: Refusal, offset: number): void {
    this.outcome.counts.refused++;
    this.outcome.refused.push({ refusal, offset });
  }

  private publish(item: Extract<JudgeItem, { kind: 'published' }>): void {
    for (const [contract, to] of this.movesOf(item)) this.moveClock(contract, to);
    let contract = this.contracts.get(item.contract);
    if (contract === undefined) {
      contract = newContractMemory(item.contract);
      contract.clock = item.at;
      this.contracts.set(item.contract, contract);
    }
    contract.versions = item.versions;
    contract.published = [...contract.published.filter((one) => one.version !== item.version.version), item.version];
    this.outcome.published.push({ contract: item.contract, version: item.version });
    this.outcome.contracts.add(contract);
  }

  private beginImport(item: Extract<JudgeItem, { kind: 'import-begun' }>): void {
    const contract = this.contracts.get(item.contract);
    if (contract === undefined || contract.import?.id === item.importId) return;
    if (contract.import !== null) this.closeImport(contract, contract.clock ?? item.at);
    else for (const [, to] of this.movesOf(item)) this.moveClock(contract, to);
    if (!contract.hasFacts) contract.clock = null;
    contract.import = { id: item.importId, alerts: item.alerts, decisions: 0, breaches: {}, from: null, to: null };
    this.outcome.contracts.add(contract);
  }

  /** What fell due between the last record of the import and its end is still history. */
  private completeImport(item: Extract<JudgeItem, { kind: 'import-completed' }>): void {
    const contract = this.contracts.get(item.contract);
    if (contract === undefined || contract.import?.id !== item.importId) return;
    this.moveClock(contract, item.at);
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
      const state = this.states.get(`${contract.id}\n${key}`);
      if (state === undefined)
        throw new Error(`state ${key} of contract ${contract.id} was not loaded for its deadline`);
      const clock = Math.max(contract.clock ?? -Infinity, at);
      contract.clock = clock;
      this.outcome.contracts.add(contract);
      this.judgeState(contract, key, state, { at: clock, passed: true }, { kind: 'deadline', at });
      const again = contract.deadlines.peek();
      if (again !== undefined && again.key === key && again.at <= at) {
        throw new Error(`deadline of state ${key} of contract ${contract.id} does not go forward (${at})`);
      }
    }
  }

  private judgeState(
    contract: ContractMemory,
    key: string,
    state: SubjectState,
    now: Now,
    cause: Decision['cause'],
  ): void {
    const open = contract.import;
    const context: DiffContext = {
      subject: state.subject,
      now,
      cause,
      backfill: open === null ? undefined : { import: open.id, alerts: open.alerts },
      nextNumber: () => ++contract.lastNumber,
    };
    let decisions: readonly Decision[];
    let recorded: readonly RecordedVerdict[];
    let nextInstant: Instant | null;
    try {
      const derived = deriveSubject(contract.versions!, state, now);
      ({ decisions, recorded, nextInstant } = diffSubject(derived, state.recorded, context));
    } catch (error) {
      ({ decisions, recorded, nextInstant } = fault(contract.versions!, state, context, error));
    }
    if (open !== null) countDecisions(open, decisions);
    this.countOpen(contract.id, state.recorded, -1);
    this.countOpen(contract.id, recorded, 1);
    this.outcome.decisions.push(...decisions);
    const at = `${contract.id}\n${key}`;
    const next = { ...state, recorded };
    this.states.delete(at);
    this.states.set(at, next);
    this.outcome.states.set(at, { contract: contract.id, key, state: next, nextInstant });
    this.outcome.contracts.add(contract);
    contract.deadlines.set(key, nextInstant);
  }

  private countOpen(contract: string, recorded: readonly RecordedVerdict[], change: 1 | -1): void {
    for (const { obligation, state } of recorded) {
      if (state !== 'running' && state !== 'paused') continue;
      const at = `${contract}\n${obligation}`;
      const known = this.outcome.openClocks.get(at);
      if (known === undefined) this.outcome.openClocks.set(at, { contract, obligation, change });
      else known.change += change;
    }
  }

  private addWaiting(contract: string, waiting: WaitingCorrection): void {
    const target = `${contract}\n${waiting.targetSource}\n${waiting.targetId}`;
    const list = this.waiting.get(target);
    if (list === undefined) this.waiting.set(target, [waiting]);
    else list.push(waiting);
  }

  private removeWaiting(contract: string, source: string, id: string): void {
    for (const [target, list] of this.waiting) {
      const left = list.filter((one) => one.correction.source !== source || one.correction.id !== id);
      if (left.length < list.length) this.waiting.set(target, left);
    }
    const staged = this.outcome.waitingAdded.findIndex(
      (one) =>
        one.contract === contract && one.waiting.correction.source === source && one.waiting.correction.id === id,
    );
    if (staged >= 0) this.outcome.waitingAdded.splice(staged, 1);
    this.outcome.waitingRemoved.push({ contract, source, id });
  }

  /** Forgets the states touched longest ago; they are loaded again when needed. */
  private letGo(): void {
    for (const at of this.states.keys()) {
      if (this.states.size <= this.limits.heldStates) return;
      this.states.delete(at);
    }
  }
}

function emptyOutcome(): JudgeOutcome {
  return {
    facts: [],
    ids: new Map(),
    waitingAdded: [],
    waitingRemoved: [],
    states: new Map(),
    decisions: [],
    refused: [],
    contracts: new Set(),
    published: [],
    summaries: [],
    openClocks: new Map(),
    counts: { accepted: 0, duplicate: 0, refused: 0 },
  };
}

/** Judging itself failed: the subject is faulted, has no timer, and is judged again when it is touched. */
function fault(
  versions: ContractVersions,
  state: SubjectState,
  context: DiffContext,
  error: unknown,
): { decisions: Decision[]; recorded: RecordedVerdict[]; nextInstant: null } {
  const contract: Contract = versions[versions.length - 1]!;
  const message = error instanceof Error ? error.message : String(error);
  const decisions: Decision[] = [];
  const open = state.recorded.filter((one) => one.state !== 'faulted' && one.state !== 'withdrawn');
  const first = state.facts[0]?.occurredAt ?? context.now.at;
  const affected: Pick<RecordedVerdict, 'obligation' | 'instance' | 'startedAt' | 'allowed'>[] =
    state.recorded.length > 0
      ? open
      : contract.obligations
          .filter((one) => one.kind === state.kind)
          .map((one) => ({ obligation: one.id, instance: 1, startedAt: first, allowed: null }));
  const recorded = new Map(state.recorded.map((one) => [`${one.obligation}/${one.instance}`, one]));
  for (const one of affected) {
    const key = `${one.obligation}/${one.instance}`;
    const previous = recorded.get(key);
    const verdict = unmeasured(contract, one, 'faulted', context, message);
    const number = context.nextNumber();
    const revision = (previous?.revision ?? 0) + 1;
    decisions.push({
      type: 'compliance.verdict.faulted',
      contract: contract.id,
      number,
      revision,
      supersedes: previous?.number ?? null,
      effectiveAt: context.now.at,
      verdict,
      cause: context.cause,
      ...(context.backfill === undefined ? {} : { backfill: context.backfill }),
    });
    recorded.set(key, {
      obligation: one.obligation,
      instance: one.instance,
      state: 'faulted',
      startedAt: one.startedAt,
      dueAt: null,
      stoppedAt: null,
      allowed: one.allowed,
      clause: verdict.clause,
      dimensions: {},
      revision,
      number,
      breachedBefore: previous?.breachedBefore ?? false,
      warned: previous?.warned ?? 0,
    });
  }
  return { decisions, recorded: [...recorded.values()], nextInstant: null };
}

function spanImport(open: ImportState, at: Instant): void {
  open.from = open.from === null ? at : Math.min(open.from, at);
  open.to = open.to === null ? at : Math.max(open.to, at);
}

function countDecisions(open: ImportState, decisions: readonly Decision[]): void {
  open.decisions += decisions.length;
  for (const { type, verdict } of decisions) {
    const key = `${verdict.obligation}/${verdict.party}`;
    if (type === 'compliance.breach.declared' || type === 'compliance.breach.reinstated')
      open.breaches[key] = (open.breaches[key] ?? 0) + 1;
    else if (type === 'compliance.breach.withdrawn') open.breaches[key] = (open.breaches[key] ?? 0) - 1;
  }
}
