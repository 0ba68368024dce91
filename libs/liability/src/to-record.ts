import { formatInstant, type Instant } from '#libs/calendar';
import { amountText } from './decimal.js';
import type { LiveDispute, LiveSignature, LiveStatement } from './live-statement.js';
import type { RecordedDispute, RecordedSignature, StatementLifeRecord } from './recorded-statement.js';
import type { Line, RaisedRight, RightRecord, Statement, StatementRecord } from './statement.js';

/** The public record of a statement: decimals as text, amounts with two places. */
export function toStatementRecord(statement: Statement): StatementRecord {
  const { contract, cycle, state, lines, totals, net } = statement;
  return {
    kind: 'statement',
    contract,
    cycle: cycle.name,
    state,
    lines: lines.map(lineRecord),
    totals: { provider: amountText(totals.provider), client: amountText(totals.client) },
    net: { from: net.from, amount: amountText(net.amount) },
  };
}

function lineRecord(line: Line): StatementRecord['lines'][number] {
  const { party, remedy, clause, about, subject, base, rate, quantity, amount } = line;
  return { party, remedy, clause, about, subject, base, rate, quantity, amount: amountText(amount) };
}

/** A statement with its life, as it is recorded and shown. */
export function toLiveRecord(statement: LiveStatement): StatementLifeRecord {
  const { contract, cycle, state, lines, totals, net, currency, capped } = statement;
  const provisional = state === 'provisional';
  return {
    kind: 'statement',
    contract,
    cycle: cycle.name,
    state,
    lines: lines.map((line) => {
      const { id, instance, adjusts } = line;
      return { ...lineRecord(line), id, instance, adjusts };
    }),
    totals: { provider: amountText(totals.provider), client: amountText(totals.client) },
    net: { from: net.from, amount: amountText(net.amount) },
    id: `${contract}/${cycle.name}`,
    currency,
    capped,
    frozenAt: provisional ? null : instantText(statement.frozenAt),
    finalDueAt: instantText(statement.finalDueAt),
    finalAt: instantText(statement.finalAt),
    disputes: statement.disputes.map(toRecordedDispute),
    signatures: statement.signatures.map(toRecordedSignature),
  };
}

export function toRecordedDispute(dispute: LiveDispute): RecordedDispute {
  const { id, source, lineId, by, at, reason, state, decision } = dispute;
  return {
    id,
    source,
    line: lineId,
    by,
    at: formatInstant(at),
    reason,
    state,
    amount: decision?.amount ?? null,
    decidedBy: decision?.by ?? null,
    decidedAt: instantText(decision?.at ?? null),
    decidedIn: decision === null ? null : { source: decision.source, id: decision.id },
  };
}

export function toRecordedSignature({ party, revision, at, source, id, counts }: LiveSignature): RecordedSignature {
  return { party, revision, at: formatInstant(at), source, id, counts };
}

function instantText(at: Instant | null): string | null {
  return at === null ? null : formatInstant(at);
}

export function toRightRecord(right: RaisedRight): RightRecord {
  const { contract, party, clause, about, since, expiredAt, because } = right;
  return {
    kind: 'right',
    contract,
    party,
    right: right.right,
    clause,
    about,
    since: formatInstant(since),
    ...(expiredAt === null ? {} : { expiredAt: formatInstant(expiredAt) }),
    because,
  };
}
