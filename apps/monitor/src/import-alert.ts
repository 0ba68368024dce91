import { formatInstant } from '#libs/calendar';
import type { ImportSummary } from '#libs/evaluation';
import type { OutboxRow } from '#libs/store';
import { alertMessage } from './alert-message.js';
import type { PartitionSession } from './partition-session.js';

/** What an import of history has brought, told once at its end. */
export function importAlert(session: PartitionSession, summary: ImportSummary, recordedAt: number): OutboxRow {
  const { contract, completedAt, import: done } = summary;
  const memory = session.judge.contracts.get(contract);
  const number = memory?.lastNumber ?? 0;
  const told = {
    verdict: null,
    summary: {
      import: done.id,
      from: done.from === null ? null : formatInstant(done.from),
      to: done.to === null ? null : formatInstant(done.to),
      decisions: done.decisions,
      breaches: Object.entries(done.breaches)
        .filter(([, count]) => count > 0)
        .map(([name, count]) => {
          const slash = name.lastIndexOf('/');
          return { obligation: name.slice(0, slash), party: name.slice(slash + 1), count };
        }),
      open: memory?.deadlines.size ?? 0,
    },
  };
  const alert = {
    id: `${contract}/${session.generation}/import/${done.id}`,
    kind: 'import-summary',
    contract,
    incident: `${contract}/import/${done.id}`,
    subject: contract,
    change: number,
    number,
    import: done.id,
    effectiveAt: completedAt,
    told,
  };
  return alertMessage(session, alert, recordedAt);
}
