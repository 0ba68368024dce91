import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import type { SchedulerRegistry } from '@nestjs/schedule';

/** Looks for work over and over while the process runs: one round at a time, and the last one ends before the process does. */
export abstract class RecurringJob implements OnApplicationBootstrap, OnApplicationShutdown {
  private running: Promise<void> | undefined;

  constructor(
    private readonly name: string,
    private readonly everyMillis: number,
    private readonly scheduler: SchedulerRegistry,
  ) {}

  /** One round. Reports its own failures: nobody waits for it. */
  protected abstract run(): Promise<void>;

  onApplicationBootstrap(): void {
    const look = (): void => {
      this.running ??= this.run().finally(() => (this.running = undefined));
    };
    this.scheduler.addInterval(this.name, setInterval(look, this.everyMillis));
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.scheduler.doesExist('interval', this.name)) this.scheduler.deleteInterval(this.name);
    await this.running;
  }
}
