import { formatInstant } from '#libs/calendar';
import type { Fact } from '#libs/contract';
import type { OutboxRow } from '#libs/store';
import { alertMessage } from './alert-message.js';
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
  const number = session.judge.contracts.get(contract)?.lastNumber ?? 0;
  const alert = {
    id: `${contract}/${session.generation}/fact/${id}`,
    kind,
    contract,
    incident: incidentOf(fact),
    change: number,
    number,
    effectiveAt: fact.occurredAt,
    told: { verdict: null, fact: { source, id, type, at: formatInstant(fact.occurredAt), data } },
  };
  return alertMessage(session, alert, recordedAt);
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
