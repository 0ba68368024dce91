import { TOPICS, type NewRecord } from '#libs/bus';
import {
  contentHash,
  parseEvent,
  parseJsonEvent,
  reservedExtensions,
  signStamp,
  toRecordBinary,
  verifyStamp,
  type EventEnvelope,
  type ParsedEvent,
} from '#libs/events';
import { formatInstant, parseInstant, type Instant } from '#libs/calendar';
import type { KeptRecord } from '#libs/store';
import { Failure } from '../failure.js';
import { IMPORT_EXTENSION, ownRecord } from '../own-record.js';
import { defaultContracts, readAllPublished } from '../published-contracts.js';
import { readLines } from '../read-input.js';
import { readQuarantined } from '../read-quarantined.js';
import { withServers, type Servers } from '../servers.js';
import type { ExitCode, Terminal } from '../terminal.js';

export interface ReleaseOptions {
  readonly mended?: string;
}

/**
 * `pactwatch quarantine release NUMBER`: sends the item in again, mended or as it is, stamped with the instant at which it
 * first reached us, and says so on the stream. What is still wrong with it comes back as a new item.
 */
export async function run(terminal: Terminal, number: number, options: ReleaseOptions): Promise<ExitCode> {
  const text = options.mended === undefined ? undefined : [...readLines(options.mended)].join('\n');
  await withServers(terminal, async (servers) => {
    const item = await readQuarantined(servers.store, number);
    if (item.releasedAt !== null)
      throw new Failure(1, `item ${number} was released before, at ${formatInstant(item.releasedAt)}`);
    const raw = rawEvent(item);
    const event = text === undefined ? readable(raw, item) : mendedEvent(options.mended ?? '', text);
    const defaults = defaultContracts(await readAllPublished(servers.store));
    const contract = event.contractid ?? defaults.get(event.source);
    if (contract === undefined) {
      throw new Failure(1, `the event names no contract, and its source ${event.source} belongs to none by default`);
    }
    await servers.log.append([
      stampedRecord(servers, event, contract, firstSeen(servers, raw, contract, item)),
      released(servers, contract, item),
    ]);
    await servers.store.pool.query('UPDATE quarantine SET released_at = now() WHERE id = $1 AND released_at IS NULL', [
      number,
    ]);
  });
  terminal.out(`item ${number} was sent in again\n`);
  return 0;
}

function rawEvent(item: KeptRecord): ParsedEvent {
  return parseEvent({ headers: JSON.parse(item.headers) as Record<string, string>, value: item.value });
}

function readable(raw: ParsedEvent, item: KeptRecord): EventEnvelope {
  if (raw.ok) return raw.event;
  throw new Failure(
    1,
    `item ${item.number} is no readable event: ${raw.refusal.detail}; send a mended one with --mended FILE`,
  );
}

interface FirstSeen {
  readonly appendedAt: Instant;
  /** The import it came in, where it came in one. */
  readonly importId: string | undefined;
}

/** What was stamped keeps its stamp, also when mended: it came when it came. */
function firstSeen({ stampKey }: Servers, raw: ParsedEvent, contract: string, item: KeptRecord): FirstSeen {
  if (!raw.ok) return { appendedAt: item.appendedAt, importId: undefined };
  const { source, id, extensions } = raw.event;
  const importId = extensions[IMPORT_EXTENSION];
  const appendedAt = parseInstant(extensions[reservedExtensions.appendedTime] ?? '');
  if (appendedAt === undefined) return { appendedAt: item.appendedAt, importId };
  const stamp = { contract, source, id, contentHash: hashOf(raw.event), appendedAt };
  const holds = verifyStamp(stampKey, stamp, extensions[reservedExtensions.stampSignature]);
  return { appendedAt: holds ? appendedAt : item.appendedAt, importId };
}

function mendedEvent(file: string, text: string): EventEnvelope {
  const parsed = parseJsonEvent(text);
  if (!parsed.ok) throw new Failure(1, `${file}:1:1: ${parsed.refusal.detail}`);
  return parsed.event;
}

function stampedRecord({ stampKey }: Servers, event: EventEnvelope, contract: string, first: FirstSeen): NewRecord {
  const { appendedAt, importId } = first;
  const { source, id } = event;
  const stampsig = signStamp(stampKey, { contract, source, id, contentHash: hashOf(event), appendedAt });
  const extensions = {
    ...event.extensions,
    [reservedExtensions.appendedTime]: formatInstant(appendedAt),
    [reservedExtensions.stampSignature]: stampsig,
    ...(importId === undefined ? {} : { [IMPORT_EXTENSION]: importId }),
  };
  return { topic: TOPICS.events, ...toRecordBinary({ ...event, extensions }, contract) };
}

function hashOf({ type, subject, time, data }: EventEnvelope): string {
  return contentHash({ type, subject, time, data });
}

function released({ stampKey }: Servers, contract: string, item: KeptRecord): NewRecord {
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
