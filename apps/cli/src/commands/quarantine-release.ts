import { TOPICS, type NewRecord } from '#libs/bus';
import {
  contentHash,
  parseEvent,
  parseJsonEvent,
  reservedExtensions,
  signStamp,
  toRecordBinary,
  type EventEnvelope,
} from '#libs/events';
import { formatInstant } from '#libs/calendar';
import type { KeptRecord } from '#libs/store';
import { Failure } from '../failure.js';
import { ownRecord } from '../own-record.js';
import { defaultContracts, readPublished } from '../published-contracts.js';
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
    const event = text === undefined ? eventOf(item) : mendedEvent(options.mended ?? '', text);
    const defaults = defaultContracts(await readPublished(servers.store));
    const contract = event.contractid ?? defaults.get(event.source);
    if (contract === undefined) {
      throw new Failure(1, `the event names no contract, and its source ${event.source} belongs to none by default`);
    }
    await servers.log.append([
      stampedRecord(servers, event, contract, item.appendedAt),
      released(servers, contract, item),
    ]);
    await servers.store.pool.query('UPDATE quarantine SET released_at = now() WHERE id = $1 AND released_at IS NULL', [
      number,
    ]);
  });
  terminal.out(`item ${number} was sent in again\n`);
  return 0;
}

function eventOf(item: KeptRecord): EventEnvelope {
  const headers = JSON.parse(item.headers) as Record<string, string>;
  const parsed = parseEvent({ headers, value: item.value });
  if (!parsed.ok) {
    throw new Failure(
      1,
      `item ${item.number} is no readable event: ${parsed.refusal.detail}; send a mended one with --mended FILE`,
    );
  }
  return parsed.event;
}

function mendedEvent(file: string, text: string): EventEnvelope {
  const parsed = parseJsonEvent(text);
  if (!parsed.ok) throw new Failure(1, `${file}:1:1: ${parsed.refusal.detail}`);
  return parsed.event;
}

function stampedRecord({ stampKey }: Servers, event: EventEnvelope, contract: string, appendedAt: number): NewRecord {
  const stampsig = signStamp(stampKey, {
    contract,
    source: event.source,
    id: event.id,
    contentHash: contentHash({ type: event.type, subject: event.subject, time: event.time, data: event.data }),
    appendedAt,
  });
  const record = toRecordBinary(
    {
      ...event,
      extensions: {
        ...event.extensions,
        [reservedExtensions.appendedTime]: formatInstant(appendedAt),
        [reservedExtensions.stampSignature]: stampsig,
      },
    },
    contract,
  );
  return { topic: TOPICS.events, ...record };
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
