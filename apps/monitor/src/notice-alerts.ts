import { formatInstant } from '#libs/calendar';
import { TOPICS } from '#libs/bus';
import type { Fact } from '#libs/contract';
import { toRecordBinary } from '#libs/events';
import type { OutboxRow } from '#libs/store';
import { MONITOR_SOURCE } from './decision-message.js';
import { ownTypes, ownWriters } from './own-records.js';
import type { PartitionSession } from './partition-session.js';

/** The alert that a fact about an incident makes, by the type of the fact. */
const alertKinds: Readonly<Record<string, string>> = {
  [ownTypes.alertAcknowledged]: 'acknowledged',
  [ownTypes.alertSilenced]: 'silenced',
  [ownTypes.alertEscalated]: 'escalation',
  [ownTypes.alertTest]: 'test',
  [ownTypes.noticeSent]: 'delivery.failed',
};

/**
 * What people and the notifier did about an incident changes it, so the stream's owner tells it like every other change.
 * Undefined for all other facts; a message is told of only where it was given up, unless it said just that of another one.
 */
export function noticeAlert(session: PartitionSession, fact: Fact, recordedAt: number): OutboxRow | undefined {
  const { contract, type, source, id, data } = fact;
  const kind = alertKinds[type];
  if (kind === undefined || source !== ownWriters[type]) return undefined;
  if (type === ownTypes.noticeSent && (data['outcome'] !== 'failed' || data['kind'] === 'delivery.failed')) {
    return undefined;
  }
  const memory = session.judge.contracts.get(contract);
  const law = memory?.versions?.[memory.versions.length - 1];
  const incident = incidentOf(fact);
  const { key, value, headers } = toRecordBinary({
    id: `${contract}/${session.generation}/fact/${id}`,
    source: MONITOR_SOURCE,
    type: `compliance.alert.${kind}`,
    subject: incident,
    time: recordedAt,
    contractid: contract,
    data: {
      incident,
      change: memory?.lastNumber ?? 0,
      kind,
      contract,
      contractVersion: law?.version ?? 0,
      contractHash: law?.hash ?? '',
      generation: session.generation,
      number: memory?.lastNumber ?? 0,
      mode: 'each',
      decidedAt: formatInstant(recordedAt),
      effectiveAt: formatInstant(fact.occurredAt),
      verdict: null,
      fact: { source, id, type, at: formatInstant(fact.occurredAt), data },
    },
  });
  return { topic: TOPICS.alerts, key, partition: null, headers, value };
}

/** That somebody cannot be reached is one incident, whatever the messages were about. */
function incidentOf({ contract, type, id, data }: Fact): string {
  if (type === ownTypes.noticeSent) {
    return `${contract}/delivery/${String(data['channel'])}/${String(data['recipient'])}`;
  }
  const { incident } = data;
  if (typeof incident === 'string' && incident !== '') return incident;
  return `${contract}/${type === ownTypes.alertTest ? 'test' : 'silence'}/${id}`;
}
