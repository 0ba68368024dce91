import { Catch, type ExceptionFilter, type INestApplication } from '@nestjs/common';
import {
  BaseRpcContext,
  NestMicroservice,
  Server,
  type CustomTransportStrategy,
  type MessageHandler,
} from '@nestjs/microservices';
import { isObservable, lastValueFrom, throwError, type Observable } from 'rxjs';
import type { Log, LogBatch, Subscriber, Subscription, TakenBatch } from './port.js';

export interface LogTransportOptions extends Pick<
  Subscriber,
  'group' | 'maxRecords' | 'onAssigned' | 'onRevoked' | 'onFatal'
> {
  readonly log: Log;
  /** Only these of the topics that have handlers; absent: all. Several transports of one application share its handlers. */
  readonly topics?: readonly string[];
}

/**
 * Brings batches of the log to Nest: a method marked `@EventPattern(topic)` is called with each `LogBatch` of that topic, and
 * the next batch of a partition waits until it has ended. It may return a `TakenBatch`.
 */
class LogTransport extends Server implements CustomTransportStrategy {
  private subscription: Subscription | undefined;

  constructor(private readonly options: LogTransportOptions) {
    super();
  }

  /** @throws (through the callback) Error where a topic has no handler, or two. */
  listen(done: (error?: unknown) => void): void {
    this.subscribe().then(() => done(), done);
  }

  async close(): Promise<void> {
    const { subscription } = this;
    this.subscription = undefined;
    await subscription?.close();
  }

  /** It has no events of its own: what happens to partitions comes through the options. */
  on(): void {}

  unwrap<T>(): T {
    return this.subscription as T;
  }

  private async subscribe(): Promise<void> {
    const { log, topics = [...this.getHandlers().keys()], ...subscriber } = this.options;
    const handlers = new Map(topics.map((topic) => [topic, this.handlerOf(topic)]));
    this.subscription = await log.subscribe({
      ...subscriber,
      topics,
      onBatch: (batch) => this.handle(handlers.get(batch.topic)!, batch),
    });
  }

  private handlerOf(topic: string): MessageHandler {
    const handler = this.getHandlers().get(topic);
    if (handler === undefined) throw new Error(`no method is marked @EventPattern('${topic}')`);
    if (handler.next !== undefined) {
      throw new Error(`two methods are marked @EventPattern('${topic}'): a batch is saved once, by one of them`);
    }
    return handler;
  }

  private async handle(handler: MessageHandler, batch: LogBatch): Promise<TakenBatch | void> {
    const result: unknown = await handler(batch, new BaseRpcContext([batch.topic, batch.partition]));
    try {
      const value: unknown = isObservable(result) ? await lastValueFrom(result, { defaultValue: undefined }) : result;
      return isTaken(value) ? value : undefined;
    } catch (error) {
      if (error instanceof Error) throw error;
      throw new Error(
        `the handler of ${batch.topic} failed, and what it threw was hidden on the way: connect with connectLog`,
      );
    }
  }
}

function isTaken(value: unknown): value is TakenBatch {
  return (value as Partial<TakenBatch> | null | undefined)?.settled instanceof Promise;
}

/** Nest replaces what a handler throws by "Internal server error", and with it whether to try again. */
@Catch()
class ErrorsPass implements ExceptionFilter {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}

/**
 * Makes an application read the log beside what else it does; reading begins with `app.startAllMicroservices()` and ends
 * with `app.close()`.
 */
export function connectLog(app: INestApplication, options: LogTransportOptions): void {
  const strategy = new LogTransport(options);
  const connected = app.connectMicroservice({ strategy }, { deferInitialization: true }) as unknown as NestMicroservice;
  connected.useGlobalFilters(new ErrorsPass());
  // What connectMicroservice would have done at once, before a filter could be named; init hooks belong to the application.
  connected.registerListeners();
  connected.setIsInitialized(true);
  connected.setIsInitHookCalled(true);
}
