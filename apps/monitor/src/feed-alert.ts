import { formatDuration, formatInstant } from '#libs/calendar';
import type { FeedChange } from '#libs/evaluation';
import type { OutboxRow } from '#libs/store';
import { alertMessage } from './alert-message.js';
import type { PartitionSession } from './partition-session.js';

/** A feed that fell silent or is heard again is an incident of its own, begun by the last sign before the silence. */
export function feedAlert(session: PartitionSession, change: FeedChange, recordedAt: number): OutboxRow {
  const { contract, feed, silent, since, at } = change;
  const incident = `${contract}/feed/${feed.kind}/${feed.name}/${formatInstant(since)}`;
  const state = silent ? 'silent' : 'heard';
  const told = {
    verdict: null,
    feed: {
      kind: feed.kind,
      name: feed.name,
      state,
      lastSign: formatInstant(since),
      noticedAt: formatInstant(at),
      limit: formatDuration(feed.limitMillis),
    },
  };
  const alert = {
    id: `${incident}/${session.generation}/${state}`,
    kind: 'feed.silent',
    contract,
    incident,
    subject: contract,
    change: silent ? 1 : 2,
    number: session.judge.contracts.get(contract)?.lastNumber ?? 0,
    effectiveAt: silent ? since : at,
    told,
  };
  return alertMessage(session, alert, recordedAt);
}
