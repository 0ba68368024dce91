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

  /** The offset to go on from: the one saved with the last alerts, or the log's first. */
  async assigned(topic: string, partition: number): Promise<number> {
    try {
      const bounds = await this.options.log.bounds(topic);
      const low = bounds.find((one) => one.partition === partition)?.low ?? 0;
      const position = await this.deliveries.position(CONSUMER, topic, partition, low);
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
