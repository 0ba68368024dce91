import { Inject, Injectable } from '@nestjs/common';
import type { Log, LogBatch } from '#libs/bus';
import { Deliveries, isTransient, PositionMovedError } from '#libs/store';
import { DeliveryWorker } from './delivery-worker.js';
import { CONSUMER, handleBatch, type BatchTools } from './handle-batch.js';
import { PublishedContracts } from './published-contracts.js';

/** Injection token of `ReaderOptions`. */
export const READER_OPTIONS = Symbol('alert reader options');

export interface ReaderOptions extends Omit<BatchTools, 'deliveries' | 'contracts'> {
  readonly log: Log;
}

/** Between attempts at what may pass by itself. */
const PAUSE_MILLIS = 1_000;

/** Alerts cannot be taken in just now, because something they need is away: the same records are to come again. */
class AlertsWaitError extends Error {
  override readonly name = 'AlertsWaitError';
  readonly retriable = true;
}

/** Where this process stands in each partition of the alerts, and the way of each batch from there. */
@Injectable()
export class AlertReader {
  private readonly positions = new Map<string, number>();

  constructor(
    private readonly deliveries: Deliveries,
    private readonly contracts: PublishedContracts,
    private readonly worker: DeliveryWorker,
    @Inject(READER_OPTIONS) private readonly options: ReaderOptions,
  ) {}

  /**
   * The offset to go on from: the one saved with the last alerts, or the log's first, also where the log does not hold that
   * one. What was read before is passed over; to stand still would mean that nobody is told of anything.
   */
  async assigned(topic: string, partition: number): Promise<number> {
    try {
      const first = (await this.bounds(topic, partition))?.low ?? 0;
      const saved = await this.deliveries.position(CONSUMER, topic, partition, first);
      // Asked after the position: whoever had the partition may have read further meanwhile, and the log only grows.
      const bounds = await this.bounds(topic, partition);
      const isHeld = bounds === undefined || (saved >= bounds.low && saved <= bounds.high);
      if (!isHeld) await this.restart(topic, partition, saved, bounds);
      const position = isHeld ? saved : bounds.low;
      this.positions.set(placeOf(topic, partition), position);
      return position;
    } catch (error) {
      throw await this.waitFor(error);
    }
  }

  revoked(topic: string, partition: number): void {
    this.positions.delete(placeOf(topic, partition));
  }

  /**
   * @throws AlertsWaitError where it may go better later: `retriable`. Anything else is a defect.
   */
  async read(batch: LogBatch): Promise<void> {
    const position = this.positions.get(placeOf(batch.topic, batch.partition));
    if (position === undefined) return;
    try {
      await this.readFrom(batch, position);
    } catch (error) {
      throw await this.waitFor(error);
    }
    this.worker.wake();
  }

  private async bounds(topic: string, partition: number) {
    return (await this.options.log.bounds(topic)).find((one) => one.partition === partition);
  }

  private async restart(
    topic: string,
    partition: number,
    saved: number,
    { low, high }: { readonly low: number; readonly high: number },
  ): Promise<void> {
    await this.deliveries.restart(CONSUMER, topic, partition, saved, low);
    const message =
      saved < low
        ? 'Alerts were deleted before they were read: nobody is told of them. It goes on where the log begins.'
        : 'The log is shorter than it was: it was made anew, or cut back. It is read from where it begins.';
    this.options.logger.error({ topic, partition, saved, low, high }, message);
  }

  private async readFrom(batch: LogBatch, position: number): Promise<void> {
    const { topic, partition } = batch;
    const { deliveries, contracts } = this;
    try {
      await handleBatch(batch, position, { ...this.options, deliveries, contracts });
      this.positions.set(placeOf(topic, partition), Math.max(position, batch.nextOffset));
    } catch (error) {
      if (!(error instanceof PositionMovedError)) throw error;
      // Saved by an attempt whose answer was lost, or by another process that took the partition for its own.
      const actual = await deliveries.position(CONSUMER, topic, partition, position);
      if (actual <= position) throw error;
      await this.readFrom(batch, actual);
    }
  }

  private async waitFor(error: unknown): Promise<unknown> {
    if (!isTransient(error)) return error;
    this.options.logger.warn({ err: error }, 'Alerts cannot be taken in at the moment; they are read again.');
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MILLIS));
    return new AlertsWaitError(`alerts wait: ${(error as Error).message}`, { cause: error });
  }
}

function placeOf(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}
