export { eventLimits, type EventEnvelope } from './envelope.js';
export { parseEvent, parseJsonEvent, type ParsedEvent } from './parse-event.js';
export { toFact } from './to-fact.js';
export { canonicalJson, contentHash } from './canonical-json.js';
export { isOwnSource, reservedExtensions, signOwn, signStamp, verifyOwn, verifyStamp } from './signature.js';
export { toJsonEvent, binaryHeaders, toRecordBinary, toRecordStructured, type EventRecord } from './to-record.js';
export { readMapping, type Mapping } from './mapping.js';
export type { Row } from './mapping-value.js';
export {
  DOOR_SOURCE,
  doorTypes,
  readRefusedRecord,
  readWatermark,
  refusedRecord,
  watermarkRecord,
  type RefusedRecord,
} from './door-records.js';
export { toOwnRecord } from './own-event.js';
export { recordHash } from './record-hash.js';
