import { Module, type DynamicModule } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import type { Pool } from 'pg';
import type { Log } from '#libs/bus';
import { Deliveries } from '#libs/store';
import type { Logger, Metrics } from '#libs/telemetry';
import { AlertReader, READER_OPTIONS, type ReaderOptions } from './alert-reader.js';
import { AlertsController } from './alerts.controller.js';
import { DeliveryWorker, WORKER_OPTIONS, type WorkerOptions } from './delivery-worker.js';
import { DEFAULT_DIGEST, DIGEST_OPTIONS, DigestJob, type DigestOptions } from './digest-job.js';
import { MailSender } from './mail-sender.js';
import { PublishedContracts, type ContractFiles } from './published-contracts.js';
import { DEFAULT_RETRY, type RetryPolicy } from './retry-policy.js';
import type { RouteBook } from './route-book.js';
import { WebhookSender } from './webhook-sender.js';

/** What the module needs; the caller owns log and pool and closes them after the application. */
export interface NotifierOptions {
  readonly log: Log;
  readonly pool: Pool;
  /** Where published contracts are read: the store. */
  readonly contracts: ContractFiles;
  readonly book: RouteBook;
  /** Null: mails wait, and fail in the end. */
  readonly smtpUrl: string | null;
  readonly mailFrom: string;
  /** Signs webhooks of routes without a secret of their own. */
  readonly webhookSecret: string | null;
  /** Base of the links to the product's own pages, without a slash at its end. */
  readonly publicUrl: string;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Lets all routes call internal addresses over plain HTTP: for trials on one machine. */
  readonly allowInternal?: boolean;
  readonly retry?: RetryPolicy;
  readonly digest?: Pick<DigestOptions, 'everyMillis' | 'quietMillis' | 'atMostMillis'>;
}

/** Turns alerts into messages to people, and keeps what was sent to whom and what the receiver answered. */
@Module({})
export class NotifierModule {
  static register(options: NotifierOptions): DynamicModule {
    const { log, book, publicUrl, metrics, logger } = options;
    const reader: ReaderOptions = { log, routes: book.routes, publicUrl, logger };
    const worker: WorkerOptions = { retry: options.retry ?? DEFAULT_RETRY, metrics, logger };
    const digest: DigestOptions = { ...(options.digest ?? DEFAULT_DIGEST), publicUrl, logger };
    return {
      module: NotifierModule,
      imports: [ScheduleModule.forRoot()],
      controllers: [AlertsController],
      providers: [
        { provide: Deliveries, useFactory: () => new Deliveries(options.pool) },
        { provide: PublishedContracts, useFactory: () => new PublishedContracts(options.contracts) },
        { provide: MailSender, useFactory: () => new MailSender(options.smtpUrl, options.mailFrom) },
        {
          provide: WebhookSender,
          useFactory: () =>
            new WebhookSender({ book, secret: options.webhookSecret, allowInternal: options.allowInternal ?? false }),
        },
        { provide: READER_OPTIONS, useValue: reader },
        { provide: WORKER_OPTIONS, useValue: worker },
        { provide: DIGEST_OPTIONS, useValue: digest },
        AlertReader,
        DeliveryWorker,
        DigestJob,
      ],
      exports: [AlertReader],
    };
  }
}
