import { formatInstant } from '#libs/calendar';
import { TOPICS } from '#libs/bus';
import type { OutboxRow } from '#libs/store';
import { MONITOR_SOURCE } from './decision-message.js';
import type { PartitionSession } from './partition-session.js';
import { toOutbox } from './to-outbox.js';

export interface Alert {
  /** Of the message: who has it already knows it by that. */
  readonly id: string;
  readonly kind: string;
  readonly contract: string;
  readonly incident: string;
  /** What the message is about; absent: the incident. */
  readonly subject?: string;
  /** Orders the alerts of one incident. */
  readonly change: number;
  /** Of the decision, or of the contract's last one. */
  readonly number: number;
  /** The version that it is told by; absent: the newest. */
  readonly version?: { readonly version: number; readonly contractHash: string };
  /** Absent: by itself. */
  readonly mode?: 'each' | 'summary';
  /** The import that it is history of. */
  readonly import?: string | undefined;
  /** Epoch milliseconds. */
  readonly effectiveAt: number;
  /** What it tells beside all that alerts have in common: the verdict, null where it is about none, and what its kind has. */
  readonly told: { readonly verdict: object | null } & Readonly<Record<string, unknown>>;
}

/** A change of an incident, as the notifier and whoever else listens to alerts hear of it. */
export function alertMessage(session: PartitionSession, alert: Alert, recordedAt: number): OutboxRow {
  const { id, kind, contract, incident, change, number, mode = 'each', effectiveAt, told } = alert;
  const { version, contractHash } = alert.version ?? newestVersion(session, contract);
  return toOutbox(TOPICS.alerts, {
    id,
    source: MONITOR_SOURCE,
    type: `compliance.alert.${kind}`,
    subject: alert.subject ?? incident,
    time: recordedAt,
    contractid: contract,
    data: {
      incident,
      change,
      kind,
      contract,
      contractVersion: version,
      contractHash,
      generation: session.generation,
      number,
      mode,
      import: alert.import,
      decidedAt: formatInstant(recordedAt),
      effectiveAt: formatInstant(effectiveAt),
      ...told,
    },
  });
}

function newestVersion({ judge }: PartitionSession, contract: string): NonNullable<Alert['version']> {
  const law = judge.contracts.get(contract)?.versions?.at(-1);
  return { version: law?.version ?? 0, contractHash: law?.hash ?? '' };
}
