import type { Instant } from '#libs/calendar';
import { bearingKinds } from './bearing.js';
import { breachOf, type Breach } from './breach.js';
import type { Closings } from './closings.js';
import type { ContractMemory, ImportState } from './contract-memory.js';
import type { ContractVersions } from './contract-versions.js';
import { addToFigures } from './count-change.js';
import { countedStandards } from './counted-standards.js';
import { deriveSubject } from './derive-subject.js';
import { diffSubject, type DiffContext } from './diff-subject.js';
import { faultSubject } from './fault-subject.js';
import type { JudgeOutcome } from './judge-outcome.js';
import { keptContributions, sameContributions } from './kept-contributions.js';
import type { PartitionMemory } from './partition-memory.js';
import type { KeptContribution, RecordedVerdict, SubjectState } from './subject-state.js';
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
    const context: DiffContext = {
      subject: state.subject,
      now,
      cause,
      backfill,
      nextNumber: () => ++contract.lastNumber,
    };
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
      if (this.closings.readsBreaches)
        breaches = derived.verdicts.flatMap((one) => breachOf(one, state.subject) ?? NONE);
    } catch (error) {
      contract.lastNumber = lastNumber;
      contributed = NONE;
      breaches = NONE;
      ({ decisions, recorded, nextInstant } = faultSubject(versions, state, context, error));
    }
    const open = contract.import;
    if (open !== null && backfill?.import === open.id) countDecisions(open, decisions);
    this.countOpen(contract.id, state.recorded, -1);
    this.countOpen(contract.id, recorded, 1);
    this.outcome.decisions.push(...decisions);
    const next = this.count(contract, { ...state, recorded }, contributed);
    this.keep(contract, key, next, nextInstant);
    if (recorded.some((one) => one.state === 'faulted')) contract.faulted.set(key, now.at);
    else contract.faulted.delete(key);
    if (bearingKinds(contract.versions!).has(state.kind)) contract.bearing.set(key, next);
    this.closings.judged(contract, key, breaches, this.outcome);
    return { state: next, nextInstant };
  }

  /** What is kept of a subject from now on, and when it falls due. */
  keep(contract: ContractMemory, key: string, state: SubjectState, nextInstant: Instant | null): void {
    this.memory.setState(contract.id, key, state);
    this.outcome.states.set(`${contract.id}\n${key}`, { contract: contract.id, key, state, nextInstant });
    this.outcome.contracts.add(contract);
    contract.deadlines.set(key, nextInstant);
  }

  /** Brings the counters from what the subject has added to what it adds now, and keeps that of it. */
  private count(contract: ContractMemory, state: SubjectState, contributed: readonly KeptContribution[]): SubjectState {
    const before = state.contributed ?? NONE;
    if (sameContributions(before, contributed)) return state;
    for (const one of before) this.add(contract, one, -1);
    for (const one of contributed) this.add(contract, one, 1);
    if (contributed.length > 0) return { ...state, contributed };
    const { contributed: _, ...rest } = state;
    return rest;
  }

  private add(contract: ContractMemory, one: KeptContribution, times: 1 | -1): void {
    contract.standards.add(contract.versions!, one, times);
    addToFigures(this.outcome.figures, contract.id, one, times);
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

  private get outcome(): JudgeOutcome {
    return this.memory.outcome;
  }
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
