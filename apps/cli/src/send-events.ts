import { randomUUID } from 'node:crypto';
import { parseInstant, formatInstant, type Instant } from '#libs/calendar';
import { TOPICS, type NewRecord } from '#libs/bus';
import { contentHash, parseJsonEvent, reservedExtensions, signStamp, type EventEnvelope } from '#libs/events';
import { Failure } from './failure.js';
import { IMPORT_EXTENSION, ownRecord } from './own-record.js';
import { defaultContracts, readAllPublished } from './published-contracts.js';
import type { Servers } from './servers.js';

export interface SendRequest {
  /** Lines without their ends; asked for twice in a back-fill, first to see which contracts they name. */
  readonly lines: () => Iterable<Buffer>;
  /** Null: live. */
  readonly backfill: { readonly open: boolean; readonly alerts: 'each' | 'summary' } | null;
  /** Where lines go that name no contract and whose source has none; undefined: with the first that names one. */
  readonly contract?: string | undefined;
  /** The wall clock: `time` of the product's own records. */
  readonly now: () => Instant;
  readonly onProgress?: (lines: number) => void;
}

export interface Sent {
  readonly lines: number;
  /** Lines by the contract they went to. */
  readonly contracts: ReadonlyMap<string, number>;
  readonly importId: string | null;
}

/** The id of a contract for each line, where one can be told. */
interface Attribution {
  readonly defaults: ReadonlyMap<string, string>;
  readonly fallback: string | null;
}

const BATCH_RECORDS = 1000;
const BATCH_BYTES = 900_000;

/**
 * Appends lines of CloudEvents NDJSON to the stream, in their order, keyed by their contracts. Lines that are no CloudEvents
 * go as they are: the monitor keeps what it cannot judge.
 */
export async function sendEvents(servers: Servers, request: SendRequest): Promise<Sent> {
  const published = await readAllPublished(servers.store);
  const defaults = defaultContracts(published);
  const { backfill } = request;
  if (backfill === null) {
    const first = request.contract ?? firstContract(request.lines(), defaults) ?? onlyOne(published.keys());
    const session = new Sender(servers, { defaults, fallback: first ?? null }, null);
    await session.send(request.lines(), request.onProgress);
    return { lines: session.lines, contracts: session.contracts, importId: null };
  }
  const named = contractsNamed(request.lines(), defaults);
  if (request.contract !== undefined) named.add(request.contract);
  const known = [...named].filter((id) => published.has(id));
  if (known.length === 0) {
    const list = (ids: Iterable<string>) => [...ids].join(', ') || 'none';
    throw new Failure(
      1,
      `the lines name no contract that is published (named: ${list(named)}; published: ${list(published.keys())})`,
    );
  }
  const importing = await beginImport(servers, {
    contracts: known,
    defaults,
    fallback: request.contract ?? known[0] ?? null,
    alerts: backfill.alerts,
    now: request.now,
  });
  await importing.send(request.lines(), request.onProgress);
  if (!backfill.open) await importing.complete();
  return { lines: importing.lines(), contracts: importing.contracts(), importId: importing.id };
}

/** A back-fill under way: its lines may come in several calls. */
export interface Import {
  readonly id: string;
  readonly send: (lines: Iterable<Buffer>, onProgress?: (lines: number) => void) => Promise<void>;
  /** Closes the import of every contract; until then only its own records move their clocks. */
  readonly complete: () => Promise<void>;
  readonly lines: () => number;
  readonly contracts: () => ReadonlyMap<string, number>;
}

export interface ImportRequest extends Attribution {
  /** Published contracts whose history it brings. */
  readonly contracts: readonly string[];
  readonly alerts: 'each' | 'summary';
  readonly now: () => Instant;
}

