import type { Instant } from '#libs/calendar';
import { bearingKinds } from './bearing.js';
import { breachOf, type Breach } from './breach.js';
import type { Closings } from './closings.js';
import type { ContractMemory, ImportState } from './contract-memory.js';
import type { ContractVersions } from './contract-versions.js';
import { addToFigures } from './count-change.js';
import { countedStandards } from './counted-standards.js';
import type { Derived } from './derive-clock.js';
import { deriveSubject } from './derive-subject.js';
import { diffSubject, type DiffContext } from './diff-subject.js';
import { faultSubject } from './fault-subject.js';
import type { JudgeOutcome } from './judge-outcome.js';
import { keptContributions, sameContributions } from './kept-contributions.js';
import type { PartitionMemory } from './partition-memory.js';
import { changedState, type KeptContribution, type RecordedVerdict, type SubjectState } from './subject-state.js';
import type { Sweep } from './sweep.js';
import { contributionsOf } from './tally-standards.js';
import type { Decision } from './verdict.js';

/** Why and as of when a subject is judged, and what bears on it from outside. */
export type Occasion = Pick<Sweep, 'now' | 'cause' | 'backfill' | 'circumstances'> & {
  /** Absent: all that are published. */
  readonly versions?: ContractVersions;
};

export interface JudgedSubject {
  readonly state: SubjectState;
  /** When time alone may next change something of it; null: never. */
  readonly nextInstant: Instant | null;
}

const NONE: readonly never[] = [];

/** Judges one subject on one occasion: what is decided, what is kept of it, and its timer go into memory together. */
export class SubjectJudge {
  constructor(
    private readonly memory: PartitionMemory,
    private readonly closings: Pick<Closings, 'readsBreaches' | 'judged'>,
  ) {}

  /** A subject that cannot be judged is faulted; nothing is thrown for it. */
  judge(contract: ContractMemory, key: string, state: SubjectState, occasion: Occasion): JudgedSubject {
    const { now, cause, backfill, circumstances, versions = contract.versions! } = occasion;
    const { subject } = state;
    const context: DiffContext = { subject, now, cause, backfill, nextNumber: () => ++contract.lastNumber };
    let decisions: readonly Decision[];
    let recorded: readonly RecordedVerdict[];
    let nextInstant: Instant | null;
    let contributed: readonly KeptContribution[] = NONE;
    let breaches: readonly Breach[] = NONE;
    const { lastNumber } = contract;
    try {
      const derived = deriveSubject(versions, state, now, circumstances);
      ({ decisions, recorded, nextInstant } = diffSubject(derived, state.recorded, context));
      if (countedStandards(versions).kinds.has(state.kind))
        contributed = keptContributions(versions, contributionsOf(versions, state, derived, now));
      if (this.closings.readsBreaches) breaches = breachesOf(derived.verdicts, subject);
    } catch (error) {
      contract.lastNumber = lastNumber;
      contributed = NONE;
      breaches = NONE;
      ({ decisions, recorded, nextInstant } = faultSubject(versions, state, context, error));
    }
    const open = contract.import;
    if (open !== null && backfill?.import === open.id) countDecisions(open, decisions);
    if (decisions.length > 0) this.countOpen(contract.id, state.recorded, recorded);
    for (const decision of decisions) this.outcome.decisions.push(decision);
    this.count(contract, state.contributed ?? NONE, contributed);
    const next = changedState(state, { recorded, contributed });
    this.keep(contract, key, next, nextInstant);
    if (recorded.some((one) => one.state === 'faulted')) contract.faulted.set(key, now.at);
    else if (contract.faulted.size > 0) contract.faulted.delete(key);
    if (bearingKinds(contract.versions!).has(state.kind)) contract.bearing.set(key, next);
    this.closings.judged(contract, key, breaches, this.outcome);
    return { state: next, nextInstant };
  }

  /** What is kept of a subject from now on, and when it falls due. */
  keep(contract: ContractMemory, key: string, state: SubjectState, nextInstant: Instant | null): void {
    this.memory.setState(contract.id, key, state);
    this.outcome.states.set(this.memory.placeOfState(contract.id, key), {
      contract: contract.id,
      key,
      state,
      nextInstant,
    });
    this.outcome.contracts.add(contract);
    contract.deadlines.set(key, nextInstant);
  }

  /** Brings the counters from what the subject has added to what it adds now. */
  private count(
    contract: ContractMemory,
    before: readonly KeptContribution[],
    contributed: readonly KeptContribution[],
  ): void {
    if (sameContributions(before, contributed)) return;
    for (const one of before) this.add(contract, one, -1);
    for (const one of contributed) this.add(contract, one, 1);
  }

  private add(contract: ContractMemory, one: KeptContribution, times: 1 | -1): void {
    contract.standards.add(contract.versions!, one, times);
    addToFigures(this.outcome.figures, contract.id, one, times);
  }

  /** Both lists are short, and mostly in the same order. */
  private countOpen(contract: string, before: readonly RecordedVerdict[], after: readonly RecordedVerdict[]): void {
    for (let place = 0; place < Math.max(before.length, after.length); place++) {
      const [was, is] = [before[place], after[place]];
      if (was === is) continue;
      if (was !== undefined && is !== undefined && was.obligation === is.obligation && isOpen(was) === isOpen(is))
        continue;
      if (was !== undefined && isOpen(was)) this.addOpen(contract, was.obligation, -1);
      if (is !== undefined && isOpen(is)) this.addOpen(contract, is.obligation, 1);
    }
  }

  private addOpen(contract: string, obligation: string, change: 1 | -1): void {
    const at = `${contract}\n${obligation}`;
    const known = this.outcome.openClocks.get(at);
    if (known === undefined) this.outcome.openClocks.set(at, { contract, obligation, change });
    else known.change += change;
  }

  private get outcome(): JudgeOutcome {
    return this.memory.outcome;
  }
}

function isOpen({ state }: RecordedVerdict): boolean {
  return state === 'running' || state === 'paused';
}

function breachesOf(verdicts: readonly Derived[], subject: string): readonly Breach[] {
  let found: Breach[] | undefined;
  for (const one of verdicts) {
    const breach = breachOf(one, subject);
    if (breach !== undefined) (found ??= []).push(breach);
  }
  return found ?? NONE;
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
