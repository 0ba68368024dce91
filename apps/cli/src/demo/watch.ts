import { formatInstant } from '#libs/calendar';
import { TOPICS, type Log, type LogBatch, type Subscription } from '#libs/bus';
import { parseEvent } from '#libs/events';
import type { VerdictRecord } from '#libs/evaluation';

/** A decision as it went out on `compliance.decisions`. */
export interface SeenDecision extends VerdictRecord {
  readonly id: string;
  readonly type: string;
  readonly number: number;
  readonly generation: number;
  readonly effectiveAt: string;
}

/** Follows the decisions of one contract from now on, each once, in their order. */
export async function watchDecisions(
  log: Log,
  group: string,
  contract: string,
  onDecision: (decision: SeenDecision) => void,
  onFatal: (error: Error) => void,
): Promise<Subscription> {
  const ends = new Map((await log.bounds(TOPICS.decisions)).map(({ partition, high }) => [partition, high]));
  let last = 0;
  return log.subscribe({
    group,
    topics: [TOPICS.decisions],
    onAssigned: (_topic, partition) => Promise.resolve(ends.get(partition) ?? 0),
    onRevoked: () => Promise.resolve(),
    onFatal,
    onBatch: (batch: LogBatch) => {
      for (const record of batch.records) {
        const parsed = parseEvent(record);
        if (!parsed.ok)
          throw new Error(`${TOPICS.decisions} at ${formatInstant(record.appendedAt)}: ${parsed.refusal.detail}`);
        const decision = { type: parsed.event.type, ...(parsed.event.data as unknown as Omit<SeenDecision, 'type'>) };
        if (decision.contract !== contract || decision.number <= last) continue;
        last = decision.number;
        onDecision(decision);
      }
      ends.set(batch.partition, batch.nextOffset);
      return Promise.resolve();
    },
  });
}
