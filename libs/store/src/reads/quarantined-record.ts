import { formatInstant } from '#libs/calendar';
import type { QuarantinedItem } from './quarantine-reads.js';

/** An item of the quarantine as it is printed: the record of `evaluate`, and where and when it came. */
export function quarantinedRecord(item: QuarantinedItem): Readonly<Record<string, string | number | null>> {
  return {
    kind: 'quarantined',
    number: item.number,
    id: item.eventId,
    reason: item.reason,
    detail: item.detail,
    contract: item.contract,
    source: item.source,
    topic: item.topic,
    partition: item.partition,
    offset: item.offset,
    appendedAt: formatInstant(item.appendedAt),
    recordedAt: formatInstant(item.recordedAt),
    releasedAt: item.releasedAt === null ? null : formatInstant(item.releasedAt),
  };
}
