import { Inject, Injectable } from '@nestjs/common';
import type { LogBatch, TakenBatch } from '#libs/bus';
import { recordHash } from '#libs/events';
import { FencedError, isTransient, UnknownOutcomeError, type OwnerRow, type Takeover } from '#libs/store';
import type { SavedBatch } from './announce.js';
import { countBatch, showContract } from './batch-metrics.js';
import { ContractLibrary } from './contract-library.js';
import { handleBatch, StoppingError } from './handle-batch.js';
import { MONITOR_OPTIONS, type MonitorOptions } from './monitor-options.js';
import { isOnTrial, openSession, type PartitionSession } from './partition-session.js';
import { machineTime, type ProcessTime } from './process-time.js';
import { Relay } from './relay.js';
import { LogChangedError, RecordsGoneError, StandstillError } from './standstill-error.js';
import { Ticker } from './ticker.js';

const FIRST_PAUSE_MILLIS = 100;
const LONGEST_PAUSE_MILLIS = 5_000;
/** How long what was given up in order is kept: a rebalance often gives it back. */
const LAID_DOWN_MILLIS = 60_000;

/**
 * Owners that were overtaken and live say so when their next sign of life, or save, fails: until then a start of theirs looks
 * like one that died.
 */
const TAKEN_BACK_MILLIS = 3_000;

/**
 * With more batches than this under way a partition does not judge ahead of its own save: there is enough to do beside, and
 * what is judged and waits to be saved is held in memory, which costs the garbage collector the more the longer it lasts.
 */
const ENOUGH_UNSAVED = 4;

/** Thrown when a partition cannot go on just now: the same records are to be delivered again. */
class TryAgainError extends Error {
  override readonly name = 'TryAgainError';
  readonly retriable = true;
}

/** A partition that was given up with everything saved, and that nobody may have taken since. */
interface LaidDown {
  readonly session: PartitionSession;
  readonly callOff: () => void;
}

interface Held {
  readonly session: PartitionSession;
  readonly relay: Relay;
  /** What became of it, where something failed. */
  failure?: Promise<Error>;
}

/**
 * The owner of the partitions that the log has given this process. What it holds of a partition between saves is dropped
 * whole when anything is in doubt, and read again from the database: memory is never the only place of anything.
 */
@Injectable()
export class Monitor {
  private readonly held = new Map<string, Held>();
  private readonly laidDown = new Map<string, LaidDown>();
  /** Given by the log, and not yet taken or being taken again. */
  private readonly awaited = new Set<string>();
  /** Partitions that stand still until somebody has looked, with the reason. */
  private readonly stopped = new Map<string, StandstillError>();
  private readonly failures = new Map<string, number>();
  /** Batches of all partitions that were begun and are not saved yet. */
  private unsaved = 0;
  private readonly library: ContractLibrary;
  private readonly time: ProcessTime;
  private stopping = false;

  constructor(
    @Inject(MONITOR_OPTIONS) private readonly options: MonitorOptions,
    private readonly ticker: Ticker,
  ) {
    this.library = new ContractLibrary(options.store);
    this.time = options.time ?? machineTime;
  }

  /** Takes the partition; the offset to go on from is the one stored with the effects. */
  async assigned(topic: string, partition: number): Promise<number> {
    const { logger } = this.options;
    if (this.stopping) throw new StoppingError('The process is about to end.');
    const place = placeOf(topic, partition);
    this.awaited.add(place);
    try {
      const { session } = (await this.takeUp(topic, partition)) ?? (await this.take(topic, partition));
      this.awaited.delete(place);
      logger.debug({ topic, partition, epoch: session.epoch, offset: session.nextOffset }, 'Partition taken.');
      if (session.trial !== null) {
        const { through, poison } = session.trial;
        logger.warn(
          { topic, partition, through, poison },
          'Owners have died here again and again: records are judged one by one.',
        );
      }
      return session.last === null ? await this.lowest(session) : session.nextOffset;
    } catch (error) {
      if (error instanceof StandstillError) {
        this.awaited.delete(place);
        this.stop(error);
        // Nothing of it is judged. Any place before the end, and the one judged last above all, may be gone.
        return (await this.bounds(topic, partition))?.high ?? 0;
      }
      throw await this.again(topic, partition, error);
    }
  }

  async revoked(topic: string, partition: number): Promise<void> {
    const place = placeOf(topic, partition);
    const held = this.held.get(place);
    if (held !== undefined) await this.layDown(held);
    this.awaited.delete(place);
    // Whoever has it next looks at the log anew.
    this.stopped.delete(place);
    await this.options.metrics.dropPartition(partition);
  }

