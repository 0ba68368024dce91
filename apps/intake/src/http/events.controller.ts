import { Controller, HttpCode, Logger, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { Request, Response } from 'express';
import { eventLimits } from '#libs/events';
import { ApiKeyGuard, CurrentCaller, ProblemException, readBody, type WebCaller } from '#libs/web';
import { EventAppender, type AppendOutcome } from '../event-appender.js';
import { BodyBudget } from './body-budget.js';
import { DescribesEvents } from './describe-events.js';
import { problemOf } from './problem-of.js';
import { readEvents } from './read-events.js';

/** Bodies under way at a time, in bytes; what they are read into takes several times as much. */
const BODIES_BYTES = 4 * eventLimits.messageBytes;

/** The door for events over HTTP: `POST /v1/events`. */
@UseGuards(ApiKeyGuard)
@Controller('v1/events')
export class EventsController {
  private readonly logger = new Logger(EventsController.name);
  private readonly budget = new BodyBudget(BODIES_BYTES, eventLimits.messageBytes);

  constructor(private readonly appender: EventAppender) {}

  @Post()
  @HttpCode(202)
  @DescribesEvents()
  async receive(
    @CurrentCaller() caller: WebCaller,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<{ readonly accepted: number }> {
    const giveBack = this.budget.take(request.headers);
    try {
      const body = await readBody(request, response, eventLimits.messageBytes);
      const read = readEvents({ headers: request.headersDistinct, body });
      if (!read.ok) {
        throw 'kind' in read
          ? new ProblemException(read.kind, read.detail, [{ field: read.field, detail: read.detail }])
          : problemOf(read.refused, read.mode, read.of);
      }
      const outcome = await this.append(read.events, caller);
      if (!outcome.ok) throw problemOf(outcome.refused, read.mode, read.events.length);
      return { accepted: read.events.length };
    } finally {
      giveBack();
    }
  }

  private async append(...call: Parameters<EventAppender['append']>): Promise<AppendOutcome> {
    try {
      return await this.appender.append(...call);
    } catch (error) {
      this.logger.error({ err: error }, 'Events could not be appended.');
      throw new ProblemException(
        'unavailable',
        'the log or the database does not answer; nothing is known to be stored, send it again',
        [],
        { 'retry-after': '5' },
      );
    }
  }
}
