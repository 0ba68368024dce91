import { Inject, Injectable } from '@nestjs/common';
import type { NewRecord } from '#libs/bus';
import { eventLimits, type EventEnvelope } from '#libs/events';
import type { WebCaller } from '#libs/web';
import type { ContractShelf } from './contracts/contract-shelf.js';
import { PublishedContracts } from './contracts/published-contracts.js';
import { INTAKE_OPTIONS, type IntakeOptions } from './intake-options.js';
import { judgeable } from './judgeable.js';
import { refuseBinding, refuseSpeaker } from './may-speak.js';
import { fieldOf, type RefusedEvent } from './refused-event.js';
import { recordBytes, toStreamRecord } from './to-stream-record.js';

export type AppendOutcome = { readonly ok: true } | { readonly ok: false; readonly refused: readonly RefusedEvent[] };

/** Checks well-formed events against whoever sends them and against their contracts, and appends all of them or none. */
@Injectable()
export class EventAppender {
  constructor(
    @Inject(INTAKE_OPTIONS) private readonly options: IntakeOptions,
    private readonly contracts: PublishedContracts,
  ) {}

  /** Resolves once they are durably appended, or when nothing was. Rejects where log or database do not answer. */
  async append(events: readonly EventEnvelope[], caller: WebCaller): Promise<AppendOutcome> {
    const strangers = events.flatMap((event, index): RefusedEvent[] => {
      const problem = refuseSpeaker(caller, event);
      return problem === undefined ? [] : [{ index, kind: 'not-allowed', ...problem }];
    });
    if (strangers.length > 0) return { ok: false, refused: strangers };
    if (events.length === 0) return { ok: true };

    const shelf = await this.shelfFor(events);
    const now = (this.options.now ?? Date.now)();
    const records: NewRecord[] = [];
    const refused: RefusedEvent[] = [];
    events.forEach((event, index) => {
      const checked = this.check(event, index, shelf, now, caller);
      if ('kind' in checked) refused.push(checked);
      else records.push(checked);
    });
    if (refused.length > 0) return { ok: false, refused };
    await this.options.log.append(records);
    return { ok: true };
  }

  /** What is not there may have been published a moment ago. */
  private async shelfFor(events: readonly EventEnvelope[]): Promise<ContractShelf> {
    const recent = await this.contracts.recent();
    return events.every((event) => recent.knows(event)) ? recent : this.contracts.reload();
  }

  private check(
    event: EventEnvelope,
    index: number,
    shelf: ContractShelf,
    now: number,
    caller: WebCaller,
  ): NewRecord | RefusedEvent {
    const judged = judgeable(event, shelf, now);
    if (!judged.ok && judged.kind === 'unavailable') {
      return { index, kind: 'unavailable', field: 'contractid', detail: judged.detail };
    }
    if (!judged.ok) {
      const { reason, detail } = judged;
      return { index, kind: 'refused', reason, field: fieldOf(detail), detail };
    }
    const unbound = refuseBinding(caller, event, shelf.find(judged.contract)?.money.statementEvents ?? null);
    if (unbound !== undefined) return { index, kind: 'not-allowed', field: 'type', detail: unbound };
    const record = toStreamRecord(event, judged.contract, this.options.stampKey);
    const bytes = recordBytes(record);
    if (bytes <= eventLimits.messageBytes) return record;
    const detail = `the event takes ${bytes} bytes in the log (allowed: ${eventLimits.messageBytes})`;
    return { index, kind: 'too-large', reason: 'TOO_LARGE', field: 'event', detail };
  }
}
