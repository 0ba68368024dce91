import { parseInstant, type Instant } from '#libs/calendar';
import type { RemedyName } from '#libs/contract';
import { Decimal } from './decimal.js';
import type { LastRevision } from './live-statement.js';
import type { RecordedStatement } from './recorded-statement.js';

/** What the next revision is compared with, from the record of the last one. */
export function lastRevision(record: Omit<RecordedStatement, 'generation' | 'decidedAt'>): LastRevision {
  const { state, revision, number, linesRevision, frozenAt, finalAt, lines, capped, disputes, signatures } = record;
  if (state === 'provisional' || frozenAt === null)
    throw new Error(`revision ${revision} of statement ${record.id} was recorded without having been frozen`);
  return {
    state,
    revision,
    number,
    linesRevision,
    frozenAt: instant(frozenAt),
    finalAt: finalAt === null ? null : instant(finalAt),
    lines: lines.map((line) => ({
      ...line,
      remedy: line.remedy as RemedyName,
      amount: new Decimal(line.amount),
    })),
    capped,
    disputes,
    signatures,
  };
}

function instant(text: string): Instant {
  const at = parseInstant(text);
  if (at === undefined) throw new Error(`a recorded statement holds no instant but '${text}'`);
  return at;
}
