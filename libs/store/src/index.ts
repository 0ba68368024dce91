export type * from './api.js';
export { createPool, type PoolOptions } from './create-pool.js';
export {
  Deliveries,
  PositionMovedError,
  type AlertSave,
  type ClaimedDelivery,
  type HeldGroup,
  type NewAlert,
  type NewDelivery,
  type WrittenDigest,
} from './deliveries/deliveries.js';
export type { DocumentKind } from './documents.js';
export { dumpSchema } from './dump-schema.js';
export { EmbeddedPostgresError } from './embedded/embedded-postgres-error.js';
export {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
} from './embedded/start-embedded-postgres.js';
export {
  DatabaseUnusableError,
  FencedError,
  PredecessorAliveError,
  SchemaTooNewError,
  UnknownOutcomeError,
} from './errors.js';
export type { ContractStanding } from './reads/contract-standing.js';
export type { DecisionFilter, RecordedDecision } from './reads/decision-reads.js';
export type { RecordedFact, SubjectSelection } from './reads/fact-reads.js';
export type { KeptRecord, QuarantinedItem, QuarantineFilter } from './reads/quarantine-reads.js';
export { ReadSide, Snapshot, type ReadLimits } from './reads/read-side.js';
export type { VerdictFilter, VerdictPage, VerdictPlace } from './reads/verdict-reads.js';
export { Store, type StoreOptions } from './store.js';
