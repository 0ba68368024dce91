import { parseInstant } from '#libs/calendar';
import type { Contract } from '#libs/contract';
import { describeParty, formatLocal, titleOfDuty } from '#libs/evaluation';
import type { StatementLifeRecord } from '#libs/liability';
import type { Alert } from './alert.js';
import { statementLink } from './links.js';
import type { Addressee, Notice } from './notice.js';
import type { Pen } from './pen.js';
import { fillCommon } from './templates/fill-common.js';

/** What both parties owe for a cycle, as it was frozen. */
export function writeStatementNotice(
  alert: Alert,
  record: StatementLifeRecord,
  contract: Contract,
  addressee: Addressee,
  pen: Pen,
): Notice {
  const { language } = addressee;
  const { net, totals } = record;
  const finalDueAt = parseInstant(record.finalDueAt ?? '');
  return pen.templates.write('statement.frozen', language, {
    ...fillCommon(alert.incident, contract, addressee, pen),
    cycle: record.cycle,
    currency: contract.currency,
    clientOwes: totals.client,
    providerOwes: totals.provider,
    net: net.amount,
    payer: net.from === 'none' ? null : describeParty({ party: net.from }, contract, language),
    lines: record.lines.map(({ party, clause, about, subject, amount }) => ({
      client: party === 'client',
      clause,
      about: titleOfDuty({ obligation: about }, contract, language),
      subject,
      amount,
    })),
    finalDue: finalDueAt === undefined ? null : formatLocal(finalDueAt, contract.zone, language, true),
    statementUrl: statementLink(pen.publicUrl, contract.id, record.cycle),
  });
}
