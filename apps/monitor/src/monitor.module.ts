import {
  Inject,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { EventsController } from './events.controller.js';
import { FactPartitionsJob } from './fact-partitions.job.js';
import { LiabilityGauges } from './liability-gauges.js';
import { Monitor } from './monitor.js';
import { MonitorGauges } from './monitor-gauges.js';
import { MONITOR_OPTIONS, type MonitorOptions } from './monitor-options.js';
import { Ticker } from './ticker.js';

/** Judges the stream: owns partitions, watches deadlines, decides, stores, emits. */
@Module({})
export class MonitorModule implements BeforeApplicationShutdown, OnApplicationShutdown {
  constructor(@Inject(Monitor) private readonly monitor: Monitor) {}

  static register(options: MonitorOptions): DynamicModule {
    return {
      module: MonitorModule,
      imports: [ScheduleModule.forRoot()],
      controllers: [EventsController],
      providers: [
        { provide: MONITOR_OPTIONS, useValue: options },
        Ticker,
        Monitor,
        MonitorGauges,
        LiabilityGauges,
        FactPartitionsJob,
      ],
      exports: [Monitor],
    };
  }

  beforeApplicationShutdown(): void {
    this.monitor.stopReading();
  }

  onApplicationShutdown(): Promise<void> {
    return this.monitor.close();
  }
}
