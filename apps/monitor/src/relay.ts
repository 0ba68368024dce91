import type { Log, NewRecord } from '#libs/bus';
import type { OutboxRow, QueuedRow, Store } from '#libs/store';
import type { Logger, Metrics } from '#libs/telemetry';
import type { PartitionSession } from './partition-session.js';

/** Records per send, and how many may wait in memory before they are read from the database instead. */
const SEND_RECORDS = 1_000;
const HELD_RECORDS = 10_000;
const FIRST_PAUSE_MILLIS = 100;
const LONGEST_PAUSE_MILLIS = 5_000;

export interface RelayTools {
  readonly store: Pick<Store, 'readOutbox' | 'ackOutbox'>;
  readonly log: Pick<Log, 'append'>;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/**
 * Sends what a partition's saves have put into the outbox, in the order of its gapless numbers, one acknowledged send in
 * flight. What was sent but not yet forgotten when a process ends is sent again; consumers drop repeats.
 */
export class Relay {
  /** Follows on `sent` without a gap, unless `behind`. */
  private held: QueuedRow[] = [];
  private sent = 0;
  /** What a predecessor left is in the database only; so is what did not fit into memory. */
  private behind = true;
  private running: Promise<void> | undefined;

  constructor(
    private readonly session: PartitionSession,
    private readonly tools: RelayTools,
  ) {}

  /** Takes up what a save has just made durable. */
  offer(first: number, rows: readonly OutboxRow[], recordedAt: number): void {
    if (!this.behind) {
      // A read from the database may have seen the save before its answer came.
      const after = this.held.at(-1)?.number ?? this.sent;
      rows.forEach((row, index) => {
        const number = first + index;
        if (number > after) this.held.push({ ...row, number, recordedAt });
      });
      if (this.held.length > HELD_RECORDS) {
        this.held = [];
        this.behind = true;
      }
    }
    this.wake();
  }

  wake(): void {
    this.running ??= this.run().finally(() => {
      this.running = undefined;
      // Offered between the last look and here.
      if (this.held.length > 0 && !this.session.closed) this.wake();
    });
  }

  /** Resolves when nothing is under way any more. */
  async ended(): Promise<void> {
    await this.running;
  }

  private async run(): Promise<void> {
    const { store, metrics, logger } = this.tools;
    const { topic, partition } = this.session;
    let pause = FIRST_PAUSE_MILLIS;
    while (!this.session.closed) {
      try {
        const rows = await this.next();
        const oldest = rows[0];
        if (oldest === undefined) {
          // Saved while the database was asked: not held, and not in what it answered.
          if (this.behind) continue;
          metrics.outboxOldest.remove({ partition });
          return;
        }
        metrics.outboxOldest.set({ partition }, oldest.recordedAt / 1_000);
        await this.tools.log.append(rows.map(toRecord));
        const through = rows[rows.length - 1]!.number;
        this.sent = through;
        if (!this.behind) this.held.splice(0, rows.length);
        await store.ackOutbox(topic, partition, through);
        pause = FIRST_PAUSE_MILLIS;
      } catch (error) {
        if (this.session.closed) return;
        logger.warn({ err: error, topic, partition }, 'The outbox cannot be relayed at the moment; it is tried again.');
        await new Promise((resolve) => setTimeout(resolve, pause));
        pause = Math.min(pause * 2, LONGEST_PAUSE_MILLIS);
      }
    }
  }

  private async next(): Promise<readonly QueuedRow[]> {
    if (!this.behind) return this.held.slice(0, SEND_RECORDS);
    const { session } = this;
    const upTo = session.outboxNumber;
    const rows = await this.tools.store.readOutbox(session.topic, session.partition, this.sent, SEND_RECORDS);
    // Everything saved before the read is in it; what is saved from here on is offered, and follows on these rows.
    if (rows.length < SEND_RECORDS && session.outboxNumber === upTo) {
      this.held = [...rows];
      this.behind = false;
    }
    return rows;
  }
}

function toRecord({ topic, key, partition, headers, value }: QueuedRow): NewRecord {
  return {
    topic,
    key,
    value,
    headers: JSON.parse(headers) as Record<string, string>,
    ...(partition === null ? {} : { partition }),
  };
}
