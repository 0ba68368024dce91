import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Response } from 'express';
import type { Logger } from '#libs/telemetry';
import { ProblemException, problemBody, problemKindOf, type ProblemBody } from './problem.js';

/**
 * Answers everything that goes wrong under HTTP as RFC 9457 problem details. What is not ours to explain (a defect, a broken
 * connection) is logged whole and answered with a sentence that gives nothing away.
 */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    if (host.getType() !== 'http') throw thrown;
    const response = host.switchToHttp().getResponse<Response>();
    const body = this.bodyOf(thrown);
    if (response.headersSent) {
      // Half an answer is out: only a broken connection tells the reader that it is not whole.
      response.destroy();
      return;
    }
    if (thrown instanceof ProblemException) response.set(thrown.headers);
    response.status(body.status).type('application/problem+json').send(JSON.stringify(body));
  }

  private bodyOf(thrown: unknown): ProblemBody {
    if (thrown instanceof ProblemException) return thrown.body;
    const status = statusOf(thrown);
    if (status !== undefined && status >= 400 && status < 500) {
      return problemBody(problemKindOf(status), (thrown as Error).message);
    }
    this.logger.error({ err: thrown }, 'a request failed');
    return problemBody(problemKindOf(status ?? 500), 'the reason is in the log of the service');
  }
}

/** Nest's own exceptions, and those of the body parsers (http-errors), which carry `status`. */
function statusOf(thrown: unknown): number | undefined {
  if (thrown instanceof HttpException) return thrown.getStatus();
  if (typeof thrown !== 'object' || thrown === null || !('status' in thrown) || !('message' in thrown))
    return undefined;
  return typeof thrown.status === 'number' ? thrown.status : undefined;
}
