import { homePartition, TOPICS, type LogBatch, type LogRecord, type NewRecord } from '#libs/bus';
import { eventLimits, recordHash, refusedRecord, watermarkRecord, type EventEnvelope } from '#libs/events';
import { FencedError, type DoorCursor, type ReadRecord } from '#libs/store';
import type { ContractShelf } from '../contracts/contract-shelf.js';
import type { PublishedContracts } from '../contracts/published-contracts.js';
import { judgeable } from '../judgeable.js';
import { recordBytes, toStampedRecord } from '../to-stream-record.js';
import type { Door, DoorTopic } from './door.js';
import type { DoorOptions } from './door-options.js';
import { HeldPartition } from './held-partition.js';
import type { LogClock } from './log-clock.js';
import { mapRecord, placeOf, type Unmapped } from './map-record.js';
import { toRefusedRecord } from './refused-record.js';

interface DoorTools extends Omit<DoorOptions, 'list'> {
  readonly contracts: Pick<PublishedContracts, 'recent' | 'reload'>;
  readonly clock: LogClock;
  readonly stampKey: Buffer;
  /** The wall clock, epoch milliseconds. */
  readonly now: () => number;
}

const FIRST_PAUSE_MILLIS = 200;
const LONGEST_PAUSE_MILLIS = 5_000;

/** Thrown where a batch cannot be forwarded just now: its partition is taken again, and read on from the cursor. */
class TryAgainError extends Error {
  override readonly name = 'TryAgainError';
  readonly retriable = true;
}

/** Thrown where records were deleted from a foreign topic before they were read: the door stands still until somebody has looked. */
class DoorGapError extends Error {
  override readonly name = 'DoorGapError';
  readonly code = 'DOOR_GAP';
  readonly retriable = false;
  constructor({ door, topic, partition, nextOffset }: DoorCursor, low: number) {
    super(
      `Door '${door}': records ${nextOffset} to ${low - 1} of ${topic}/${partition} were deleted before they were read; ` +
        `the door stands still until somebody says that they are lost: pactwatch doors skip ${door} ${topic} ${partition} --lost ${low - nextOffset!}`,
    );
  }
}

/** Thrown where a foreign topic ends before what was read of it, or holds another record where the last one stood that was read. */
class DoorCutBackError extends Error {
  override readonly name = 'DoorCutBackError';
  readonly code = 'DOOR_CUT_BACK';
  readonly retriable = false;
  constructor({ door, topic, partition, nextOffset }: DoorCursor, high: number) {
    super(
      `Door '${door}': ${topic}/${partition} ends at offset ${high}, was read up to ${nextOffset}, and does not hold what was read: the topic was cut back or made anew; ` +
        `the door stands still until somebody says that it is to be read from its beginning: ` +
        `pactwatch doors restart ${door} ${topic} ${partition} --end ${high}`,
    );
  }
}

/** Reads the topics of one door and forwards what they hold, each record once, and says up to when they have been read. */
export class DoorReader {
  private readonly held = new Map<string, HeldPartition>();
  private readonly topics: ReadonlyMap<string, DoorTopic>;
  private readonly warned = new Set<string>();
  private running: Promise<void> | undefined;
  private failures = 0;
  /** Why it stands still. */
  private problem: Error | undefined;
  private beating: Promise<void> | undefined;
  /** Ends the subscription under way. */
  private fail: (error: Error) => void = () => undefined;
  private readonly stopping = new AbortController();

  constructor(
    private readonly door: Door,
    private readonly tools: DoorTools,
  ) {
    this.topics = new Map(door.topics.map((one) => [one.topic, one]));
  }

  start(): void {
    this.running ??= this.run();
  }

  async close(): Promise<void> {
    this.stopping.abort();
    await this.running;
    await this.beating;
  }

  /** For readiness: rejects while the door stands still. */
  check(): Promise<void> {
    return this.problem === undefined ? Promise.resolve() : Promise.reject(this.problem);
  }

