import { formatInstant } from '#libs/calendar';
import { lineIds } from './line-ids.js';
import type { RecordedLine, StatementLifeRecord } from './recorded-statement.js';
import type { Statement } from './statement.js';
import { toStatementRecord } from './to-record.js';

/** A statement that was computed and not recorded, in the shape of one that was: no disputes, no signatures, no adjustments. */
export function toLifeRecord(statement: Statement): StatementLifeRecord {
  const { contract, cycle, state, currency, capped } = statement;
  const record = toStatementRecord(statement);
  const ids = lineIds(statement.lines);
  const lines = record.lines.map((line, index): RecordedLine => {
    const { instance } = statement.lines[index]!;
    return { ...line, id: ids[index]!, instance, adjusts: null };
  });
  return {
    ...record,
    id: `${contract}/${cycle.name}`,
    currency,
    lines,
    capped,
    frozenAt: state === 'frozen' ? formatInstant(cycle.to) : null,
    finalDueAt: null,
    finalAt: null,
    disputes: [],
    signatures: [],
  };
}