  /** Judges a batch of a partition that was taken. The next may come while this one is being saved. */
  async read(batch: LogBatch): Promise<TakenBatch> {
    const { topic, partition, highWatermark } = batch;
    const place = placeOf(topic, partition);
    if (this.stopped.has(place)) return { settled: Promise.resolve() };
    const held = this.held.get(place);
    if (held === undefined) throw new TryAgainError(`Partition ${place} is not taken.`);
    const { store, stampKey, partitions, metrics } = this.options;
    this.unsaved += 1;
    const ended = (): void => void (this.unsaved -= 1);
    try {
      if (this.unsaved > ENOUGH_UNSAVED) await held.session.saving;
      const { settled } = await handleBatch(held.session, batch, {
        store,
        library: this.library,
        stampKey,
        partitions,
        now: this.time.now,
        announce: (_, saved) => this.announce(held, saved),
        stopping: () => this.stopping,
      });
      settled.then(ended, ended);
      const done = settled.then(
        () => {
          this.failures.delete(place);
          metrics.partitionLag.set({ partition }, Math.max(0, highWatermark - batch.nextOffset));
        },
        async (error: unknown) => {
          throw await this.failed(held, error);
        },
      );
      // Whoever called hears of it; where nobody listens, the next call does.
      done.catch(() => undefined);
      return { settled: done };
    } catch (error) {
      ended();
      throw await this.failed(held, error);
    }
  }

  /** For readiness: rejects while a partition is not taken yet, or stands still. */
  check(): Promise<void> {
    const [first] = this.stopped.values();
    if (first !== undefined) return Promise.reject(first);
    const [place] = this.awaited;
    return place === undefined ? Promise.resolve() : Promise.reject(new Error(`Partition ${place} is being taken.`));
  }

  /** What is held of the partitions that were taken. */
  sessions(): readonly PartitionSession[] {
    return [...this.held.values()].map(({ session }) => session);
  }

  /** Partitions that the log has given this process; the offset to be read next is null where one is not taken. */
  positions(): { readonly topic: string; readonly partition: number; readonly nextOffset: number | null }[] {
    const held = [...this.held.values()].map(({ session: { topic, partition, nextOffset } }) => ({
      topic,
      partition,
      nextOffset,
    }));
    const others = [...new Set([...this.awaited, ...this.stopped.keys()])].filter((place) => !this.held.has(place));
    return [...held, ...others.map((place) => ({ ...partedPlace(place), nextOffset: null }))];
  }

  /** Nothing further is begun: what is under way is saved, and the rest of a batch is left to whoever reads it next. */
  stopReading(): void {
    this.stopping = true;
  }

  /** Gives up all partitions; what is under way ends first. */
  async close(): Promise<void> {
    this.stopReading();
    await Promise.all([...this.held.values()].map((held) => this.drop(held, true)));
    await Promise.all([...this.laidDown.keys()].map((place) => this.forget(place)));
  }

  private async take(topic: string, partition: number): Promise<Held> {
    const former = this.held.get(placeOf(topic, partition));
    if (former !== undefined) await this.drop(former, true);
    const { store, process, limits } = this.options;
    const takeover = await this.withTrueStarts(await store.take(topic, partition, process));
    await this.compareLast(takeover.owner);
    return this.begin(await openSession(topic, partition, takeover, this.library, store, this.time.now(), limits));
  }

  /** Before records are held to kill their process, those who only were overtaken may take their starts back. */
  private async withTrueStarts(takeover: Takeover): Promise<Takeover> {
    const { topic, partition, epoch } = takeover.owner;
    if (!isOnTrial(takeover.owner)) return takeover;
    await new Promise<void>((resolve) => void this.time.after(TAKEN_BACK_MILLIS, resolve));
    const owner = await this.options.store.readOwner(topic, partition);
    // Whoever has it now will count for himself; what is saved here is refused.
    return owner?.epoch === epoch ? { ...takeover, owner } : takeover;
  }

  private async begin(session: PartitionSession): Promise<Held> {
    const { topic, partition } = session;
    const { store, log, metrics, logger } = this.options;
    for (const { contract, obligation, open } of await store.openClocks(topic, partition)) {
      metrics.openClocks.set({ contract, rule: obligation }, open);
    }
    // The clock of a contract whose door is silent may stand still for long: it is to be seen all the same.
    for (const contract of session.judge.contracts.values()) showContract(contract, metrics);
    const held = { session, relay: new Relay(session, { store, log, metrics, logger, time: this.time }) };
    this.held.set(placeOf(topic, partition), held);
    held.relay.wake();
    this.ticker.schedule(session);
    return held;
  }

  /**
   * A log that was cut back or replaced must not be judged as if nothing had happened. One that was cut at its start may, as
   * far as all that was deleted had been judged.
   */
  private async compareLast({ topic, partition, nextOffset, last }: OwnerRow): Promise<void> {
    if (last === null) return;
    const bounds = await this.bounds(topic, partition);
    if (bounds !== undefined && nextOffset < bounds.low)
      throw new RecordsGoneError(topic, partition, nextOffset, bounds.low);
    if (bounds !== undefined && last.offset < bounds.low) return;
    const record = await this.options.log.readOne(topic, partition, last.offset);
    if (record === undefined || record.appendedAt !== last.appendedAt || recordHash(record) !== last.hash) {
      throw new LogChangedError(topic, partition, last.offset);
    }
  }

