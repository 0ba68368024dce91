import type { LogBatch, LogRecord, Subscriber } from '../port.js';

/** What one fetch brought of a partition: readable records, or a range that could not be decoded. */
export type Piece =
  | { readonly records: readonly LogRecord[]; readonly nextOffset: number }
  | { readonly undecodable: LogBatch['undecodable'][number]; readonly nextOffset: number };

export interface LaneOptions {
  readonly topic: string;
  readonly partition: number;
  readonly maxRecords: number;
  readonly onBatch: Subscriber['onBatch'];
  /** No more is to be fetched until `onDrained`. */
  readonly onFull: () => void;
  readonly onDrained: () => void;
  /** The handler failed, or what it took was not settled; the lane is closed. */
  readonly onFailed: (error: unknown) => void;
  readonly now: () => number;
}

/** Bytes of records in one batch beyond which it is ended, and of fetched records beyond which the lane is full. */
const MAX_BATCH_BYTES = 4 * 1024 * 1024;
const MAX_HELD_BYTES = 16 * 1024 * 1024;
const HELD_BATCHES = 4;
const FIRST_PAUSE_MILLIS = 50;
const LONGEST_PAUSE_MILLIS = 2_000;

/**
 * The way of one partition's records from the fetch loop to the handler: the loop puts them down and goes on at once, so
 * that one slow partition holds up no other; the handler is called one batch after the other.
 */
export class Lane {
  readonly topic: string;
  readonly partition: number;
  /** Where the next fetch begins; undefined until the lane is opened. */
  position: number | undefined;
  /** Everything below has been handled and settled. */
  handled = 0;
  /** True once something was handled since the lane was opened. */
  progressed = false;
  /** Last time at which something was fetched or a handler ended. */
  lastSignAt: number;
  full = false;
  closed = false;
  private readonly held: { piece: Piece; taken: number }[] = [];
  private heldRecords = 0;
  private heldBytes = 0;
  private highWatermark = 0;
  private running: Promise<void> | undefined;
  /** Everything below has been handed over. */
  private handedOver = 0;
  /** Resolves when what was handed over is settled, well or not. */
  private settling: Promise<void> = Promise.resolve();
  private readonly closing = new AbortController();

  constructor(private readonly options: LaneOptions) {
    this.topic = options.topic;
    this.partition = options.partition;
    this.lastSignAt = options.now();
  }

  /** True while its subscriber works: takes the partition, or has a batch that is not handled and settled yet. */
  get busy(): boolean {
    return this.position === undefined || this.handedOver > this.handled;
  }

  open(position: number): void {
    this.position = position;
    this.handled = position;
    this.handedOver = position;
    this.lastSignAt = this.options.now();
  }

  /** Takes what was fetched at `fetchedOffset`; false where that is not what comes next: then it must be fetched again. */
  accept(fetchedOffset: number, pieces: readonly Piece[], highWatermark: number): boolean {
    if (this.closed || this.position === undefined || fetchedOffset !== this.position) return false;
    for (const piece of pieces) {
      this.held.push({ piece, taken: 0 });
      if ('records' in piece) {
        this.heldRecords += piece.records.length;
        for (const record of piece.records) this.heldBytes += sizeOf(record);
      }
      this.position = piece.nextOffset;
    }
    this.highWatermark = Math.max(this.highWatermark, highWatermark);
    this.lastSignAt = this.options.now();
    if (!this.full && this.heldMuch(1)) {
      this.full = true;
      this.options.onFull();
    }
    this.running ??= this.run();
    return true;
  }

  /** Nothing is handed over after it; resolves when the call under way has ended and what was handed over is settled. */
  async close(): Promise<void> {
    this.shut();
    await this.running;
    await this.settling;
  }

  /** Waits, but not longer than the lane is open. */
  async pause(millis: number): Promise<void> {
    const { signal } = this.closing;
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, millis);
      signal.addEventListener('abort', end);
    });
  }

  /** Calls again, more and more slowly, what fails with `retriable: true`. Undefined where the lane was closed meanwhile. */
  async persist<T>(work: () => Promise<T>): Promise<T | undefined> {
    for (let pause = FIRST_PAUSE_MILLIS; !this.closed; pause = Math.min(pause * 2, LONGEST_PAUSE_MILLIS)) {
      try {
        return await work();
      } catch (error) {
        if ((error as { retriable?: unknown } | null)?.retriable !== true) throw error;
        this.lastSignAt = this.options.now();
        await this.pause(pause);
      }
    }
    return undefined;
  }

  private async run(): Promise<void> {
    // The fetch loop goes on first.
    await Promise.resolve();
    while (!this.closed && this.held.length > 0) {
      const batch = this.take();
      if (this.full && !this.heldMuch(2)) {
        this.full = false;
        this.options.onDrained();
      }
      try {
        const taken = await this.options.onBatch(batch);
        this.lastSignAt = this.options.now();
        if (taken === undefined) this.handledTo(batch.nextOffset);
        else this.settling = this.settle(taken.settled, batch.nextOffset);
      } catch (error) {
        this.fail(error);
      }
    }
    // In the same turn as the last look: what is put down after it begins anew.
    this.running = undefined;
  }

  private async settle(settled: Promise<void>, nextOffset: number): Promise<void> {
    try {
      await settled;
      this.handledTo(nextOffset);
    } catch (error) {
      this.fail(error);
    }
  }

  private handledTo(nextOffset: number): void {
    this.handled = Math.max(this.handled, nextOffset);
    this.progressed = true;
    this.lastSignAt = this.options.now();
  }

  private fail(error: unknown): void {
    if (this.closed) return;
    this.shut();
    this.options.onFailed(error);
  }

  private shut(): void {
    this.closed = true;
    this.closing.abort();
    this.held.length = 0;
  }

  /** As many records as one batch may have, from as many fetches as need be. */
  private take(): LogBatch {
    const { topic, partition, maxRecords } = this.options;
    const records: LogRecord[] = [];
    let undecodable: LogBatch['undecodable'] = [];
    let nextOffset = this.handedOver;
    let bytes = 0;
    for (let head = this.held[0]; head !== undefined; head = this.held[0]) {
      const { piece } = head;
      if ('undecodable' in piece) {
        if (records.length > 0) break;
        this.held.shift();
        undecodable = [piece.undecodable];
        nextOffset = piece.nextOffset;
        break;
      }
      while (head.taken < piece.records.length && records.length < maxRecords && bytes < MAX_BATCH_BYTES) {
        const record = piece.records[head.taken]!;
        records.push(record);
        bytes += sizeOf(record);
        head.taken += 1;
        nextOffset = record.offset + 1;
      }
      if (head.taken < piece.records.length) break;
      this.held.shift();
      nextOffset = piece.nextOffset;
      if (records.length >= maxRecords || bytes >= MAX_BATCH_BYTES) break;
    }
    this.heldRecords -= records.length;
    this.heldBytes -= bytes;
    this.handedOver = nextOffset;
    const highWatermark = Math.max(this.highWatermark, nextOffset);
    return { topic, partition, records, nextOffset, highWatermark, undecodable };
  }

  private heldMuch(divisor: number): boolean {
    const records = (HELD_BATCHES * this.options.maxRecords) / divisor;
    return this.heldRecords >= records || this.heldBytes >= MAX_HELD_BYTES / divisor;
  }
}

function sizeOf({ key, value }: LogRecord): number {
  return (key?.length ?? 0) + (value?.length ?? 0);
}
