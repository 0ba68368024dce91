import { Module, type DynamicModule } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import type { Pool } from 'pg';
import type { Log } from '#libs/bus';
import { Deliveries, Incidents } from '#libs/store';
import type { Logger, Metrics } from '#libs/telemetry';
import { actLinks } from './act-links.js';
import { Acts } from './acts.js';
import { ActsController } from './acts.controller.js';
import { AlertReader, READER_OPTIONS, type ReaderOptions } from './alert-reader.js';
import { AlertsController } from './alerts.controller.js';
import {
  ALERTMANAGER_OPTIONS,
  AlertmanagerJob,
  REPOST_MILLIS,
  type AlertmanagerOptions,
} from './channels/alertmanager-job.js';
import { createChannels } from './channels/create-channels.js';
import { DeliveryWorker, WORKER_OPTIONS, type WorkerOptions } from './delivery-worker.js';
import { DEFAULT_DIGEST, DIGEST_OPTIONS, DigestJob, type DigestOptions } from './digest-job.js';
import { EscalationJob } from './escalation-job.js';
import { IncidentsController } from './incidents.controller.js';
import type { NotifierFiles } from './notifier-files.js';
import { PublishedContracts, type ContractFiles } from './published-contracts.js';
import { DEFAULT_RETRY, type RetryPolicy } from './retry-policy.js';
import { STREAM_OPTIONS, ToldJob, type StreamOptions } from './told-job.js';

/** What the module needs; the caller owns log and pool and closes them after the application. `WebModule` is needed beside it. */
export interface NotifierOptions {
  readonly log: Log;
  readonly pool: Pool;
  /** Where published contracts are read: the store. */
  readonly contracts: ContractFiles;
  readonly files: NotifierFiles;
  /** Signs what is told to the stream, and the links in mails. */
  readonly stampKey: Buffer;
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
  /** How often it looks for outcomes to tell the stream and for steps to escalate. */
  readonly lookMillis?: number;
}

const LOOK_MILLIS = 1_000;

/** Turns alerts into messages to people, and keeps what was sent to whom and what the receiver answered. */
@Module({})
export class NotifierModule {
  static register(options: NotifierOptions): DynamicModule {
    const { log, files, stampKey, publicUrl, metrics, logger } = options;
    const { book, robots, templates } = files;
    const channels = createChannels({
      book,
      robots,
      templates,
      secret: options.webhookSecret,
      allowInternal: options.allowInternal ?? false,
      smtpUrl: options.smtpUrl,
      mailFrom: options.mailFrom,
    });
    const pen = { publicUrl, templates };
    const reader: ReaderOptions = {
      log,
      routes: book.routes,
      directory: { channels, robots },
      pen,
      actLinks: (incident, addressee) => actLinks({ publicUrl, stampKey, now: Date.now }, incident, addressee),
      now: Date.now,
      logger,
    };
    const worker: WorkerOptions = {
      channels,
      routes: book.routes,
      retry: options.retry ?? DEFAULT_RETRY,
      metrics,
      logger,
    };
    const digest: DigestOptions = { ...(options.digest ?? DEFAULT_DIGEST), channels, pen, logger };
    const stream: StreamOptions = { log, stampKey, logger, everyMillis: options.lookMillis ?? LOOK_MILLIS };
    const alertmanager: AlertmanagerOptions = { channels, everyMillis: REPOST_MILLIS, logger };
    return {
      module: NotifierModule,
      imports: [ScheduleModule.forRoot()],
      controllers: [AlertsController, IncidentsController, ActsController],
      providers: [
        { provide: Deliveries, useFactory: () => new Deliveries(options.pool) },
        { provide: Incidents, useFactory: () => new Incidents(options.pool) },
        { provide: PublishedContracts, useFactory: () => new PublishedContracts(options.contracts) },
        { provide: READER_OPTIONS, useValue: reader },
        { provide: WORKER_OPTIONS, useValue: worker },
        { provide: DIGEST_OPTIONS, useValue: digest },
        { provide: STREAM_OPTIONS, useValue: stream },
        { provide: ALERTMANAGER_OPTIONS, useValue: alertmanager },
        Acts,
        AlertReader,
        AlertmanagerJob,
        DeliveryWorker,
        DigestJob,
        EscalationJob,
        ToldJob,
      ],
      exports: [AlertReader],
    };
  }
}
