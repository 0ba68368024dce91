export { eventLimits, type EventEnvelope } from './envelope.js';
export { parseEvent, parseJsonEvent, type ParsedEvent } from './parse-event.js';
export { toFact, type ReadFact } from './to-fact.js';
export { isCorrection, readCorrection, refuseCorrection, type Correction } from './correction.js';
export { canonicalJson, contentHash, type EventContent } from './canonical-json.js';
export {
  isOwnSource,
  reservedExtensions,
  signOwn,
  signStamp,
  verifyOwn,
  verifyStamp,
  type OwnRecord,
  type Stamp,
} from './signature.js';
export { toJsonEvent, toRecordBinary, toRecordStructured, type EventRecord, type OutgoingEvent } from './to-record.js';
export { readMapping, type Mapping } from './mapping.js';
export type { Row } from './mapping-value.js';
