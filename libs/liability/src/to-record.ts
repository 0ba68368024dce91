import { formatInstant } from '#libs/calendar';
import { amountText } from './decimal.js';
import type { RaisedRight, RightRecord, Statement, StatementRecord } from './statement.js';

/** The public record of a statement: decimals as text, amounts with two places. */
export function toStatementRecord(statement: Statement): StatementRecord {
  const { contract, cycle, state, lines, totals, net } = statement;
  return {
    kind: 'statement',
    contract,
    cycle: cycle.name,
    state,
    lines: lines.map(({ party, remedy, clause, about, subject, base, rate, quantity, amount }) => ({
      party,
      remedy,
      clause,
      about,
      subject,
      base,
      rate,
      quantity,
      amount: amountText(amount),
    })),
    totals: { provider: amountText(totals.provider), client: amountText(totals.client) },
    net: { from: net.from, amount: amountText(net.amount) },
  };
}

export function toRightRecord(right: RaisedRight): RightRecord {
  const { contract, party, clause, about, since, because } = right;
  return { kind: 'right', contract, party, right: right.right, clause, about, since: formatInstant(since), because };
}
