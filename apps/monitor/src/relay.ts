import type { Log, NewRecord } from '#libs/bus';
import type { OutboxRow, QueuedRow, Store } from '#libs/store';
import type { Logger, Metrics } from '#libs/telemetry';
import { decisionMessage } from './decision-message.js';
import type { PartitionSession } from './partition-session.js';
import { machineTime, type ProcessTime } from './process-time.js';

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
  /** Absent: the machine's own. */
  readonly time?: ProcessTime;
}

/**
 * Sends what a partition's saves have put into the outbox, in the order of its gapless numbers, one acknowledged send in
 * flight. What was sent but not yet forgotten when a process ends is sent again; consumers drop repeats.
 */
export class Relay {
  /** Follows on `sent` without a gap, unless `behind`. */
  private held: QueuedRow[] = [];
  private sent = 0;
  /** What the database was last told of `sent`. */
  private acknowledged = 0;
  /** What a predecessor left is in the database only; so is what did not fit into memory. */
  private behind = true;
  private running: Promise<void> | undefined;
  /** How many saves were offered. */
  private offers = 0;

  constructor(
    private readonly session: PartitionSession,
    private readonly tools: RelayTools,
  ) {}

  /** Takes up what a save has just made durable. */
  offer(first: number, rows: readonly OutboxRow[], recordedAt: number): void {
    this.offers++;
    if (!this.behind) {
      // A read from the database may have seen the save before its answer came.
      const after = this.held.at(-1)?.number ?? this.sent;
      rows.forEach((row, index) => {
        const number = first + index;
        if (number <= after) return;
        const { topic, key, partition, headers, value } = row;
        this.held.push({ number, recordedAt, topic, key, partition, headers, value });
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
    const { metrics, logger, time = machineTime } = this.tools;
    const { topic, partition } = this.session;
    let pause = FIRST_PAUSE_MILLIS;
    while (!this.session.closed) {
      try {
        const rows = await this.next();
        const oldest = rows[0];
        if (oldest === undefined) {
          // Saved while the database was asked: not held, and not in what it answered.
          if (this.behind) continue;
          // The last acknowledgement may have failed.
          await this.acknowledge();
          metrics.outboxOldest.remove({ partition });
          return;
        }
        metrics.outboxOldest.set({ partition }, oldest.recordedAt / 1_000);
        await this.tools.log.append(rows.map(toRecord));
        const through = rows[rows.length - 1]!.number;
        this.sent = through;
        if (!this.behind) this.held.splice(0, rows.length);
        await this.acknowledge();
        pause = FIRST_PAUSE_MILLIS;
      } catch (error) {
        if (this.session.closed) return;
        logger.warn({ err: error, topic, partition }, 'The outbox cannot be relayed at the moment; it is tried again.');
        await new Promise<void>((resolve) => void time.after(pause, resolve));
        pause = Math.min(pause * 2, LONGEST_PAUSE_MILLIS);
      }
    }
  }

  private async acknowledge(): Promise<void> {
    const { topic, partition } = this.session;
    const { sent } = this;
    if (this.acknowledged === sent) return;
    await this.tools.store.ackOutbox(topic, partition, sent);
    this.acknowledged = sent;
  }

  private async next(): Promise<readonly QueuedRow[]> {
    if (!this.behind) return this.held.slice(0, SEND_RECORDS);
    const { session } = this;
    const { offers } = this;
    const rows = await this.tools.store.readOutbox(session.topic, session.partition, this.sent, SEND_RECORDS);
    // Everything saved before the read is in it; what is saved from here on is offered, and follows on these rows.
    if (rows.length < SEND_RECORDS && this.offers === offers) {
      this.held = [...rows];
      this.behind = false;
    }
    return rows;
  }
}

function toRecord(queued: QueuedRow): NewRecord {
  const row = 'decision' in queued ? decisionMessage(queued.decision, queued.recordedAt) : queued;
  const { topic, key, partition, headers, value } = row;
  return partition === null ? { topic, key, value, headers } : { topic, key, value, headers, partition };
}
