import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import type { LogBatch } from '#libs/bus';
import { AlertReader } from './alert-reader.js';
import { ALERTS_TOPIC } from './alerts-topic.js';

/** Where batches of alerts come in from the log. */
@Controller()
export class AlertsController {
  constructor(private readonly reader: AlertReader) {}

  @EventPattern(ALERTS_TOPIC)
  handle(@Payload() batch: LogBatch): Promise<void> {
    return this.reader.read(batch);
  }
}
