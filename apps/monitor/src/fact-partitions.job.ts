import { Inject, Injectable } from '@nestjs/common';
import { Cron, CronExpression } from '@nestjs/schedule';
import { MONITOR_OPTIONS, type MonitorOptions } from './monitor-options.js';

const MONTHS_AHEAD = 2;

/** Makes the monthly partitions of facts ahead of time, so that no save has to wait for one. */
@Injectable()
export class FactPartitionsJob {
  constructor(@Inject(MONITOR_OPTIONS) private readonly options: MonitorOptions) {}

  @Cron(CronExpression.EVERY_DAY_AT_3AM)
  async makeAhead(): Promise<void> {
    try {
      await this.options.store.ensurePartitions(Date.now(), MONTHS_AHEAD);
    } catch (error) {
      this.options.logger.error({ err: error }, 'Partitions of facts could not be made ahead; tomorrow tries again.');
    }
  }
}