  /** Called each second: sees how far the topics reach, and tells the contracts up to when they have been read. */
  beat(): void {
    this.beating ??= this.look()
      .catch((error: unknown) =>
        this.tools.logger.warn(
          { err: error, door: this.door.name },
          'No watermark could be told; the next second tries again.',
        ),
      )
      .finally(() => (this.beating = undefined));
  }

  /** Whatever ends a subscription, the next one goes on from the cursors. */
  private async run(): Promise<void> {
    const { logger } = this.tools;
    while (!this.stopping.signal.aborted) {
      try {
        if (await this.isAwaited()) await this.read();
      } catch (error) {
        this.problem = error instanceof Error ? error : new Error(String(error));
        logger.error({ err: error, door: this.door.name }, 'The door cannot be read; it is tried again.');
      }
      await this.pause(LONGEST_PAUSE_MILLIS);
    }
  }

  /** While no contract is published that names the door, nobody could judge what comes through it. */
  private async isAwaited(): Promise<boolean> {
    const { contracts, logger } = this.tools;
    const { name } = this.door;
    while (!this.stopping.signal.aborted) {
      if ((await contracts.recent()).fedBy(name).length > 0) return true;
      if (!this.warned.has(''))
        logger.warn({ door: name }, 'No published contract names the door; it is not read until one does.');
      this.warned.add('');
      await this.pause(1_000);
    }
    return false;
  }

  /** Resolves when the door is closed; rejects when the topics cannot be read on. */
  private async read(): Promise<void> {
    const { log } = this.tools;
    for (const topic of this.topics.keys()) {
      if ((await log.partitionCount(topic)) === 0)
        throw new Error(`door '${this.door.name}': there is no topic '${topic}'`);
    }
    const failed = new Promise<never>((_, reject) => (this.fail = reject));
    failed.catch(() => undefined);
    const subscription = await log.subscribe({
      group: `pactwatch-door-${this.door.name}`,
      topics: [...this.topics.keys()],
      onAssigned: (topic, partition) => this.assigned(topic, partition),
      onRevoked: (topic, partition) => this.revoked(topic, partition),
      onBatch: (batch) => this.handle(batch),
      onFatal: (error) => this.fail(error),
    });
    this.problem = undefined;
    try {
      await Promise.race([failed, this.closed()]);
    } finally {
      await subscription.close();
      this.held.clear();
    }
  }

  private async assigned(topic: string, partition: number): Promise<number> {
    const { log, cursors, process } = this.tools;
    const cursor = await cursors.take({ door: this.door.name, topic, partition }, process);
    const { low, high } = (await log.bounds(topic)).find((one) => one.partition === partition) ?? { low: 0, high: 0 };
    const { nextOffset } = cursor;
    if (nextOffset !== null && nextOffset < low) throw new DoorGapError(cursor, low);
    if (nextOffset !== null && nextOffset > high) throw new DoorCutBackError(cursor, high);
    await this.compareLast(cursor, low, high);
    const held = new HeldPartition(cursor, low, cursors);
    this.held.set(`${topic}/${partition}`, held);
    return held.position;
  }

  /** A topic that was made anew may hold more than was read of the old one. What was compacted away says nothing. */
  private async compareLast(cursor: DoorCursor, low: number, high: number): Promise<void> {
    const { topic, partition, last } = cursor;
    if (last === null || last.offset < low) return;
    const record = await this.tools.log.readOne(topic, partition, last.offset);
    if (record !== undefined && (record.appendedAt !== last.appendedAt || recordHash(record) !== last.hash))
      throw new DoorCutBackError(cursor, high);
  }

  private async revoked(topic: string, partition: number): Promise<void> {
    const held = this.held.get(`${topic}/${partition}`);
    this.held.delete(`${topic}/${partition}`);
    await held?.inOrder(() => Promise.resolve());
  }

  private async handle(batch: LogBatch): Promise<void> {
    const { topic, partition } = batch;
    try {
      const held = this.held.get(`${topic}/${partition}`);
      if (held === undefined) throw new Error(`${topic}/${partition} is not held`);
      await held.inOrder(() => this.forward(held, batch));
      this.failures = 0;
    } catch (error) {
      this.failures += 1;
      this.tools.logger.warn({ err: error, door: this.door.name, topic, partition }, 'The partition is taken again.');
      await this.pause(Math.min(FIRST_PAUSE_MILLIS * 2 ** (this.failures - 1), LONGEST_PAUSE_MILLIS));
      throw new TryAgainError(`${topic}/${partition} is taken again: ${(error as Error).message}`, { cause: error });
    }
  }

