import { stringify } from 'csv-stringify/sync';
import type { StatementReport } from './statement-report.js';

const COLUMNS = [
  'number',
  'id',
  'party',
  'remedy',
  'clause',
  'about',
  'title',
  'subject',
  'instance',
  'base',
  'rate',
  'quantity',
  'amount',
  'reference',
  'link',
  'adjustsCycle',
  'adjustsLine',
];

/** The lines of a statement as CSV (RFC 4180), decimals as the record has them; only titles follow the language. */
export function statementCsv({ parties }: StatementReport): string {
  const rows = parties
    .flatMap(({ lines }) => lines)
    .sort((a, b) => a.number - b.number)
    .map(({ number, line, about, origin }) => [
      number,
      guarded(line.id),
      line.party,
      line.remedy,
      guarded(line.clause),
      guarded(line.about),
      guarded(about),
      guarded(line.subject),
      line.instance ?? '',
      line.base,
      line.rate,
      line.quantity,
      line.amount,
      guarded(origin?.id ?? ''),
      origin?.url ?? '',
      line.adjusts?.cycle ?? '',
      guarded(line.adjusts?.line ?? ''),
    ]);
  return stringify([COLUMNS, ...rows], { record_delimiter: '\r\n' });
}

/**
 * Ids come from outside, and spreadsheets run what looks like a formula. The library's own guard would also break negative
 * amounts.
 */
function guarded(text: string): string {
  return /^[=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20]/.test(text) ? `'${text}` : text;
}
