export type { Because, Decision, DecisionType, FactRole, Verdict, VerdictRecord, VerdictState } from './verdict.js';
export type { ContractVersions } from './derive-subject.js';
export { FactSet, byPublicOrder, deriveStored, evaluateFacts, versionsOf, type JudgedVerdict } from './fact-set.js';
export { toRecord, verdictId } from './to-record.js';
export { fromRecord } from './from-record.js';
export { packState, unpackState } from './subject-state.js';
export { compareCodePoints } from './order-facts.js';
export { DeadlineQueue } from './deadline-queue.js';
export type { IdEntry } from './register-fact.js';
export {
  newContractMemory,
  restoreFaulted,
  type ContractMemory,
  type ImportState,
  type PublishedVersion,
} from './contract-memory.js';
export type { JudgeItem } from './judge-item.js';
export type { FeedChange } from './feeds.js';
export type { ImportSummary, JudgeOutcome } from './judge-outcome.js';
export type { LoadedRows } from './partition-memory.js';
export type { LoadPlan } from './load-planner.js';
export { PartitionJudge } from './partition-judge.js';
export { describeOverdue, describeParty, explain, nameOfCase, titleOfDuty } from './explain.js';
export { describeZone, formatLocal } from './explain-instant.js';
export { describeDuration } from './explain-duration.js';
export { explainTimeline } from './explain-timeline.js';
