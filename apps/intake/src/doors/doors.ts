import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { PublishedContracts } from '../contracts/published-contracts.js';
import { INTAKE_OPTIONS, type IntakeOptions } from '../intake-options.js';
import { DoorReader } from './door-reader.js';
import { LogClock } from './log-clock.js';

const BEAT_MILLIS = 1_000;

/** The doors of this process, read from when the application is up until it closes. */
@Injectable()
export class Doors implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly readers: readonly DoorReader[];
  private timer: NodeJS.Timeout | undefined;

  constructor(@Inject(INTAKE_OPTIONS) options: IntakeOptions, contracts: PublishedContracts) {
    const { doors, stampKey, now = Date.now } = options;
    if (doors === undefined) {
      this.readers = [];
      return;
    }
    const { list, ...given } = doors;
    const tools = { ...given, contracts, clock: new LogClock(), stampKey, now };
    this.readers = list.map((door) => new DoorReader(door, tools));
  }

  onApplicationBootstrap(): void {
    if (this.readers.length === 0) return;
    this.readers.forEach((reader) => reader.start());
    this.timer = setInterval(() => this.readers.forEach((reader) => reader.beat()), BEAT_MILLIS);
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all(this.readers.map((reader) => reader.close()));
  }

  /** For readiness: rejects while a door stands still. */
  async check(): Promise<void> {
    for (const reader of this.readers) await reader.check();
  }
}
