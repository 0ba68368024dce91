import type { Instant } from '#libs/calendar';
import type { JsonObject } from '#libs/contract';

/** A CloudEvents 1.0 event as it was read from the wire: well-formed, not yet judged by any contract. */
export interface EventEnvelope {
  readonly id: string;
  /** URI-reference. */
  readonly source: string;
  readonly type: string;
  readonly subject?: string;
  /** The instant of `time`, cut to the millisecond. */
  readonly time: Instant;
  /** `time` as it was written. */
  readonly timeText: string;
  /** Extension `contractid`. */
  readonly contractid?: string;
  /** Extension `sequence`, where the source numbers its events. */
  readonly sequence?: string;
  /** Empty where the event carries none. */
  readonly data: JsonObject;
  /** All other extension attributes, as text; no prototype, so any lower-case name is just a name. */
  readonly extensions: Readonly<Record<string, string>>;
}

/** Lengths in UTF-16 code units, sizes in bytes. */
export const eventLimits = {
  messageBytes: 16 * 1024 * 1024,
  jsonDepth: 64,
  id: 256,
  source: 1024,
  type: 256,
  subject: 512,
  contractid: 256,
  sequence: 128,
  extensions: 64,
  extensionName: 64,
  extensionValue: 4096,
} as const;
