import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Deliveries, type ClaimedDelivery } from '#libs/store';
import type { Logger, Metrics } from '#libs/telemetry';
import type { Channels } from './channels/channel.js';
import type { Addressee } from './notice.js';
import { describeError, type Outcome } from './outcome.js';
import { quietUntil } from './plan-deliveries.js';
import { PublishedContracts } from './published-contracts.js';
import { waitAfter, type RetryPolicy } from './retry-policy.js';
import type { Route } from './routes.js';

/** Injection token of `WorkerOptions`. */
export const WORKER_OPTIONS = Symbol('delivery worker options');

export interface WorkerOptions {
  readonly channels: Channels;
  readonly routes: readonly Route[];
  readonly retry: RetryPolicy;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** Deliveries under way at once. */
const AT_ONCE = 8;
/** Longer than that no attempt takes. */
const ATTEMPT_MILLIS = 30_000;
/** Longer than any attempt may take; a delivery whose sender died is due again after it. */
const LEASE_MILLIS = 60_000;
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
    private readonly contracts: PublishedContracts,
    @Inject(WORKER_OPTIONS) private readonly options: WorkerOptions,
  ) {}

  onApplicationBootstrap(): void {
    const { channels, metrics } = this.options;
    // A counter that is born with its first count never shows an increase.
    for (const channel of channels.keys()) {
      for (const result of ['sent', 'retried', 'failed']) metrics.alertsSent.inc({ channel, result }, 0);
    }
    this.wake();
  }

  /** Ends what is under way, begins nothing more. */
  async onApplicationShutdown(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
    for (const channel of this.options.channels.values()) channel.close?.();
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
        const { claimed, looked } = await this.deliveries.claim(
          AT_ONCE,
          LEASE_MILLIS,
          (channel) => this.options.channels.get(channel)?.limits ?? [],
        );
        if (looked === 0) break;
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
    const now = Date.now();
    const notBefore = await this.notBefore(delivery, now);
    if (notBefore > now) return this.deliveries.putOff(id, attempt, notBefore);
    const outcome = await this.send(delivery);
    const { metrics, logger } = this.options;
    if (outcome.result === 'sent') {
      await this.deliveries.accepted(id, outcome.response);
      metrics.alertsSent.inc({ channel, result: 'sent' });
      logger.info({ delivery: id, channel, attempt, response: outcome.response }, 'delivered');
      return;
    }
    if (outcome.result === 'retry' && outcome.throttled === true) {
      await this.deliveries.block(channel, recipient, outcome.afterMillis ?? 0);
    }
    const wait = outcome.result === 'failed' ? null : waitAfter(attempt, this.options.retry);
    const againMillis = wait === null || outcome.result === 'failed' ? null : Math.max(wait, outcome.afterMillis ?? 0);
    await this.deliveries.refused(id, attempt, outcome.response, againMillis);
    metrics.alertsSent.inc({ channel, result: againMillis === null ? 'failed' : 'retried' });
    const fields = { delivery: id, channel, recipient, attempt, againMillis, response: outcome.response };
    if (againMillis === null) logger.error(fields, 'not delivered, given up');
    else logger.warn(fields, 'not delivered, tried again later');
  }

  /** What fell into the quiet hours of its route meanwhile waits for their end; somebody waits for a test. */
  private async notBefore(delivery: ClaimedDelivery, now: number): Promise<number> {
    const { route: name } = JSON.parse(delivery.addressee) as Addressee;
    const route = this.options.routes.find((one) => one.name === name);
    if (route === undefined || route.quiet === null || delivery.kind === 'test') return now;
    const contract = await this.contracts.byHash(delivery.contract, delivery.contractHash);
    return quietUntil(route, contract, delivery.severity, now);
  }

  private async send({ channel: name, recipient, idempotencyKey, message }: ClaimedDelivery): Promise<Outcome> {
    const channel = this.options.channels.get(name);
    if (channel === undefined) return { result: 'failed', response: `there is no channel '${name}'` };
    try {
      return await channel.send(JSON.parse(message) as object, {
        recipient,
        idempotencyKey,
        now: new Date(),
        signal: AbortSignal.timeout(ATTEMPT_MILLIS),
      });
    } catch (error) {
      return { result: 'failed', response: describeError(error) };
    }
  }
}
