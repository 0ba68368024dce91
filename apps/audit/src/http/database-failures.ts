import { Injectable, Logger, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { catchError, type Observable } from 'rxjs';
import { ProblemException } from '#libs/web';

/** SQLSTATE query_canceled: the statement ran into its time limit. */
const OVER_TIME = '57014';

/** SQLSTATE classes: connection, transaction rollback, insufficient resources, operator intervention. */
const AWAY =
  /^(08|40|53|57)[0-9A-Z]{3}$|^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/;

/** Answers 503 where the database is away or needs too long, instead of as a defect. */
@Injectable()
export class DatabaseFailures implements NestInterceptor {
  private readonly logger = new Logger(DatabaseFailures.name);

  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(
      catchError((error: unknown) => {
        const detail = detailOf(error);
        if (detail === undefined) throw error;
        this.logger.warn(`A read failed: ${(error as Error).message}`);
        throw new ProblemException('unavailable', detail, [], { 'retry-after': '5' });
      }),
    );
  }
}

function detailOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (code === OVER_TIME) return 'the database needed too long for this: narrow the filters or ask for smaller pages';
  // node-postgres gives no code where it noticed by itself that the connection is gone.
  const gone = code === '' && /^Connection terminated|timeout exceeded when trying to connect/.test(error.message);
  return gone || AWAY.test(code) ? 'the database does not answer' : undefined;
}
