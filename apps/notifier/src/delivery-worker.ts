import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Deliveries, type ClaimedDelivery } from '#libs/store';
import type { Logger, Metrics } from '#libs/telemetry';
import { MailSender } from './mail-sender.js';
import type { Message } from './notice.js';
import { describeError, type Outcome } from './outcome.js';
import { waitAfter, type RetryPolicy } from './retry-policy.js';
import { WebhookSender } from './webhook-sender.js';

/** Injection token of `WorkerOptions`. */
export const WORKER_OPTIONS = Symbol('delivery worker options');

export interface WorkerOptions {
  readonly retry: RetryPolicy;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** Deliveries under way at once. */
const AT_ONCE = 4;
/** Longer than any attempt may take; a delivery whose sender died is due again after it. */
const LEASE_MILLIS = 120_000;
/** Other processes add deliveries too, so it looks by itself now and then. */
const LOOK_MILLIS = 2_000;
const AFTER_FAILURE_MILLIS = 5_000;

/**
 * Sends what is due and records what the receivers answered. A delivery is recorded as sent once the receiver has taken
 * it; only where the process dies between the two is it sent again, under the same id. Several workers share the work.
 */
@Injectable()
export class DeliveryWorker implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private wanted = false;
  private stopped = false;

  constructor(
    private readonly deliveries: Deliveries,
    private readonly mail: MailSender,
    private readonly webhooks: WebhookSender,
    @Inject(WORKER_OPTIONS) private readonly options: WorkerOptions,
  ) {}

  onApplicationBootstrap(): void {
    this.wake();
  }

  /** Ends what is under way, begins nothing more. */
  async onApplicationShutdown(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
    this.mail.close();
  }

  /** There may be something to send. */
  wake(): void {
    this.wanted = true;
    if (this.stopped || this.running !== undefined) return;
    clearTimeout(this.timer);
    this.running = this.drain().then((pause) => {
      this.running = undefined;
      if (this.stopped) return;
      if (this.wanted) return this.wake();
      this.timer = setTimeout(() => this.wake(), pause);
    });
  }

  /** Sends until nothing is due; the milliseconds to wait then. */
  private async drain(): Promise<number> {
    try {
      while (!this.stopped) {
        this.wanted = false;
        const claimed = await this.deliveries.claim(AT_ONCE, LEASE_MILLIS);
        if (claimed.length === 0) break;
        await Promise.all(claimed.map((delivery) => this.attempt(delivery)));
      }
      const dueIn = await this.deliveries.nextDueIn();
      return Math.min(LOOK_MILLIS, Math.max(10, dueIn ?? LOOK_MILLIS));
    } catch (error) {
      this.options.logger.error({ err: error }, 'deliveries cannot be read or recorded; tried again in a moment');
      this.wanted = false;
      return AFTER_FAILURE_MILLIS;
    }
  }

  private async attempt(delivery: ClaimedDelivery): Promise<void> {
    const { id, channel, recipient, attempt } = delivery;
    const outcome = await this.send(delivery);
    const { metrics, logger } = this.options;
    if (outcome.result === 'sent') {
      await this.deliveries.accepted(id, outcome.response);
      metrics.alertsSent.inc({ channel, result: 'sent' });
      logger.info({ delivery: id, channel, attempt, response: outcome.response }, 'delivered');
      return;
    }
    const wait = outcome.result === 'failed' ? null : waitAfter(attempt, this.options.retry);
    const againMillis = wait === null || outcome.result === 'failed' ? null : Math.max(wait, outcome.afterMillis ?? 0);
    await this.deliveries.refused(id, attempt, outcome.response, againMillis);
    metrics.alertsSent.inc({ channel, result: againMillis === null ? 'failed' : 'retried' });
    const fields = { delivery: id, channel, recipient, attempt, againMillis, response: outcome.response };
    if (againMillis === null) logger.error(fields, 'not delivered, given up');
    else logger.warn(fields, 'not delivered, tried again later');
  }

  private async send(delivery: ClaimedDelivery): Promise<Outcome> {
    try {
      const message = JSON.parse(delivery.message) as Message;
      if (message.channel === 'mail') return await this.mail.send(message);
      return await this.webhooks.send(message, delivery.idempotencyKey, new Date());
    } catch (error) {
      return { result: 'failed', response: describeError(error) };
    }
  }
}
