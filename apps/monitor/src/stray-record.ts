import { formatInstant } from '#libs/calendar';
import { contentHash, reservedExtensions, signStamp } from '#libs/events';
import type { OutboxRow } from '#libs/store';
import { REKEYED_EXTENSION } from './own-records.js';
import type { Stray } from './parse-record.js';
import { toOutbox } from './to-outbox.js';

/** A stray on its way home: stamped with when it first reached us, marked so that it is sent only once. */
export function strayRecord(stray: Stray, topic: string, stampKey: Buffer): OutboxRow {
  const { event, contract, appendedAt } = stray;
  const hash = contentHash(event);
  const stampsig = signStamp(stampKey, { contract, source: event.source, id: event.id, contentHash: hash, appendedAt });
  return toOutbox(topic, {
    ...event,
    contractid: contract,
    extensions: {
      ...event.extensions,
      [reservedExtensions.appendedTime]: formatInstant(appendedAt),
      [reservedExtensions.stampSignature]: stampsig,
      [REKEYED_EXTENSION]: '1',
    },
  });
}
