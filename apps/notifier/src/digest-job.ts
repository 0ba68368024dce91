import { Inject, Injectable } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Deliveries, type HeldGroup, type WrittenDigest } from '#libs/store';
import type { Logger } from '#libs/telemetry';
import type { Channels } from './channels/channel.js';
import { DeliveryWorker } from './delivery-worker.js';
import type { Addressee } from './notice.js';
import { digestOf } from './digest-of.js';
import type { Pen } from './pen.js';
import { PublishedContracts } from './published-contracts.js';
import { readKeptAlert } from './read-alert.js';
import { writeDigest, type DigestItem } from './write-digest.js';
import { RecurringJob } from './recurring-job.js';

/** Injection token of `DigestOptions`. */
export const DIGEST_OPTIONS = Symbol('digest options');

export interface DigestOptions {
  /** How often it looks. */
  readonly everyMillis: number;
  /** A digest goes out when nothing was added for so long … */
  readonly quietMillis: number;
  /** … or when its first entry has waited for so long. */
  readonly atMostMillis: number;
  readonly channels: Channels;
  readonly pen: Pen;
  readonly logger: Logger;
}

export const DEFAULT_DIGEST = { everyMillis: 10_000, quietMillis: 30_000, atMostMillis: 15 * 60_000 };

const JOB = 'notifier: digest';

/** What came to light late, or was more than a receiver takes, is held and told together once it has gone quiet. */
@Injectable()
export class DigestJob extends RecurringJob {
  constructor(
    private readonly deliveries: Deliveries,
    private readonly contracts: PublishedContracts,
    private readonly worker: DeliveryWorker,
    scheduler: SchedulerRegistry,
    @Inject(DIGEST_OPTIONS) private readonly options: DigestOptions,
  ) {
    super(JOB, options.everyMillis, scheduler);
  }

  protected async run(): Promise<void> {
    try {
      const { quietMillis, atMostMillis } = this.options;
      const write = (group: HeldGroup) => this.write(group);
      const made = await this.deliveries.digest({ quietMillis, atMostMillis, withdrawalKind: 'withdrawal' }, write);
      if (made > 0) this.worker.wake();
    } catch (error) {
      this.options.logger.error({ err: error }, 'digests cannot be made; tried again next time');
    }
  }

  private async write(group: HeldGroup): Promise<WrittenDigest> {
    const alerts = group.items.map((item) => readKeptAlert(item.record));
    const items: DigestItem[] = [];
    for (const [index, alert] of alerts.entries()) {
      // Of one incident the latest word holds.
      if (alert.verdict === null || alerts.findLastIndex((one) => one.incident === alert.incident) > index) continue;
      const contract = await this.contracts.byHash(alert.contract, alert.contractHash);
      const withdrawn = alert.kind === 'withdrawal' || group.items[index]?.withdrawnSince === true;
      items.push({ verdict: alert.verdict, contract, warning: alert.kind === 'warning', withdrawn });
    }
    const last = alerts.at(-1);
    const kept = group.items.at(-1)?.addressee;
    const channel = this.options.channels.get(group.channel);
    if (last === undefined || kept === undefined || channel === undefined) {
      throw new Error(`a digest cannot be made: ${group.contract}, ${group.channel}, ${alerts.length} alerts`);
    }
    const contract = await this.contracts.byHash(last.contract, last.contractHash);
    const addressee = JSON.parse(kept) as Addressee;
    const idempotencyKey = digestOf('digest', ...group.items.map((item) => item.id));
    const { recipient } = group;
    const message = channel.render({
      notice: writeDigest(items, contract, addressee, this.options.pen, group.overLimit ? 'limit' : 'late'),
      recipient,
      addressee,
      contacts: [],
      idempotencyKey,
      occasion: {
        type: 'compliance.alert.digest',
        incident: `${group.contract}/digest`,
        contract: group.contract,
        at: last.decidedAt,
        record: `[${alerts.map((alert) => alert.record).join(',')}]`,
        alert: null,
        severity: 'breach',
        state: null,
      },
    });
    return { channel: channel.name, recipient, addressee: kept, message: JSON.stringify(message), idempotencyKey };
  }
}
