import { Inject, Injectable } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import type { Log, NewRecord } from '#libs/bus';
import { Incidents, type UntoldOutcome } from '#libs/store';
import type { Logger } from '#libs/telemetry';
import type { Addressee } from './notice.js';
import { factRecord } from './stream-fact.js';
import { RecurringJob } from './recurring-job.js';

/** Injection token of `StreamOptions`. */
export const STREAM_OPTIONS = Symbol('stream options');

/** What the jobs that write to the stream need. */
export interface StreamOptions {
  readonly log: Pick<Log, 'append'>;
  readonly stampKey: Buffer;
  readonly logger: Logger;
  /** How often they look. */
  readonly everyMillis: number;
}

const JOB = 'notifier: outcomes';
const AT_ONCE = 200;
/** A send stays well below what a partition takes in one piece. */
const SEND_BYTES = 256 * 1024;

/**
 * Tells the stream how each delivery ended: what was sent to whom and when, and what the receiver answered. An outcome stays
 * marked as untold until its fact is appended; told again after a crash it has the same id, and is one fact.
 */
@Injectable()
export class ToldJob extends RecurringJob {
  constructor(
    private readonly incidents: Incidents,
    scheduler: SchedulerRegistry,
    @Inject(STREAM_OPTIONS) private readonly options: StreamOptions,
  ) {
    super(JOB, options.everyMillis, scheduler);
  }

  protected async run(): Promise<void> {
    try {
      for (let outcomes = await this.incidents.untold(AT_ONCE); outcomes.length > 0;) {
        await this.tell(outcomes);
        outcomes = outcomes.length < AT_ONCE ? [] : await this.incidents.untold(AT_ONCE);
      }
    } catch (error) {
      this.options.logger.error(
        { err: error },
        'the stream cannot be told how messages ended; tried again in a moment',
      );
    }
  }

  private async tell(outcomes: readonly UntoldOutcome[]): Promise<void> {
    for (let from = 0; from < outcomes.length;) {
      const records: NewRecord[] = [];
      let to = from;
      for (let bytes = 0; to < outcomes.length && (records.length === 0 || bytes < SEND_BYTES); to++) {
        const record = noticeRecord(outcomes[to]!, this.options.stampKey);
        records.push(record);
        bytes += record.value?.length ?? 0;
      }
      await this.options.log.append(records);
      await this.incidents.told(outcomes.slice(from, to).map((one) => one.id));
      from = to;
    }
  }
}

function noticeRecord(outcome: UntoldOutcome, stampKey: Buffer): NewRecord {
  const { contract, idempotencyKey, status, response } = outcome;
  const { party, role, name, language, route } = JSON.parse(outcome.addressee) as Addressee;
  return factRecord(stampKey, {
    id: `notice/${idempotencyKey}`,
    type: 'notice.sent',
    contract,
    time: outcome.endedAt,
    data: {
      message: idempotencyKey,
      kind: outcome.digest ? 'digest' : outcome.kind,
      incidents: [...outcome.incidents],
      channel: outcome.channel,
      recipient: outcome.recipient,
      to: { party, role, name, language },
      route,
      outcome: status,
      attempts: outcome.attempts,
      response,
    },
  });
}
