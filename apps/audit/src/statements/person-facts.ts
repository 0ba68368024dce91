import { createHash } from 'node:crypto';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { TOPICS } from '#libs/bus';
import type { Contract, JsonObject } from '#libs/contract';
import { canonicalJson, toOwnRecord } from '#libs/events';
import type { HttpWrite } from '#libs/store';
import { ProblemException, type WebCaller } from '#libs/web';
import { AUDIT_OPTIONS, type AuditOptions } from '../audit-options.js';
import type { Side } from './act-requests.js';

/** A fact that a person enters: the rest of its event is its name. */
interface EnteredEvent {
  readonly type: string;
  readonly subject: string;
  /** Epoch milliseconds: when it was entered first. */
  readonly time: number;
  readonly data: JsonObject;
}

/** Whose fact it is, under which key. */
export interface FactName {
  readonly contract: string;
  readonly side: Side;
  /** The idempotency key: the id of the event. */
  readonly key: string;
  /** Everything that was asked for: the same key with something else is refused. */
  readonly asked: JsonObject;
}

export interface AppendedFact {
  readonly accepted: 1;
  readonly id: string;
  readonly source: string;
  readonly type: string;
}

/** Facts that people enter, each appended to the stream as one fact however often it is asked for. */
@Injectable()
export class PersonFacts {
  private readonly logger = new Logger(PersonFacts.name);

  constructor(@Inject(AUDIT_OPTIONS) private readonly options: AuditOptions) {}

  /**
   * Appends once more what was entered under the key; undefined where nothing was.
   *
   * @throws ProblemException `refused` where something else was, `unavailable`
   */
  async repeat(name: FactName): Promise<AppendedFact | undefined> {
    const kept = await this.options.writes.find<EnteredEvent>(name.contract, sourceOf(name.side), name.key);
    return kept === undefined ? undefined : this.append(kept, name);
  }

  /** @throws ProblemException `refused` where the contract refuses it or the key was used for something else; `unavailable` */
  async enter(
    name: FactName,
    contract: Contract,
    caller: WebCaller,
    { type, subject, data }: Omit<EnteredEvent, 'time'>,
  ): Promise<AppendedFact> {
    const wrong = contract.eventTypes.get(type)?.refuse(data);
    if (wrong !== undefined) throw new ProblemException('refused', wrong);
    const kept = await this.options.writes.keep<EnteredEvent>({
      contract: name.contract,
      source: sourceOf(name.side),
      id: name.key,
      requestHash: hashOf(name.asked),
      event: { type, subject, time: (this.options.now ?? Date.now)(), data },
      caller: caller.name,
    });
    return this.append(kept, name);
  }

  private async append(kept: HttpWrite<EnteredEvent>, { asked }: FactName): Promise<AppendedFact> {
    if (kept.requestHash !== hashOf(asked)) {
      throw new ProblemException('refused', `Idempotency-Key '${kept.id}' was used for another act of the same party`);
    }
    const { contract, id, event } = kept;
    const source = kept.source as `/pactwatch/${string}`;
    try {
      const record = toOwnRecord(this.options.stampKey, { ...event, id, source, contractid: contract });
      await this.options.log.append([{ topic: TOPICS.events, ...record }]);
    } catch (error) {
      this.logger.error({ err: error }, 'A fact could not be appended.');
      const detail = 'the log does not answer; nothing is known to be stored, send it again with the same key';
      throw new ProblemException('unavailable', detail, [], { 'retry-after': '5' });
    }
    return { accepted: 1, id, source, type: event.type };
  }
}

function sourceOf(side: Side): string {
  return `/pactwatch/${side}`;
}

function hashOf(asked: JsonObject): string {
  return createHash('sha256').update(canonicalJson(asked)).digest('hex');
}
