import { Inject, Injectable } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Incidents } from '#libs/store';
import type { Logger } from '#libs/telemetry';
import { AlertmanagerChannel, type AlertmanagerMessage } from './alertmanager-channel.js';
import type { Channels } from './channel.js';
import { RecurringJob } from '../recurring-job.js';

/** Injection token of `AlertmanagerOptions`. */
export const ALERTMANAGER_OPTIONS = Symbol('alertmanager options');

export interface AlertmanagerOptions {
  readonly channels: Channels;
  readonly everyMillis: number;
  readonly logger: Logger;
}

/** Well before the hour after which Alertmanager lets an alert end by itself. */
export const REPOST_MILLIS = 5 * 60_000;

const JOB = 'notifier: alertmanager';
const NAME = 'alertmanager';
const MAX_STANDING = 10_000;
const MAX_PER_CALL = 100;
const CALL_MILLIS = 30_000;

/** Alertmanager forgets what is not posted again, and everything where it starts anew: what stands is posted now and then. */
@Injectable()
export class AlertmanagerJob extends RecurringJob {
  constructor(
    private readonly incidents: Incidents,
    scheduler: SchedulerRegistry,
    @Inject(ALERTMANAGER_OPTIONS) private readonly options: AlertmanagerOptions,
  ) {
    super(JOB, options.everyMillis, scheduler);
  }

  protected async run(): Promise<void> {
    const channel = this.options.channels.get(NAME);
    if (!(channel instanceof AlertmanagerChannel) || !channel.isUsed) return;
    const { logger } = this.options;
    try {
      const standing = await this.incidents.standingMessages(NAME, MAX_STANDING);
      if (standing.length === MAX_STANDING) logger.warn({ most: MAX_STANDING }, 'more stands than is posted again');
      const byRecipient = new Map<string, AlertmanagerMessage[]>();
      for (const { recipient, message } of standing) {
        const messages = byRecipient.get(recipient) ?? [];
        byRecipient.set(recipient, messages);
        messages.push(JSON.parse(message) as AlertmanagerMessage);
      }
      for (const [recipient, messages] of byRecipient) {
        for (let from = 0; from < messages.length; from += MAX_PER_CALL) {
          const sending = { recipient, now: new Date(), signal: AbortSignal.timeout(CALL_MILLIS) };
          const outcome = await channel.post(messages.slice(from, from + MAX_PER_CALL), sending);
          if (outcome.result === 'sent') continue;
          logger.warn({ recipient, response: outcome.response }, 'Alertmanager does not take what still stands');
          break;
        }
      }
    } catch (error) {
      logger.error({ err: error }, 'what stands cannot be posted to Alertmanager again; tried next time');
    }
  }
}
