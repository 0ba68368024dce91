import { Inject, Injectable } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Incidents, type DueEscalation } from '#libs/store';
import { aboutOf } from './about.js';
import { digestOf } from './digest-of.js';
import { PublishedContracts } from './published-contracts.js';
import { readKeptAlert } from './read-alert.js';
import { silenceOver } from './silences.js';
import { factRecord } from './stream-fact.js';
import { STREAM_OPTIONS, type StreamOptions } from './told-job.js';
import { RecurringJob } from './recurring-job.js';

const JOB = 'notifier: escalations';
const AT_ONCE = 100;

/**
 * Carries on to the next role what nobody has acknowledged in time: as a fact on the contract's stream, which comes back as an
 * alert. So it stands in one order with acknowledgements, and one that was appended twice is one. A silence puts a step off.
 */
@Injectable()
export class EscalationJob extends RecurringJob {
  constructor(
    private readonly incidents: Incidents,
    private readonly contracts: PublishedContracts,
    scheduler: SchedulerRegistry,
    @Inject(STREAM_OPTIONS) private readonly options: StreamOptions,
  ) {
    super(JOB, options.everyMillis, scheduler);
  }

  protected async run(): Promise<void> {
    try {
      for (const step of await this.incidents.dueEscalations(AT_ONCE)) await this.escalate(step);
    } catch (error) {
      this.options.logger.error({ err: error }, 'incidents cannot be escalated; tried again in a moment');
    }
  }

  private async escalate(due: DueEscalation): Promise<void> {
    const until = await this.silencedUntil(due);
    if (until !== undefined) return this.incidents.putOffEscalation(due, until);
    const { incident, run, route, step, contract, plannedAt } = due;
    await this.options.log.append([
      factRecord(this.options.stampKey, {
        id: `escalation/${digestOf(incident, run, route, step)}`,
        type: 'alert.escalated',
        contract,
        time: plannedAt,
        data: { incident, run, route, step },
      }),
    ]);
    await this.incidents.escalated(due);
  }

  private async silencedUntil({ incident, contract }: DueEscalation): Promise<number | undefined> {
    const [row, silences] = await Promise.all([this.incidents.byId(incident), this.incidents.silences(contract)]);
    if (row === undefined || silences.length === 0) return undefined;
    const alert = readKeptAlert(row.record);
    const about = aboutOf(alert, await this.contracts.byHash(contract, row.contractHash));
    return silenceOver(silences, alert, about, Date.now())?.endsAt;
  }
}
