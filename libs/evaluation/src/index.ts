export type { Because, Decision, DecisionType, FactRole, Verdict, VerdictRecord, VerdictState } from './verdict.js';
export { versionFor, versionsOf, type ContractVersions } from './contract-versions.js';
export { FactSet, byPublicOrder, deriveStored, evaluateFacts, type JudgedVerdict, type Judgement } from './fact-set.js';
export { toFindingRecord, type FindingRecord, type JudgedFinding } from './findings.js';
export { toRecord, verdictId } from './to-record.js';
export { fromRecord } from './from-record.js';
export { kindOfRule } from './rule-kind.js';
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
export { feedStates, type FeedChange } from './feeds.js';
export type { ImportSummary, JudgeOutcome } from './judge-outcome.js';
export type { LoadedRows } from './partition-memory.js';
export type { LoadPlan } from './load-planner.js';
export { PartitionJudge } from './partition-judge.js';
export { describeOverdue, describeParty, explain, nameOfCase, titleOfDuty } from './explain.js';
export { describeZone, formatLocal, formatLocalDate } from './explain-instant.js';
export { describeDuration } from './explain-duration.js';
export { explainTimeline } from './explain-timeline.js';
export { daysLate, endedBefore, endOfPeriod, timeLate, wholeDaysLate } from './counting.js';
export { isNotice } from './circumstances.js';
export { toStandardRecord, type StandardRecord, type StandardVerdict } from './judge-standard.js';
export type { Breach, Notice } from './breach.js';
export { bearingKinds, restoreBearing } from './bearing.js';
export { deriveCircumstances } from './derive-circumstances.js';
export { noCircumstances, otherParty, speaker, type Circumstances } from './circumstances.js';
export { keptSweep, sweepFrom, type KeptSweep } from './sweep.js';
export { beginRecount } from './begin-recount.js';
export type { Closer, ClosingOccasion } from './closings.js';
export type { CountedPeriod, CountedSpan } from './contract-standards.js';
export { countedStandards } from './counted-standards.js';
export { standardId, type RecordedStandard, type StandardDecision } from './standard-decision.js';
export {
  deriveStatementFacts,
  isStatementKind,
  type Dispute,
  type Signature,
  type StatementFacts,
} from './statement-facts.js';
export { packBreaches, unpackBreaches } from './kept-breach.js';
export type { FollowingDecision } from './following-decision.js';
