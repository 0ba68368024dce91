import { TOPICS } from '#libs/bus';
import { standardId, verdictId } from '#libs/evaluation';
import { binaryHeaders } from '#libs/events';
import type { DecisionRow, OutboxRow } from '#libs/store';

/** `source` of what the monitor tells. */
export const MONITOR_SOURCE = '/pactwatch/monitor';

/**
 * A decision as it goes out, from its row alone: what is sent at once and what is read back from the outbox is the same.
 *
 * @param recordedAt epoch milliseconds
 * @param recordedText the same as RFC 3339 text, where the caller has it
 */
export function decisionMessage(row: DecisionRow, recordedAt: number, recordedText?: string): OutboxRow {
  const { contract, number } = row;
  const headers = binaryHeaders({
    id: `${contract}/${row.generation}/${number}`,
    source: MONITOR_SOURCE,
    type: row.type,
    subject: decidedId(row),
    time: recordedAt,
    timeText: recordedText,
    contractid: contract,
  });
  return {
    topic: isAboutStatement(row) ? TOPICS.statements : TOPICS.decisions,
    key: contract,
    partition: null,
    headers,
    value: row.record,
    decisionNumber: number,
  };
}

function isAboutStatement({ type }: DecisionRow): boolean {
  return type.startsWith('compliance.statement.');
}

/**
 * Of an instance `contract/obligation/subject/instance`; of a standard in a period and of a right, which have none, without the
 * last part; of a statement `contract/cycle`.
 */
function decidedId(row: DecisionRow): string {
  const { contract, obligation: standard, subject: period, instance } = row;
  if (isAboutStatement(row)) return `${contract}/${period}`;
  return instance === 0 ? standardId({ contract, standard, period }) : verdictId(row);
}