/** Opens a back-fill: each record sent in it is stamped with its own `time` where it has no `appendedtime`. */
export async function beginImport(servers: Servers, request: ImportRequest): Promise<Import> {
  const id = randomUUID();
  const own = (type: string, data: (contract: string) => Record<string, string | number>) =>
    servers.log.append(
      request.contracts.map((contract) =>
        ownRecord(servers.stampKey, {
          contract,
          source: '/pactwatch/import',
          type,
          time: request.now(),
          data: data(contract),
        }),
      ),
    );
  await own('import.begun', () => ({ import: id, alerts: request.alerts }));
  const sender = new Sender(servers, request, id);
  return {
    id,
    send: (lines, onProgress) => sender.send(lines, onProgress),
    complete: async () => {
      await own('import.completed', (contract) => ({ import: id, lines: sender.contracts.get(contract) ?? 0 }));
    },
    lines: () => sender.lines,
    contracts: () => sender.contracts,
  };
}

class Sender {
  lines = 0;
  readonly contracts = new Map<string, number>();

  constructor(
    private readonly servers: Servers,
    private readonly attribution: Attribution,
    private readonly importId: string | null,
  ) {}

  async send(lines: Iterable<Buffer>, onProgress?: (lines: number) => void): Promise<void> {
    let batch: NewRecord[] = [];
    let bytes = 0;
    const flush = async (): Promise<void> => {
      if (batch.length === 0) return;
      await this.servers.log.append(batch);
      this.lines += batch.length;
      onProgress?.(this.lines);
      batch = [];
      bytes = 0;
    };
    for (const line of lines) {
      // Nothing stands on an empty line, not even something that could not be judged.
      if (line.length === 0 || /^\s*$/.test(line.toString('latin1'))) continue;
      if (batch.length === BATCH_RECORDS || (batch.length > 0 && bytes + line.length > BATCH_BYTES)) await flush();
      const record = this.record(line);
      if (record.key !== null) this.contracts.set(record.key, (this.contracts.get(record.key) ?? 0) + 1);
      batch.push(record);
      bytes += line.length;
    }
    await flush();
  }

  private record(line: Buffer): NewRecord {
    const text = line.toString('utf8');
    const parsed = parseJsonEvent(text);
    const named = parsed.ok ? contractOf(parsed.event, this.attribution.defaults) : parsed.refusal.contract;
    const key = named ?? this.attribution.fallback;
    if (!parsed.ok) return { topic: TOPICS.events, key, value: line };
    const headers = { 'content-type': 'application/cloudevents+json; charset=utf-8' };
    const value =
      this.importId === null || named === null ? line : this.stamped(text, parsed.event, named, this.importId);
    return { topic: TOPICS.events, key, value, headers };
  }

  private stamped(text: string, event: EventEnvelope, contract: string, importId: string): string {
    const claimed = event.extensions[reservedExtensions.appendedTime];
    const appendedAt = (claimed === undefined ? undefined : parseInstant(claimed)) ?? event.time;
    const signature = signStamp(this.servers.stampKey, {
      contract,
      source: event.source,
      id: event.id,
      contentHash: contentHash(event),
      appendedAt,
    });
    const added = JSON.stringify({
      [reservedExtensions.appendedTime]: formatInstant(appendedAt),
      [reservedExtensions.stampSignature]: signature,
      [IMPORT_EXTENSION]: importId,
    });
    // Written into the line, not out of its parsed form: numbers stay spelt as they were. The last of equal names counts.
    const end = text.lastIndexOf('}');
    return `${text.slice(0, end)},${added.slice(1)}`;
  }
}

function contractOf(event: EventEnvelope, defaults: ReadonlyMap<string, string>): string | null {
  return event.contractid ?? defaults.get(event.source) ?? null;
}

function contractsNamed(lines: Iterable<Buffer>, defaults: ReadonlyMap<string, string>): Set<string> {
  const named = new Set<string>();
  for (const line of lines) {
    const parsed = parseJsonEvent(line.toString('utf8'));
    const contract = parsed.ok ? contractOf(parsed.event, defaults) : null;
    if (contract !== null) named.add(contract);
  }
  return named;
}

function firstContract(lines: Iterable<Buffer>, defaults: ReadonlyMap<string, string>): string | undefined {
  for (const line of lines) {
    const parsed = parseJsonEvent(line.toString('utf8'));
    const contract = parsed.ok ? contractOf(parsed.event, defaults) : null;
    if (contract !== null) return contract;
  }
  return undefined;
}

function onlyOne(ids: Iterable<string>): string | undefined {
  const [first, second] = [...ids];
  return second === undefined ? first : undefined;
}
