import { Module, type DynamicModule } from '@nestjs/common';
import { PublishedContracts } from './contracts/published-contracts.js';
import { Doors } from './doors/doors.js';
import { EventAppender } from './event-appender.js';
import { EventsController } from './http/events.controller.js';
import { INTAKE_OPTIONS, type IntakeOptions } from './intake-options.js';

/** The doors through which events come in. Needs `WebModule` beside it, which brings the guard. */
@Module({})
export class IntakeModule {
  static register(options: IntakeOptions): DynamicModule {
    return {
      module: IntakeModule,
      controllers: [EventsController],
      providers: [{ provide: INTAKE_OPTIONS, useValue: options }, PublishedContracts, EventAppender, Doors],
    };
  }
}
