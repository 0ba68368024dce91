export type { Fact, JsonObject, JsonValue, Refusal, RefusalReason } from './fact.js';
export type {
  Budget,
  Contact,
  Contract,
  EventType,
  Feed,
  Language,
  Obligation,
  Party,
  PartyId,
  ReopenAction,
  ReopenPolicy,
  ServiceCycle,
  Source,
  Standing,
  SubjectKind,
  Target,
  Term,
  Text,
  Trigger,
  Warning,
} from './model.js';
export { readContract } from './read-contract.js';
export { contractJsonSchema } from './contract-file.js';
export { publishedSchemas } from './publish-schemas.js';
