export type * from './api.js';
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
export type { IncidentRow, NewEscalation, SilenceRow } from './deliveries/incident-rows.js';
export {
  Incidents,
  type DueEscalation,
  type IncidentFilter,
  type IncidentPlace,
  type UntoldOutcome,
} from './deliveries/incidents.js';
export { DoorCursors, type DoorCursor, type ReadRecord } from './door-cursors.js';
export { freePort } from './embedded/free-port.js';
export { removeEmbeddedPostgres } from './embedded/remove-embedded-postgres.js';
export { startEmbeddedPostgres } from './embedded/start-embedded-postgres.js';
export { FencedError, UnknownOutcomeError } from './errors.js';
export { HttpWrites, type HttpWrite } from './http-writes.js';
export { isTransient } from './is-transient.js';
export type { ContractStanding } from './reads/contract-standing.js';
export type { RecordedDecision } from './reads/decision-reads.js';
export type { RecordedFact } from './reads/fact-reads.js';
export type { RecordedVersion } from './reads/published-reads.js';
export type { KeptRecord, QuarantinedSize, QuarantineSelection } from './reads/quarantine-reads.js';
export { quarantinedRecord } from './reads/quarantined-record.js';
export { ReadSide, type Snapshot } from './reads/read-side.js';
export type { VerdictFilter, VerdictPlace } from './reads/verdict-reads.js';
export type { AskedStandard, KeptStandards } from './standard-rows.js';
export { releaseQuarantined } from './release-quarantined.js';
export { Store } from './store.js';