  /** A log that was trimmed before anybody read it begins where it begins. What was trimmed unread later is a gap, and reported. */
  private async lowest({ topic, partition, nextOffset }: PartitionSession): Promise<number> {
    return Math.max(nextOffset, (await this.bounds(topic, partition))?.low ?? 0);
  }

  private async bounds(topic: string, partition: number) {
    return (await this.options.log.bounds(topic)).find((one) => one.partition === partition);
  }

  private announce({ session, relay }: Held, saved: SavedBatch): void {
    countBatch(session, saved, this.options.metrics);
    if (session.closed) return;
    if (saved.row.outbox.length > 0) relay.offer(saved.firstOutbox, saved.row.outbox, saved.recordedAt);
    this.ticker.schedule(session);
  }

  /** @param inOrder nothing is wrong with what was being judged */
  private async drop(held: Held, inOrder: boolean): Promise<void> {
    await this.end(held);
    const { topic, partition } = held.session;
    await this.options.store.release(topic, partition, inOrder);
  }

  private async layDown(held: Held): Promise<void> {
    await this.end(held);
    const { session } = held;
    const { topic, partition } = session;
    if (!(await this.options.store.layDown(topic, partition))) return;
    const place = placeOf(topic, partition);
    const callOff = this.time.after(LAID_DOWN_MILLIS, () => void this.forget(place));
    this.laidDown.set(place, { session, callOff });
  }

  /** Goes on with what was laid down, where the owner row says that nobody has had the partition in between. */
  private async takeUp(topic: string, partition: number): Promise<Held | undefined> {
    const place = placeOf(topic, partition);
    const laidDown = this.laidDown.get(place);
    if (laidDown === undefined) return undefined;
    this.laidDown.delete(place);
    laidDown.callOff();
    const { session } = laidDown;
    const owner = await this.options.store.takeUp(topic, partition);
    const same =
      owner?.epoch === session.epoch &&
      owner.nextOffset === session.nextOffset &&
      owner.slice === session.slice &&
      owner.outboxNumber === session.outboxNumber;
    if (!same) return undefined;
    await this.compareLast(owner);
    return this.begin({ ...session, lastProgressAt: this.time.now(), closed: false });
  }

  private async forget(place: string): Promise<void> {
    const laidDown = this.laidDown.get(place);
    if (laidDown === undefined) return;
    this.laidDown.delete(place);
    laidDown.callOff();
    await this.options.store.release(laidDown.session.topic, laidDown.session.partition, true);
  }

  /** Nothing is judged, sent or ticked for it any more. */
  private async end({ session, relay }: Held): Promise<void> {
    const place = placeOf(session.topic, session.partition);
    if (this.held.get(place)?.session === session) this.held.delete(place);
    // What is under way may still end well, and then it is told.
    await session.saving.catch(() => undefined);
    session.closed = true;
    this.ticker.forget(session);
    await relay.ended();
    const { metrics } = this.options;
    for (const contract of session.judge.contracts.keys()) await metrics.dropContract(contract);
  }

  /** What was judged behind a failure is worthless: the session is dropped once, whoever notices first. */
  private failed(held: Held, error: unknown): Promise<Error> {
    held.failure ??= (async () => {
      const { topic, partition } = held.session;
      this.awaited.add(placeOf(topic, partition));
      await this.drop(held, isPassing(error));
      return this.again(topic, partition, error);
    })();
    return held.failure;
  }

  private stop(error: StandstillError): void {
    this.stopped.set(placeOf(error.topic, error.partition), error);
    this.options.logger.fatal({ err: error, code: error.code }, 'The partition stands still.');
  }

  /** What may pass by itself is tried again, more and more slowly; a defect ends the process with its own error. */
  private async again(topic: string, partition: number, error: unknown): Promise<Error> {
    const place = placeOf(topic, partition);
    // The process ends: nothing is wrong, and nothing is taken again.
    if (error instanceof StoppingError) return error;
    if (!isPassing(error)) return error instanceof Error ? error : new Error(String(error));
    const failures = (this.failures.get(place) ?? 0) + 1;
    this.failures.set(place, failures);
    const { logger } = this.options;
    logger.warn({ err: error, topic, partition, failures }, 'The partition is taken again.');
    const pause = Math.min(FIRST_PAUSE_MILLIS * 2 ** (failures - 1), LONGEST_PAUSE_MILLIS);
    await new Promise<void>((resolve) => void this.time.after(pause, resolve));
    return new TryAgainError(`Partition ${place} is taken again: ${(error as Error).message}`, { cause: error });
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof FencedError || error instanceof UnknownOutcomeError || isTransient(error);
}

function placeOf(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}

function partedPlace(place: string): { readonly topic: string; readonly partition: number } {
  const at = place.lastIndexOf('/');
  return { topic: place.slice(0, at), partition: Number(place.slice(at + 1)) };
}
