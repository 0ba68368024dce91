import { Decimal } from 'decimal.js';
import type { Contract, Standard } from '#libs/contract';
import { describeParty, type StandardRecord } from '#libs/evaluation';
import type { Alert } from './alert.js';
import { standardLink } from './links.js';
import type { Addressee, Notice } from './notice.js';
import type { Pen } from './pen.js';
import { upperFirst, wordingOf } from './templates/fill-case.js';
import { fillCommon } from './templates/fill-common.js';

/** A standard that its period missed, or that was met after all. */
export function writeStandardNotice(
  alert: Alert,
  record: StandardRecord,
  contract: Contract,
  addressee: Addressee,
  pen: Pen,
): Notice {
  const { language } = addressee;
  const standard = contract.standards.find(({ id }) => id === record.standard);
  const party = describeParty(record, contract, language);
  return pen.templates.write('standard.missed', language, {
    ...fillCommon(alert.incident, contract, addressee, pen),
    duty: standard?.title[language] ?? record.standard,
    clause: record.clause,
    clauses: record.because.clauses.join(language === 'zh-CN' ? '、' : ', ') || record.clause,
    wording: wordingOf(record.standard, contract),
    party,
    partyAtStart: upperFirst(party),
    owes: addressee.party === record.party,
    withdrawn: alert.kind === 'withdrawal',
    period: record.period,
    value: record.value === null ? null : figure(record.value, standard),
    target: figure(record.target, standard),
    atLeast: record.because.comparison === 'at-least',
    numerator: record.numerator,
    denominator: record.denominator,
    sample: `${record.sample}`,
    standardUrl: standardLink(pen.publicUrl, contract.id, record.standard),
  });
}

/** Shares are told in percent, to two places and never rounded up to what was not reached. */
function figure(value: string, standard: Standard | undefined): string {
  const measure = standard?.measure;
  const isShare = measure !== undefined && (measure.by === 'instances' || measure.figure === 'share');
  return isShare ? `${new Decimal(value).times(100).toDecimalPlaces(2, Decimal.ROUND_DOWN).toString()}%` : value;
}
