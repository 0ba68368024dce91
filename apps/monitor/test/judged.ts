import type { Fact, JsonObject } from '#libs/contract';
import type { JudgeItem, JudgeOutcome } from '#libs/evaluation';
import { contentHash } from '#libs/events';
import type { PartitionSession } from '../src/partition-session.js';
import { LAB } from './lab-contract.js';

/** Judges items in a partition that has nothing in its database. */
export function judged(session: PartitionSession, items: readonly JudgeItem[]): JudgeOutcome {
  const { judge } = session;
  for (let left = items; left.length > 0;) {
    const plan = judge.plan(left);
    judge.accept({ ids: [], waiting: [], states: [] }, plan);
    judge.judge(left.slice(0, plan.items));
    left = left.slice(plan.items);
  }
  return judge.take();
}

/** A record about a sample that is to be answered soon, read when it happened; the test states the difference. */
export function aFactItem(
  given: Partial<Pick<Fact, 'contract' | 'id' | 'type' | 'subject' | 'data'>> & {
    readonly time: number;
    readonly at?: number;
    /** Makes it a record of history. */
    readonly importId?: string;
    readonly offset?: number;
  },
): JudgeItem & { readonly kind: 'fact' } {
  const { contract = 'LAB-1', type = 'sample.received', time, at = time, importId = null, offset = 0 } = given;
  const data: JsonObject = given.data ?? (type === 'sample.received' ? { urgency: 'soon' } : {});
  const subject = type === 'note.mended' ? undefined : (given.subject ?? 'S-1');
  const { id = `${type} ${subject ?? ''}` } = given;
  return {
    kind: 'fact',
    fact: {
      contract,
      source: LAB,
      id,
      type,
      subject,
      occurredAt: time,
      appendedAt: importId === null ? at : time,
      sequence: undefined,
      data,
      contentHash: contentHash({ type, subject, time, data }),
    },
    at,
    stamped: importId !== null,
    importId,
    offset,
  };
}
