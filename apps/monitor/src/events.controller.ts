import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { TOPICS, type LogBatch, type TakenBatch } from '#libs/bus';
import { Monitor } from './monitor.js';

/** Where batches of the keyed stream come in from the log. */
@Controller()
export class EventsController {
  constructor(private readonly monitor: Monitor) {}

  @EventPattern(TOPICS.events)
  handle(@Payload() batch: LogBatch): Promise<TakenBatch | void> {
    return this.monitor.read(batch);
  }
}
