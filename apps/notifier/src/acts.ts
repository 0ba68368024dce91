import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { formatInstant, type Instant } from '#libs/calendar';
import type { JsonObject } from '#libs/contract';
import type { IncidentRow } from '#libs/store';
import type { SilenceMatch } from './alert.js';
import { factRecord } from './stream-fact.js';
import { STREAM_OPTIONS, type StreamOptions } from './told-job.js';

/** Who acts: a person with a key, or the reader of a mail with its link. */
export interface Actor {
  readonly name: string;
  readonly party: string | null;
  readonly role: string | null;
  readonly via: 'key' | 'link';
}

export interface SilenceRequest {
  readonly contract: string;
  readonly match: SilenceMatch;
  readonly reason: string;
  readonly to: Instant;
}

/**
 * What people do about incidents, appended to the contract's stream; it takes effect when it comes back as an alert. Of two
 * acknowledgements the first in the stream counts.
 *
 * Rejects where the log does not take the fact: then nothing was done.
 */
@Injectable()
export class Acts {
  constructor(@Inject(STREAM_OPTIONS) private readonly options: StreamOptions) {}

  async acknowledge({ incident, contract, run }: IncidentRow, by: Actor, note: string | null): Promise<void> {
    await this.append('alert.acknowledged', contract, Date.now(), { incident, run, by: { ...by }, note });
  }

  async silence({ contract, match, reason, to }: SilenceRequest, by: Actor): Promise<void> {
    const now = Date.now();
    const data = { by: { ...by }, match: jsonOf(match), reason, from: formatInstant(now), to: formatInstant(to) };
    await this.append('alert.silenced', contract, now, data);
  }

  private append(
    type: 'alert.acknowledged' | 'alert.silenced',
    contract: string,
    time: Instant,
    data: JsonObject,
  ): Promise<unknown> {
    const { log, stampKey } = this.options;
    return log.append([factRecord(stampKey, { id: `act/${randomUUID()}`, type, contract, time, data })]);
  }
}

/** Without what is left out: a fact holds no undefined. */
function jsonOf(match: SilenceMatch): JsonObject {
  return JSON.parse(JSON.stringify(match)) as JsonObject;
}
