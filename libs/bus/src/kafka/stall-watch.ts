import { ShapeError } from '../shape-error.js';
import type { Lane } from './lane.js';

export interface StallLimits {
  /** Without progress for longer than this, although there is something to read, the subscription has stalled. */
  readonly afterMillis: number;
  /** Between two looks. */
  readonly everyMillis: number;
  /** Milliseconds of a clock that nobody sets. */
  readonly now: () => number;
}

/** Thrown (through `onFatal`) where a consumer has silently stopped: a new process helps, waiting does not. */
export class StalledError extends Error {
  override readonly name = 'StalledError';
  readonly retriable = false;
}

export interface Watched {
  readonly topics: readonly string[];
  readonly lanes: () => readonly (Pick<Lane, 'topic' | 'partition' | 'handled' | 'lastSignAt'> &
    Partial<Pick<Lane, 'busy'>>)[];
  readonly bounds: (topic: string) => Promise<readonly { readonly partition: number; readonly high: number }[]>;
  readonly onStalled: (error: StalledError | ShapeError) => void;
}

/** A group that was left is to be joined again within so many times the limit. */
const JOIN_FACTOR = 3;
/**
 * A subscriber that works on something may take so many times the limit: a million deadlines to take over, or to fire. So long
 * may a partition wait, too, whose turn comes after that of others.
 */
const BUSY_FACTOR = 10;

/**
 * Looks from time to time whether partitions with something to read move. That Kafka does not answer is no stall, and a
 * process that is slow, but at work on some of them, does not end itself for the others. A topic that got more partitions ends
 * the subscription: what comes there would lie unread, and keys would live elsewhere than before.
 */
export class StallWatch {
  private timer: NodeJS.Timeout | undefined;
  private leftAt: number | undefined;
  private looking = false;
  /** Since when each partition has had something to read; silence before that is only an idle topic. */
  private readonly behindSince = new Map<string, number>();
  /** How many partitions each topic had at the first look. */
  private readonly partitions = new Map<string, number>();
  /** Kafka was away until then, and nobody could move. */
  private answeredSince: number;

  constructor(
    private readonly limits: StallLimits,
    private readonly watched: Watched,
  ) {
    this.answeredSince = limits.now();
  }

  start(): void {
    void this.look();
    this.timer = setInterval(() => void this.look(), this.limits.everyMillis);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  joined(): void {
    this.leftAt = undefined;
  }

  left(): void {
    this.leftAt ??= this.limits.now();
  }

  async look(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    try {
      const highs = await this.highs();
      if (highs === undefined) this.answeredSince = this.limits.now();
      else this.compare(highs);
    } finally {
      this.looking = false;
    }
  }

  private async highs(): Promise<ReadonlyMap<string, number> | undefined> {
    const highs = new Map<string, number>();
    try {
      for (const topic of this.watched.topics) {
        const bounds = await this.watched.bounds(topic);
        for (const { partition, high } of bounds) highs.set(`${topic}/${partition}`, high);
        this.count(topic, bounds.length);
      }
      return highs;
    } catch {
      return undefined;
    }
  }

  /** None at all is a topic that is not there just now. */
  private count(topic: string, found: number): void {
    if (found === 0) return;
    const known = this.partitions.get(topic);
    if (known === undefined) this.partitions.set(topic, found);
    else if (found > known) this.watched.onStalled(new ShapeError(topic, found, known));
  }

  private compare(highs: ReadonlyMap<string, number>): void {
    const { afterMillis } = this.limits;
    const now = this.limits.now();
    if (this.leftAt !== undefined && now - Math.max(this.leftAt, this.answeredSince) > JOIN_FACTOR * afterMillis) {
      this.watched.onStalled(new StalledError('the consumer group was left and not joined again'));
      return;
    }
    const lanes = this.watched.lanes();
    const moving = lanes.some(({ lastSignAt, busy = false }) => busy || now - lastSignAt <= afterMillis);
    for (const { topic, partition, handled, lastSignAt } of lanes) {
      const place = `${topic}/${partition}`;
      const high = highs.get(place) ?? 0;
      if (high <= handled) {
        this.behindSince.delete(place);
        continue;
      }
      const behindSince = this.behindSince.get(place) ?? now;
      this.behindSince.set(place, behindSince);
      const silent = now - Math.max(behindSince, lastSignAt, this.answeredSince);
      if (silent <= (moving ? BUSY_FACTOR : 1) * afterMillis) continue;
      const seconds = Math.round(silent / 1_000);
      const message = `${place} stands at offset ${handled} of ${high} and has not moved for ${seconds} s`;
      this.watched.onStalled(new StalledError(message));
      return;
    }
  }
}
