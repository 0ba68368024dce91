import { Inject, Injectable } from '@nestjs/common';
import type { Log, LogBatch } from '#libs/bus';
import { Deliveries } from '#libs/store';
import { DeliveryWorker } from './delivery-worker.js';
import { CONSUMER, handleBatch, type BatchTools } from './handle-batch.js';
import { PublishedContracts } from './published-contracts.js';

/** Injection token of `ReaderOptions`. */
export const READER_OPTIONS = Symbol('alert reader options');

export interface ReaderOptions extends Pick<BatchTools, 'routes' | 'publicUrl' | 'logger'> {
  readonly log: Log;
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
    const bounds = await this.options.log.bounds(topic);
    const low = bounds.find((one) => one.partition === partition)?.low ?? 0;
    const position = await this.deliveries.position(CONSUMER, topic, partition, low);
    this.positions.set(`${topic}/${partition}`, position);
    return position;
  }

  revoked(topic: string, partition: number): void {
    this.positions.delete(`${topic}/${partition}`);
  }

  async read(batch: LogBatch): Promise<void> {
    const place = `${batch.topic}/${batch.partition}`;
    const fromOffset = this.positions.get(place);
    if (fromOffset === undefined) return;
    const { deliveries, contracts } = this;
    await handleBatch(batch, fromOffset, { ...this.options, deliveries, contracts });
    this.positions.set(place, batch.nextOffset);
    this.worker.wake();
  }
}
