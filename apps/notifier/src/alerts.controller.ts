import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { TOPICS, type LogBatch } from '#libs/bus';
import { AlertReader } from './alert-reader.js';

/** Where batches of alerts come in from the log. */
@Controller()
export class AlertsController {
  constructor(private readonly reader: AlertReader) {}

  @EventPattern(TOPICS.alerts)
  handle(@Payload() batch: LogBatch): Promise<void> {
    return this.reader.read(batch);
  }
}
