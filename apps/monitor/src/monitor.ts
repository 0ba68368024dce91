import { Inject, Injectable } from '@nestjs/common';
import type { LogBatch } from '#libs/bus';
import { FencedError, UnknownOutcomeError, type Takeover } from '#libs/store';
import type { SavedBatch } from './announce.js';
import { countBatch } from './batch-metrics.js';
import { ContractLibrary } from './contract-library.js';
import { handleBatch } from './handle-batch.js';
import { MONITOR_OPTIONS, type MonitorOptions } from './monitor-options.js';
import { LogChangedError, openSession, recordHash, type PartitionSession } from './partition-session.js';
import { Relay } from './relay.js';
import { Ticker } from './ticker.js';
import { isTransient } from './transient.js';

const FIRST_PAUSE_MILLIS = 100;
const LONGEST_PAUSE_MILLIS = 5_000;

/** Thrown when a partition cannot go on just now: the same records are to be delivered again. */
class TryAgainError extends Error {
  override readonly name = 'TryAgainError';
  readonly retriable = true;
}

interface Held {
  readonly session: PartitionSession;
  readonly relay: Relay;
}

/**
 * The owner of the partitions that the log has given this process. What it holds of a partition between saves is dropped
 * whole when anything is in doubt, and read again from the database: memory is never the only place of anything.
 */
@Injectable()
export class Monitor {
  private readonly held = new Map<string, Held>();
  /** Partitions that stand still until somebody has looked, with the reason. */
  private readonly stopped = new Map<string, LogChangedError>();
  private readonly failures = new Map<string, number>();
  private readonly library: ContractLibrary;

  constructor(
    @Inject(MONITOR_OPTIONS) private readonly options: MonitorOptions,
    private readonly ticker: Ticker,
  ) {
    this.library = new ContractLibrary(options.store);
  }

  /** Takes the partition; the offset to go on from is the one stored with the effects. */
  async assigned(topic: string, partition: number): Promise<number> {
    const { logger } = this.options;
    try {
      const { session } = await this.take(topic, partition);
      logger.debug({ topic, partition, epoch: session.epoch, offset: session.nextOffset }, 'Partition taken.');
      return session.last === null ? await this.lowest(session) : session.nextOffset;
    } catch (error) {
      if (error instanceof LogChangedError) {
        this.stop(error);
        // Nothing of it is judged. Any place before the end, and the one judged last above all, may be gone.
        return (await this.bounds(topic, partition))?.high ?? 0;
      }
      throw await this.again(topic, partition, error);
    }
  }

  async revoked(topic: string, partition: number): Promise<void> {
    await this.drop(topic, partition);
    // Whoever has it next looks at the log anew.
    this.stopped.delete(placeOf(topic, partition));
    await this.options.metrics.dropPartition(partition);
  }

  async read(batch: LogBatch): Promise<void> {
    const { topic, partition } = batch;
    const place = placeOf(topic, partition);
    if (this.stopped.has(place)) return;
    const { store, stampKey, partitions, metrics } = this.options;
    try {
      const { session } = this.held.get(place) ?? (await this.take(topic, partition));
      await handleBatch(session, batch, {
        store,
        library: this.library,
        stampKey,
        partitions,
        now: Date.now,
        announce: (mine, saved) => this.announce(mine, saved),
      });
      this.failures.delete(place);
      metrics.partitionLag.set({ partition }, Math.max(0, batch.highWatermark - session.nextOffset));
    } catch (error) {
      await this.drop(topic, partition);
      if (error instanceof LogChangedError) return this.stop(error);
      throw await this.again(topic, partition, error);
    }
  }

  /** For readiness: rejects while a partition stands still. */
  check(): Promise<void> {
    const [first] = this.stopped.values();
    return first === undefined ? Promise.resolve() : Promise.reject(first);
  }

  /** Gives up all partitions; what is under way ends first. */
  async close(): Promise<void> {
    await Promise.all([...this.held.values()].map(({ session }) => this.drop(session.topic, session.partition)));
  }

  private async take(topic: string, partition: number): Promise<Held> {
    await this.drop(topic, partition);
    const { store, log, metrics, logger, process } = this.options;
    const takeover = await store.take(topic, partition, process);
    await this.compareLast(takeover);
    const session = await openSession(topic, partition, takeover, this.library, Date.now());
    const held = { session, relay: new Relay(session, { store, log, metrics, logger }) };
    for (const { contract, obligation, open } of await store.openClocks(topic, partition)) {
      metrics.openClocks.set({ contract, rule: obligation }, open);
    }
    this.held.set(placeOf(topic, partition), held);
    held.relay.wake();
    this.ticker.schedule(session);
    return held;
  }

  /** A log that was cut back or replaced must not be judged as if nothing had happened. One that was cut at its start may. */
  private async compareLast({ owner }: Takeover): Promise<void> {
    const { topic, partition, last } = owner;
    if (last === null) return;
    const bounds = await this.bounds(topic, partition);
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

  private announce(session: PartitionSession, saved: SavedBatch): void {
    countBatch(session, saved, this.options.metrics);
    const held = this.held.get(placeOf(session.topic, session.partition));
    if (held?.session !== session) return;
    if (saved.row.outbox.length > 0) held.relay.offer(saved.firstOutbox, saved.row.outbox, saved.recordedAt);
    this.ticker.schedule(session);
  }

  private async drop(topic: string, partition: number): Promise<void> {
    const place = placeOf(topic, partition);
    const held = this.held.get(place);
    if (held === undefined) return;
    this.held.delete(place);
    held.session.closed = true;
    this.ticker.forget(held.session);
    await held.relay.ended();
    await this.options.store.release(topic, partition);
    const { metrics } = this.options;
    for (const contract of held.session.judge.contracts.keys()) await metrics.dropContract(contract);
  }

  private stop(error: LogChangedError): void {
    this.stopped.set(placeOf(error.topic, error.partition), error);
    this.options.logger.fatal({ err: error, code: error.code }, 'The partition stands still.');
  }

  /** What may pass by itself is tried again, more and more slowly; a defect ends the process with its own error. */
  private async again(topic: string, partition: number, error: unknown): Promise<Error> {
    const place = placeOf(topic, partition);
    const mine = error instanceof FencedError || error instanceof UnknownOutcomeError;
    if (!mine && !isTransient(error)) return error instanceof Error ? error : new Error(String(error));
    const failures = (this.failures.get(place) ?? 0) + 1;
    this.failures.set(place, failures);
    const { logger } = this.options;
    logger.warn({ err: error, topic, partition, failures }, 'The partition is taken again.');
    const pause = Math.min(FIRST_PAUSE_MILLIS * 2 ** (failures - 1), LONGEST_PAUSE_MILLIS);
    await new Promise((resolve) => setTimeout(resolve, pause));
    return new TryAgainError(`Partition ${place} is taken again: ${(error as Error).message}`, { cause: error });
  }
}

function placeOf(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}
