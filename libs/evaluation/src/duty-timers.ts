import type { Instant } from '#libs/calendar';
import type { ContractMemory } from './contract-memory.js';
import { timedDuties } from './derive-duty.js';
import type { PartitionMemory } from './partition-memory.js';
import type { SubjectJudge } from './subject-judge.js';
import { emptyState } from './subject-state.js';

/** Sets the timers of duties whose periods open by time alone: no fact names them before. */
export class DutyTimers {
  constructor(
    private readonly memory: PartitionMemory,
    private readonly subjects: SubjectJudge,
  ) {}

  /** A version was published. A contract without facts may first be filled with its past: what opened before waits. */
  schedule(contract: ContractMemory, at: Instant): void {
    const clock = contract.clock ?? at;
    for (const { key, opensAt } of timedDuties(contract.versions!)) {
      const state = this.memory.state(contract.id, key);
      if (state === undefined) throw new Error(`state ${key} of contract ${contract.id} was not loaded`);
      if (state.recorded.length > 0) continue;
      this.subjects.keep(contract, key, state, contract.hasFacts || opensAt > clock ? opensAt : null);
    }
    if (!contract.hasFacts) contract.dutiesWaitFrom = Math.max(contract.dutiesWaitFrom ?? -Infinity, clock);
  }

  /** The first fact is there, or the first import begins. Those that waited have no state yet but an empty one. */
  wake(contract: ContractMemory): void {
    const { dutiesWaitFrom } = contract;
    if (dutiesWaitFrom === null || contract.versions === null) return;
    contract.dutiesWaitFrom = null;
    for (const { key, kind, subject, opensAt } of timedDuties(contract.versions)) {
      if (opensAt > dutiesWaitFrom) continue;
      this.subjects.keep(contract, key, this.memory.state(contract.id, key) ?? emptyState(kind, subject), opensAt);
    }
  }
}
