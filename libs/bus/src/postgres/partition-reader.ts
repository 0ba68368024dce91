import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '#libs/telemetry';
import { OffsetGoneError } from '../kafka/offset-gone-error.js';
import type { LogRecord, Subscriber } from '../port.js';
import { Bell } from './bell.js';

export interface ReaderOptions {
  readonly topic: string;
  readonly partition: number;
  readonly maxRecords: number;
  readonly subscriber: Subscriber;
  /** Up to `maxRecords` records from an offset on. */
  readonly read: (from: number) => Promise<readonly LogRecord[]>;
  readonly bounds: () => Promise<{ readonly low: number; readonly high: number }>;
  /** What failed for good. */
  readonly onFailed: (error: unknown) => void;
  readonly logger: Logger | undefined;
}

const FIRST_PAUSE_MILLIS = 50;
const LONGEST_PAUSE_MILLIS = 2_000;

/**
 * The way of one partition's records to the handler, from its being assigned to its being given up. What fails and may pass
 * is begun again with the question where to begin; what was read ahead is forgotten then.
 */
export class PartitionReader {
  readonly topic: string;
  readonly partition: number;
  /** Resolves when the partition is given up. */
  readonly ended: Promise<void>;
  private head = 0;
  private failures = 0;
  private readonly bell = new Bell();
  private readonly closing = new AbortController();

  constructor(private readonly options: ReaderOptions) {
    this.topic = options.topic;
    this.partition = options.partition;
    this.ended = this.run();
  }

  /** @param head the offset that the log gives next, as far as somebody knows */
  advance(head: number): void {
    if (head <= this.head) return;
    this.head = head;
    this.bell.ring();
  }

  /** Nothing is handed over after it; resolves when the call under way has ended and the partition is given up. */
  close(): Promise<void> {
    this.closing.abort();
    this.bell.ring();
    return this.ended;
  }

  private get closed(): boolean {
    return this.closing.signal.aborted;
  }

  private async run(): Promise<void> {
    const { topic, partition, logger } = this.options;
    while (!this.closed) {
      const error = await this.term();
      if (error === undefined) continue;
      const pause = Math.min(FIRST_PAUSE_MILLIS * 2 ** this.failures, LONGEST_PAUSE_MILLIS);
      this.failures += 1;
      logger?.debug({ err: error, topic, partition, pause }, 'The partition is begun again.');
      await sleep(pause, undefined, { signal: this.closing.signal }).catch(() => undefined);
    }
  }

  /** From being assigned until an error or the end; what it returns may pass. */
  private async term(): Promise<unknown> {
    const { topic, partition, subscriber } = this.options;
    let held = false;
    try {
      const start = await subscriber.onAssigned(topic, partition);
      held = true;
      await this.deliver(start);
      return undefined;
    } catch (error) {
      if ((error as { retriable?: unknown } | null)?.retriable === true) return error;
      if (!this.closed) {
        this.closing.abort();
        this.options.onFailed(error);
      }
      return undefined;
    } finally {
      if (held) await this.giveUp();
    }
  }

  private async giveUp(): Promise<void> {
    const { topic, partition, subscriber, logger } = this.options;
    try {
      await subscriber.onRevoked(topic, partition);
    } catch (error) {
      logger?.warn({ err: error, topic, partition }, 'Giving up a partition failed.');
    }
  }

  private async deliver(start: number): Promise<void> {
    const { topic, partition, subscriber, maxRecords, read } = this.options;
    const bounds = await this.options.bounds();
    if (start < bounds.low || start > bounds.high) throw new OffsetGoneError(topic, partition, start, bounds);
    this.head = Math.max(this.head, bounds.high);
    let position = start;
    let ahead: Promise<readonly LogRecord[]> | undefined;
    let failed: { readonly error: unknown } | undefined;
    let settling: Promise<void> = Promise.resolve();
    while (!this.closed && failed === undefined) {
      if (position >= this.head) {
        await this.bell.wait();
        continue;
      }
      const records = await (ahead ?? read(position));
      ahead = undefined;
      if (this.closed) break;
      const nextOffset = position + records.length;
      if (records[0]?.offset !== position || records.at(-1)?.offset !== nextOffset - 1) {
        throw new OffsetGoneError(topic, partition, position, await this.options.bounds());
      }
      // Only a full batch: a smaller one may have grown by the time it is wanted.
      if (this.head - nextOffset >= maxRecords) {
        ahead = read(nextOffset);
        ahead.catch(() => undefined);
      }
      const highWatermark = Math.max(this.head, nextOffset);
      const taken = await subscriber.onBatch({
        topic,
        partition,
        records,
        nextOffset,
        highWatermark,
        undecodable: [],
      });
      settling = (taken?.settled ?? Promise.resolve()).then(
        () => {
          this.failures = 0;
        },
        (error: unknown) => {
          failed ??= { error };
          this.bell.ring();
        },
      );
      position = nextOffset;
    }
    await settling;
    if (failed !== undefined) throw failed.error;
  }
}
