export type { Fact, JsonObject, JsonValue, Refusal, RefusalReason } from './fact.js';
export type { Duty, NamingTrigger, Period, Prohibition, Wait } from './duties.js';
export type {
  Budget,
  Contact,
  Contract,
  EventType,
  Language,
  Obligation,
  PartyId,
  RuleHead,
  Source,
  Standing,
  SubjectKind,
  Target,
  Text,
  Trigger,
} from './model.js';
export type { Limit, Money, Remedy, RemedyName, Right, RightCondition, RuleRemedies, Sum } from './money.js';
export type { CancelledAs, Measure, Standard } from './standard.js';
export { explainContract } from './explain-contract.js';
export { COMPLETE_SINCE, FEED_TYPES, FEED_WATCHER } from './feed-types.js';
export { readContract } from './read-contract.js';
export { readPublished } from './read-published.js';
