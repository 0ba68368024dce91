import { TOPICS, type NewRecord } from '#libs/bus';
import type { Instant } from '#libs/calendar';
import type { JsonObject } from '#libs/contract';
import { contentHash, reservedExtensions, signOwn, toRecordBinary } from '#libs/events';

/** `source` of what the notifier tells the stream. */
const NOTIFIER_SOURCE = '/pactwatch/notifier';

/** What people and the notifier did about an incident, as a fact of its contract: evidence of notice. */
export interface StreamFact {
  /** The same for the same thing: told twice, it is one fact. */
  readonly id: string;
  readonly type: 'notice.sent' | 'alert.acknowledged' | 'alert.silenced' | 'alert.escalated';
  readonly contract: string;
  readonly time: Instant;
  readonly data: JsonObject;
}

/** The fact as a record of the stream, signed: without the deployment's signature it would count for nothing. */
export function factRecord(stampKey: Buffer, { id, type, contract, time, data }: StreamFact): NewRecord {
  const hash = contentHash({ type, subject: undefined, time, data });
  const own = { contract, source: NOTIFIER_SOURCE, id, type, contentHash: hash };
  return {
    topic: TOPICS.events,
    ...toRecordBinary({
      ...{ id, source: NOTIFIER_SOURCE, type, time, contractid: contract, data },
      extensions: { [reservedExtensions.ownSignature]: signOwn(stampKey, own) },
    }),
  };
}