  /** What is in the stream before the cursor has moved is there twice after a crash: the same facts, with the same ids. */
  private async forward(held: HeldPartition, batch: LogBatch): Promise<void> {
    const records = batch.records.filter(({ offset }) => offset >= held.position);
    const mapped = records.map((record) => ({ record, made: mapRecord(record, this.topics.get(batch.topic)!) }));
    const shelf = await this.shelfFor(mapped.flatMap(({ made }) => (made.ok ? made.events : [])));
    const forwarded = mapped.flatMap(({ record, made }) =>
      made.ok ? this.toFacts(held, record, made.events, shelf) : [this.refused(record, made.unmapped, null)],
    );
    const unreadable = batch.undecodable
      .filter(({ to }) => to >= held.position)
      .map(({ from, to, detail }) => this.unreadable(batch, from, to, detail));
    await this.append([...unreadable, ...forwarded]);
    await held.advance(batch.nextOffset, lastOf(records));
  }

  /** What is not there may have been published a moment ago. */
  private async shelfFor(events: readonly EventEnvelope[]): Promise<ContractShelf> {
    const { contracts } = this.tools;
    const recent = await contracts.recent();
    return events.every((event) => recent.knows(event)) ? recent : contracts.reload();
  }

  /** All facts of a record, or one refusal: half a case would be judged as a whole one. */
  private toFacts(
    held: HeldPartition,
    record: LogRecord,
    events: readonly EventEnvelope[],
    shelf: ContractShelf,
  ): NewRecord[] {
    const { stampKey, now } = this.tools;
    const { logAppendTime } = this.topics.get(record.topic)!;
    const facts: NewRecord[] = [];
    for (const event of events) {
      const { id, source } = event;
      const judged = judgeable(event, shelf, logAppendTime ? record.appendedAt : now());
      if (!judged.ok && judged.kind === 'unavailable') throw new Error(`${placeOf(record)}: ${judged.detail}`);
      const contract = shelf.contractIdOf(event) ?? null;
      if (!judged.ok)
        return [this.refused(record, { reason: judged.reason, detail: judged.detail, id, source }, contract)];
      this.warnOfOtherDoor(judged.contract, source, shelf);
      // Where senders set the times: the earliest instant at which it can have come, so that no standstill of ours counts.
      const cameAt = logAppendTime ? record.appendedAt : (held.readThrough ?? Math.min(event.time, now()));
      const fact = toStampedRecord(event, judged.contract, cameAt, stampKey);
      const bytes = recordBytes(fact);
      if (bytes > eventLimits.messageBytes) {
        const detail = `the event takes ${bytes} bytes in the log (allowed: ${eventLimits.messageBytes})`;
        return [this.refused(record, { reason: 'TOO_LARGE', detail, id, source }, contract)];
      }
      facts.push(fact);
    }
    return facts;
  }

  private refused(record: LogRecord, unmapped: Unmapped, contract: string | null): NewRecord {
    const { stampKey, partitions } = this.tools;
    const told = toRefusedRecord(this.door.name, record, unmapped, contract);
    const partition = homePartition(contract ?? this.door.name, partitions);
    return { topic: TOPICS.events, ...refusedRecord(told, record.appendedAt, stampKey), key: contract, partition };
  }

  private unreadable({ topic, partition }: LogBatch, from: number, to: number, detail: string): NewRecord {
    const through = from === to ? `record ${from}` : `records ${from} to ${to}`;
    const record: LogRecord = {
      topic,
      partition,
      offset: from,
      key: null,
      value: null,
      headers: {},
      appendedAt: this.tools.now(),
    };
    const unmapped = { reason: 'UNREADABLE' as const, detail: `${through}: ${detail}`, id: null, source: null };
    return this.refused(record, unmapped, null);
  }

