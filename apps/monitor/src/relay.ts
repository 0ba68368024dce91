import type { Log, NewRecord } from '#libs/bus';
import type { OutboxRow, QueuedRow, Store } from '#libs/store';
import type { Logger, Metrics } from '#libs/telemetry';
import { decisionMessage } from './decision-message.js';
import type { PartitionSession } from './partition-session.js';
import { machineTime, type ProcessTime } from './process-time.js';
import { withinLimit } from './within-limit.js';

/** Records per send, and how many may wait in memory before they are read from the database instead. */
const SEND_RECORDS = 1_000;
const HELD_RECORDS = 10_000;
const FIRST_PAUSE_MILLIS = 100;
const LONGEST_PAUSE_MILLIS = 5_000;
/** Whoever has the partition next sends what was under way again: while the log is away it is not waited for longer than this. */
const ENDING_MILLIS = 3_000;

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
  /** Rows without a gap between them: the next to be sent, or, where a gap lies before them, what was saved behind the gap. */
  private held: QueuedRow[] = [];
  private sent = 0;
  /** What the database was last told of `sent`. */
  private acknowledged = 0;
  /** Number of the last record known to be in the database; what lies below it and is not held is read from there. */
  private saved: number;
  /** What a predecessor left has not been looked for yet. */
  private fresh = true;
  private running: Promise<void> | undefined;

  constructor(
    private readonly session: PartitionSession,
    private readonly tools: RelayTools,
  ) {
    this.saved = session.outboxNumber;
  }

  /** Takes up what a save has just made durable. */
  offer(first: number, rows: readonly OutboxRow[], recordedAt: number): void {
    const { held } = this;
    const last = first + rows.length - 1;
    this.saved = Math.max(this.saved, last);
    // A read from the database may have seen the save before its answer came.
    const after = held.at(-1)?.number ?? Math.max(this.sent, first - 1);
    const follows = after >= first - 1 && after < last;
    if (follows && (held.length === 0 || held.length + rows.length <= HELD_RECORDS)) {
      for (let number = after + 1; number <= last; number++) {
        const { topic, key, partition, headers, value } = rows[number - first]!;
        held.push({ number, recordedAt, topic, key, partition, headers, value });
      }
    }
    this.wake();
  }

  wake(): void {
    this.running ??= this.run().finally(() => {
      this.running = undefined;
      // Offered between the last look and here.
      if (this.sent < this.saved && !this.session.closed) this.wake();
    });
  }

  /** Resolves when nothing is under way any more, or what is will not end soon. */
  async ended(): Promise<void> {
    const { running } = this;
    if (running === undefined) return;
    const { time = machineTime } = this.tools;
    await new Promise<void>((resolve) => {
      const callOff = time.after(ENDING_MILLIS, resolve);
      void running.finally(() => {
        callOff();
        resolve();
      });
    });
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
          await this.acknowledge();
          metrics.outboxOldest.remove({ partition });
          return;
        }
        metrics.outboxOldest.set({ partition }, oldest.recordedAt / 1_000);
        await this.send(rows);
        pause = FIRST_PAUSE_MILLIS;
      } catch (error) {
        if (this.session.closed) return;
        logger.warn({ err: error, topic, partition }, 'The outbox cannot be relayed at the moment; it is tried again.');
        await new Promise<void>((resolve) => void time.after(pause, resolve));
        pause = Math.min(pause * 2, LONGEST_PAUSE_MILLIS);
      }
    }
  }

  /** What was sent before is forgotten meanwhile. */
  private async send(rows: readonly QueuedRow[]): Promise<void> {
    const sending = this.tools.log.append(rows.map((row) => this.toRecord(row)));
    const [sent, forgotten] = await Promise.allSettled([sending, this.acknowledge()]);
    if (sent.status === 'rejected') throw sent.reason;
    this.sent = rows[rows.length - 1]!.number;
    const first = this.held[0]?.number ?? Infinity;
    if (first <= this.sent) this.held.splice(0, this.sent - first + 1);
    if (forgotten.status === 'rejected') throw forgotten.reason;
  }

  private async acknowledge(): Promise<void> {
    const { topic, partition } = this.session;
    const { sent } = this;
    if (this.acknowledged === sent) return;
    await this.tools.store.ackOutbox(topic, partition, sent);
    this.acknowledged = sent;
  }

  /** The next to be sent; none where everything that is known to be saved was sent. */
  private async next(): Promise<readonly QueuedRow[]> {
    const { topic, partition } = this.session;
    while (this.fresh || this.sent < this.saved) {
      const first = this.held[0]?.number;
      if (!this.fresh && first === this.sent + 1) return this.held.slice(0, SEND_RECORDS);
      const through = first === undefined ? this.saved : first - 1;
      const missing = this.fresh ? SEND_RECORDS : Math.min(through - this.sent, SEND_RECORDS);
      const rows = await this.tools.store.readOutbox(topic, partition, this.sent, missing);
      this.fresh = false;
      if (rows.length > 0) return rows;
      // Whoever had the partition before has sent it all, and forgotten it.
      this.sent = through;
      this.acknowledged = through;
    }
    return [];
  }

  private toRecord(queued: QueuedRow): NewRecord {
    const row = 'decision' in queued ? decisionMessage(queued.decision, queued.recordedAt) : queued;
    const { topic, key, partition, headers } = row;
    // What the log never takes would keep back everything behind it.
    const { value, omitted } = withinLimit(row.value);
    if (omitted.length > 0) {
      const { number } = queued;
      this.tools.logger.error(
        { topic, key, number, omitted },
        'A message is larger than the log takes: it goes out without these members, which the database has.',
      );
    }
    return partition === null ? { topic, key, value, headers } : { topic, key, value, headers, partition };
  }
}
