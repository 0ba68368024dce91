import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import type { RefusalReason } from '#libs/contract';
import { Monitor } from './monitor.js';
import { MONITOR_OPTIONS, type MonitorOptions } from './monitor-options.js';
import { machineTime, type ProcessTime } from './process-time.js';

const EVERY_MILLIS = 5_000;

// The compiler refuses a list that lacks one or has one too many.
const REASONS = Object.keys({
  SCHEMA: true,
  ID_REUSE: true,
  TIME_IMPLAUSIBLE: true,
  UNKNOWN_CONTRACT: true,
  FORGED: true,
  MISROUTED: true,
  POISON: true,
  UNREADABLE: true,
  TOO_LARGE: true,
} satisfies Record<RefusalReason, true>);

/**
 * What must be seen though nothing is saved: how far each partition of this process is behind. A save alone would leave the
 * figure of the last good batch standing where a partition stands still.
 */
@Injectable()
export class MonitorGauges implements OnModuleInit {
  /** What was read of a partition when it was last held. */
  private readonly known = new Map<number, number>();
  private readonly seen = new Set<number>();
  private readonly time: ProcessTime;
  private looking = false;

  constructor(
    @Inject(MONITOR_OPTIONS) private readonly options: MonitorOptions,
    private readonly monitor: Monitor,
  ) {
    this.time = options.time ?? machineTime;
  }

  /** A counter that is born with its first count never shows an increase. */
  onModuleInit(): void {
    const { metrics, partitions } = this.options;
    metrics.streamPartitions.set(partitions);
    for (const reason of REASONS) metrics.quarantined.inc({ reason }, 0);
  }

  @Interval(EVERY_MILLIS)
  async look(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    try {
      const topics = new Set(this.monitor.positions().map(({ topic }) => topic));
      for (const topic of topics) await this.lookAt(topic);
    } catch (error) {
      // Readiness tells of a log that is away; the figures stay what they were.
      this.options.logger.debug({ err: error }, 'The ends of the partitions could not be read.');
    } finally {
      this.looking = false;
    }
  }

  private async lookAt(topic: string): Promise<void> {
    const { log, metrics } = this.options;
    const bounds = new Map((await log.bounds(topic)).map((one) => [one.partition, one]));
    // Asked after the wait: what was given up meanwhile has no figures any more.
    const positions = this.monitor.positions().filter((one) => one.topic === topic);
    const here = new Set(positions.map(({ partition }) => partition));
    for (const gone of [...this.seen].filter((partition) => !here.has(partition))) {
      this.seen.delete(gone);
      this.known.delete(gone);
    }
    for (const { partition, nextOffset } of positions) {
      const ends = bounds.get(partition);
      if (ends === undefined) continue;
      if (nextOffset !== null) this.known.set(partition, nextOffset);
      const next = Math.max(nextOffset ?? this.known.get(partition) ?? 0, ends.low);
      metrics.partitionLag.set({ partition }, Math.max(0, ends.high - next));
      // Until a save of this process says more, progress is measured from the first look.
      if (!this.seen.has(partition)) await this.showFirst(partition);
      this.seen.add(partition);
    }
  }

  private async showFirst(partition: number): Promise<void> {
    const { partitionLastProgress } = this.options.metrics;
    const { values } = await partitionLastProgress.get();
    if (values.some(({ labels }) => Number(labels.partition) === partition)) return;
    partitionLastProgress.set({ partition }, this.time.now() / 1_000);
  }
}
