import { Inject, Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { MONITOR_OPTIONS, type MonitorOptions } from './monitor-options.js';
import { tickRecord } from './own-records.js';
import type { PartitionSession } from './partition-session.js';
import { machineTime, type ProcessTime } from './process-time.js';

/** How long after the due instant the tick goes out: strictly later, by the clock of the log, too. */
const AFTER_DUE_MILLIS = 2;
/** Where the log's clock is behind ours, ticks follow each other at this distance until it has caught up. */
const APART_MILLIS = 50;
const SILENCE_MILLIS = 1_000;
/** A tick that was appended but not read by then is given up; another one may go. */
const PENDING_MILLIS = 10_000;
const LONGEST_TIMER_MILLIS = 3_600_000;

interface Watched {
  readonly session: PartitionSession;
  /** Calls the timer off. */
  timer: (() => void) | undefined;
  lastTickAt: number;
  /** Offset of a tick on its way, or `sending`. */
  pending: number | 'sending' | undefined;
}

/** Moves the clocks of silent partitions through the log: a tick when something is due, and one a second while nothing comes. */
@Injectable()
export class Ticker {
  private readonly watched = new Map<PartitionSession, Watched>();

  private readonly time: ProcessTime;

  constructor(@Inject(MONITOR_OPTIONS) private readonly options: MonitorOptions) {
    this.time = options.time ?? machineTime;
  }

  /** Sets the timer of a partition anew; called after each of its saves. */
  schedule(session: PartitionSession): void {
    if (session.closed) return;
    let watched = this.watched.get(session);
    if (watched === undefined) {
      watched = { session, timer: undefined, lastTickAt: 0, pending: undefined };
      this.watched.set(session, watched);
    }
    this.arm(watched);
  }

  forget(session: PartitionSession): void {
    this.watched.get(session)?.timer?.();
    this.watched.delete(session);
  }

  @Interval(SILENCE_MILLIS)
  watchSilence(): void {
    const now = this.time.now();
    for (const watched of this.watched.values()) {
      const { session } = watched;
      const waits = session.judge.nextDeadline() !== null || session.judge.nextSweep() !== undefined;
      const silentFor = now - session.lastProgressAt;
      // A sign that lies ahead is from before the machine's clock was set back: nobody knows how long ago that was.
      if (!waits || (silentFor >= 0 && silentFor < SILENCE_MILLIS)) continue;
      this.tick(watched, now);
    }
  }

  private arm(watched: Watched): void {
    watched.timer?.();
    const { judge } = watched.session;
    const now = this.time.now();
    countAnewWhereSetBack(watched, now);
    // A sweep goes on between records: where none comes, a tick is one.
    const due = judge.nextSweep() === undefined ? (judge.nextDeadline() ?? Infinity) : now - AFTER_DUE_MILLIS;
    const next = Math.min(due, judge.nextSilence() ?? Infinity);
    if (next === Infinity) return;
    const at = Math.max(next + AFTER_DUE_MILLIS, watched.lastTickAt + APART_MILLIS);
    const delay = Math.min(Math.max(at - now, 0), LONGEST_TIMER_MILLIS);
    watched.timer = this.time.after(delay, () => {
      if (this.time.now() > next) this.tick(watched, this.time.now());
      else this.arm(watched);
    });
  }

  private tick(watched: Watched, now: number): void {
    const { session, pending } = watched;
    if (session.closed) return;
    countAnewWhereSetBack(watched, now);
    const onItsWay = pending === 'sending' || (pending !== undefined && session.nextOffset <= pending);
    if (onItsWay && now - watched.lastTickAt < PENDING_MILLIS) return;
    watched.pending = 'sending';
    watched.lastTickAt = now;
    const { log, stampKey, logger } = this.options;
    const { topic, partition, epoch } = session;
    const { value, headers } = tickRecord(partition, epoch, now, stampKey);
    log.append([{ topic, partition, key: null, value, headers }]).then(
      ([appended]) => (watched.pending = appended?.offset),
      (error: unknown) => {
        watched.pending = undefined;
        logger.warn({ err: error, topic, partition }, 'A tick could not be appended; the next second tries again.');
      },
    );
  }
}

/** A machine's clock may be set back: what was sent by the time before would else hold up the next tick until it is reached again. */
function countAnewWhereSetBack(watched: Watched, now: number): void {
  watched.lastTickAt = Math.min(watched.lastTickAt, now);
}
