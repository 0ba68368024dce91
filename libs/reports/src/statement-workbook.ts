import { Decimal } from 'decimal.js';
import writeXlsxFile, { type Cell, type Row, type Sheet } from 'write-excel-file/node';
import type { StatementReport } from './statement-report.js';
import { wordsOf } from './words.js';

/** Digits that a spreadsheet's numbers hold without loss. */
const EXACT_DIGITS = 15;

/**
 * A statement as an Office Open XML workbook: the lines as a table that can be summed and filtered, then the statement's head,
 * disputes, signatures and notes, then what each line comes from. Text is text: nothing in it is taken for a formula.
 */
export async function statementWorkbook(report: StatementReport): Promise<Buffer> {
  return writeXlsxFile([linesSheet(report), headSheet(report), originsSheet(report)]).toBuffer();
}

function linesSheet(report: StatementReport): Sheet<never> {
  const { columns, party } = wordsOf(report.language);
  const header = [
    [columns.number, 6],
    [columns.party, 9],
    [columns.remedy, 18],
    [columns.clause, 9],
    [columns.about, 34],
    [columns.subject, 18],
    [columns.base, 14],
    [columns.rate, 10],
    [columns.quantity, 10],
    [columns.amount, 14],
    [columns.origin, 46],
    [columns.link, 60],
    [columns.adjusts, 30],
    [columns.id, 60],
  ] as const;
  const lines = report.parties
    .flatMap((one) => one.lines)
    .sort((a, b) => a.number - b.number)
    .map(({ number, line, origin, ...said }): Row => [
      number,
      text(party[line.party]),
      text(said.remedy),
      text(line.clause),
      text(said.about),
      text(said.subject),
      figure(line.base, '#,##0.00'),
      figure(line.rate, '0.######'),
      figure(line.quantity, '0.######'),
      figure(line.amount, '#,##0.00'),
      text(origin?.id ?? ''),
      text(origin?.url ?? ''),
      text(line.adjusts === null ? '' : `${line.adjusts.cycle}: ${line.adjusts.line}`),
      text(line.id),
    ]);
  return {
    sheet: report.title,
    data: [header.map(([name]) => heading(name)), ...lines],
    columns: header.map(([, width]) => ({ width })),
    stickyRowsCount: 1,
  };
}

function headSheet(report: StatementReport): Sheet<never> {
  const words = wordsOf(report.language);
  const { dispute, signature, sections } = words;
  const rows = (title: string, header: readonly string[], of: readonly (readonly string[])[]): Row[] =>
    of.length === 0 ? [] : [[], [heading(title)], header.map(heading), ...of.map((row) => row.map(text))];
  return {
    sheet: sections.result,
    data: [
      [heading(report.contractTitle)],
      ...report.head.map((pair) => pair.map(text)),
      [],
      [text(report.result)],
      ...report.sums.map((pair) => pair.map(text)),
      ...rows(
        sections.disputes,
        [dispute.line, dispute.by, dispute.reason, dispute.outcome, dispute.decided],
        report.disputes,
      ),
      ...rows(
        sections.signatures,
        [signature.party, signature.at, signature.revision, signature.counts],
        report.signatures,
      ),
      [],
      [heading(sections.notes)],
      ...report.notes.map((note) => [text(note)]),
    ],
    columns: [{ width: 28 }, { width: 40 }, { width: 24 }, { width: 24 }, { width: 24 }],
  };
}

function originsSheet({ origins, language }: StatementReport): Sheet<never> {
  const { sections } = wordsOf(language);
  return {
    sheet: sections.origins,
    data: origins.flatMap(({ lines, id, url, sentence, facts }): Row[] => [
      [text(lines), text(id), text(url ?? '')],
      ...(sentence === null ? [] : [[null, text(sentence)]]),
      ...facts.map((fact) => [null, text(fact)]),
    ]),
    columns: [{ width: 14 }, { width: 90 }, { width: 70 }],
  };
}

function heading(value: string): Cell {
  return { value, type: String, fontWeight: 'bold' };
}

function text(value: string): Cell {
  return value === '' ? null : { value, type: String };
}

/** A decimal as a number that can be summed; as text where a spreadsheet would lose digits of it. */
function figure(decimal: string, format: string): Cell {
  const exact = new Decimal(decimal);
  return exact.precision() > EXACT_DIGITS ? text(decimal) : { value: exact.toNumber(), type: Number, format };
}
