import { TOPICS, type NewRecord } from '#libs/bus';
import { formatInstant, parseInstant, type Instant } from '#libs/calendar';
import {
  contentHash,
  parseEvent,
  reservedExtensions,
  signStamp,
  toRecordBinary,
  verifyStamp,
  type EventEnvelope,
  type ParsedEvent,
} from '#libs/events';
import type { KeptRecord } from '#libs/store';
import { IMPORT_EXTENSION, ownRecord } from './own-record.js';

export interface ReleaseContext {
  readonly stampKey: Buffer;
  /** Source -> the contract that takes its events where they name none. */
  readonly defaults: ReadonlyMap<string, string>;
}

export type ReleasedRecords =
  /** `records`: the event, and the product's own record that it was released. */
  | { readonly ok: true; readonly contract: string; readonly records: readonly NewRecord[] }
  | { readonly ok: false; readonly why: 'unreadable' | 'no-contract'; readonly detail: string };

/**
 * What an item is sent in again as: the event as it is, or a mended one in its place, stamped with the instant at which the
 * item first reached us.
 */
export function releasedRecords(item: KeptRecord, context: ReleaseContext, mended?: EventEnvelope): ReleasedRecords {
  const raw = parseEvent({ headers: JSON.parse(item.headers) as Record<string, string>, value: item.value });
  if (mended === undefined && !raw.ok) {
    return { ok: false, why: 'unreadable', detail: raw.refusal.detail };
  }
  const event = mended ?? (raw as Extract<ParsedEvent, { ok: true }>).event;
  const { stampKey } = context;
  const contract = event.contractid ?? context.defaults.get(event.source);
  if (contract === undefined) {
    const detail = `the event names no contract, and its source ${event.source} belongs to none by default`;
    return { ok: false, why: 'no-contract', detail };
  }
  const first = firstSeen(stampKey, raw, contract, item);
  const records = [stampedRecord(stampKey, event, contract, first), releasedRecord(stampKey, contract, item)];
  return { ok: true, contract, records };
}

interface FirstSeen {
  readonly appendedAt: Instant;
  /** The import it came in, where it came in one. */
  readonly importId: string | undefined;
}

/** What was stamped keeps its stamp, also when mended: it came when it came. */
function firstSeen(stampKey: Buffer, raw: ParsedEvent, contract: string, item: KeptRecord): FirstSeen {
  if (!raw.ok) return { appendedAt: item.appendedAt, importId: undefined };
  const { source, id, extensions } = raw.event;
  const importId = extensions[IMPORT_EXTENSION];
  const appendedAt = parseInstant(extensions[reservedExtensions.appendedTime] ?? '');
  if (appendedAt === undefined) return { appendedAt: item.appendedAt, importId };
  const stamp = { contract, source, id, contentHash: contentHash(raw.event), appendedAt };
  const holds = verifyStamp(stampKey, stamp, extensions[reservedExtensions.stampSignature]);
  return { appendedAt: holds ? appendedAt : item.appendedAt, importId };
}

function stampedRecord(stampKey: Buffer, event: EventEnvelope, contract: string, first: FirstSeen): NewRecord {
  const { appendedAt, importId } = first;
  const { source, id } = event;
  const stampsig = signStamp(stampKey, { contract, source, id, contentHash: contentHash(event), appendedAt });
  const extensions = {
    ...event.extensions,
    [reservedExtensions.appendedTime]: formatInstant(appendedAt),
    [reservedExtensions.stampSignature]: stampsig,
    ...(importId === undefined ? {} : { [IMPORT_EXTENSION]: importId }),
  };
  return { topic: TOPICS.events, ...toRecordBinary({ ...event, extensions }, contract) };
}

function releasedRecord(stampKey: Buffer, contract: string, item: KeptRecord): NewRecord {
  return ownRecord(stampKey, {
    contract,
    source: '/pactwatch/quarantine',
    type: 'quarantine.released',
    time: Date.now(),
    data: {
      number: item.number,
      reason: item.reason,
      topic: item.topic,
      partition: item.partition,
      offset: item.offset,
    },
  });
}
