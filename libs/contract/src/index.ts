export type { Fact, JsonObject, JsonValue, Refusal, RefusalReason } from './fact.js';
export type {
  Budget,
  Contact,
  Contract,
  EventType,
  Language,
  Obligation,
  PartyId,
  Standing,
  SubjectKind,
  Target,
  Text,
  Trigger,
} from './model.js';
export { readContract } from './read-contract.js';
export { readPublished } from './read-published.js';