  private warnOfOtherDoor(contract: string, source: string, shelf: ContractShelf): void {
    const named = shelf.find(contract)?.sources.get(source)?.door ?? null;
    const place = JSON.stringify([contract, source]);
    if (named === this.door.name || this.warned.has(place)) return;
    this.warned.add(place);
    this.tools.logger.warn(
      { door: this.door.name, contract, source, named },
      'The contract does not say that facts of the source come through the door: its clock does not wait for them.',
    );
  }

  private async append(records: readonly NewRecord[]): Promise<void> {
    if (records.length === 0) return;
    const appended = await this.tools.log.append(records);
    const last = appended[appended.length - 1];
    if (last !== undefined) this.tools.clock.heard(last.appendedAt);
  }

  private async look(): Promise<void> {
    if (this.held.size === 0) return;
    const { log, cursors } = this.tools;
    // Before the ends are asked for: what comes later lies behind them.
    const at = await this.logTime();
    if (at === undefined) return;
    const places: string[] = [];
    const cursorsBefore = new Map([...this.held].map(([place, { cursor }]) => [place, cursor]));
    for (const topic of this.topics.keys()) {
      const bounds = await log.bounds(topic);
      if (bounds.length === 0) throw new Error(`door '${this.door.name}': there is no topic '${topic}'`);
      for (const { partition, high } of bounds) {
        const place = `${topic}/${partition}`;
        places.push(place);
        const before = cursorsBefore.get(place);
        // What waits in a topic that was made anew lies before the cursor, and no mark would ever wait for it.
        if (before !== undefined && high < (before.nextOffset ?? 0))
          return this.fail(new DoorCutBackError(before, high));
        this.held.get(place)?.mark(at, high);
      }
    }
    for (const [place, held] of this.held) await held.inOrder(() => this.settle(place, held));
    // Of all processes that read the door one tells: whoever has the first partition.
    if (!this.held.has(places[0]!)) return;
    const through = new Map(
      (await cursors.of(this.door.name)).map((one) => [`${one.topic}/${one.partition}`, one.readThrough]),
    );
    const least = Math.min(...places.map((place) => through.get(place) ?? -Infinity));
    if (least !== -Infinity) await this.tell(least);
  }

  private async settle(place: string, held: HeldPartition): Promise<void> {
    try {
      await held.advance(held.position);
    } catch (error) {
      if (!(error instanceof FencedError) || this.held.get(place) !== held) throw error;
      const { topic, partition } = error;
      held.taken(await this.tools.cursors.take({ door: this.door.name, topic, partition }, this.tools.process));
    }
  }

  /** Facts forwarded before this call stand before it in every partition. */
  private async tell(through: number): Promise<void> {
    const { contracts, partitions, stampKey } = this.tools;
    const { name: door } = this.door;
    const fed = (await contracts.recent()).fedBy(door);
    const homes = new Set(fed.map((contract) => homePartition(contract, partitions)));
    await this.append(
      [...homes].map((partition) => ({
        topic: TOPICS.events,
        ...watermarkRecord({ door, through }, partition, stampKey),
        partition,
      })),
    );
  }

  /** Before anything was appended from here, the last record of a partition says when it cannot have been earlier. */
  private async logTime(): Promise<number | undefined> {
    const { clock, log } = this.tools;
    if (clock.now() !== undefined) return clock.now();
    for (const { partition, high } of await log.bounds(TOPICS.events)) {
      const record = high === 0 ? undefined : await log.readOne(TOPICS.events, partition, high - 1);
      if (record === undefined) continue;
      clock.heard(record.appendedAt);
      break;
    }
    return clock.now();
  }

  private closed(): Promise<void> {
    const { signal } = this.stopping;
    return new Promise((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  private async pause(millis: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const passed = new Promise<void>((resolve) => (timer = setTimeout(resolve, millis)));
    await Promise.race([passed, this.closed()]);
    clearTimeout(timer);
  }
}

function lastOf(records: readonly LogRecord[]): ReadRecord | null {
  const last = records.at(-1);
  return last === undefined ? null : { offset: last.offset, appendedAt: last.appendedAt, hash: recordHash(last) };
}
