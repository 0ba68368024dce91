import type { Content, TDocumentDefinitions, TableCell, CustomTableLayout } from 'pdfmake/interfaces';
import { FONT, printer } from './printer.js';
import type { ReportLine, StatementReport } from './statement-report.js';
import { wordsOf } from './words.js';

/** More would keep a process busy for minutes; CSV and XLSX take them. */
const MAX_PDF_LINES = 2_000;

/** Thrown for a statement with more lines than can be laid out. */
export class TooManyLinesError extends Error {
  override readonly name = 'TooManyLinesError';

  constructor(readonly lines: number) {
    super(`the statement has ${lines} lines (allowed in a PDF: ${MAX_PDF_LINES}); CSV and XLSX take more`);
  }
}

const GREY = '#5f6368';
const RULE = '#b8bcc2';
const MARGIN = 42;
/** Share of the page below which no section begins. */
const LAST_HEADING_AT = 0.85;

/**
 * A statement on A4, laid out for print, its font embedded. The same report gives the same bytes.
 *
 * @throws TooManyLinesError
 */
export async function statementPdf(report: StatementReport): Promise<Buffer> {
  const count = report.parties.reduce((sum, { lines }) => sum + lines.length, 0);
  if (count > MAX_PDF_LINES) throw new TooManyLinesError(count);
  return printer().createPdf(definitionOf(report)).getBuffer();
}

function definitionOf(report: StatementReport): TDocumentDefinitions {
  const words = wordsOf(report.language);
  const { runningHead, title, contractTitle } = report;
  return {
    pageSize: 'A4',
    pageMargins: [MARGIN, 58, MARGIN, 52],
    version: '1.7',
    language: report.language,
    displayTitle: true,
    info: {
      title: `${title} ${runningHead}`,
      subject: contractTitle,
      creator: 'Pactwatch',
      producer: 'Pactwatch',
      // Not the instant of printing: the same statement is the same file.
      creationDate: new Date(report.asOf),
      modDate: new Date(report.asOf),
    },
    defaultStyle: { font: FONT, fontSize: 8.5, lineHeight: 1.15, color: '#1b1b1f' },
    styles: {
      title: { fontSize: 18 },
      subtitle: { fontSize: 10, color: GREY },
      section: { fontSize: 11.5 },
      label: { color: GREY },
      small: { fontSize: 7, color: GREY },
    },
    // A heading does not stand alone at the foot of a page.
    pageBreakBefore: ({ headlineLevel, startPosition }) =>
      headlineLevel === 1 && startPosition.verticalRatio > LAST_HEADING_AT,
    header: {
      margin: [MARGIN, 26, MARGIN, 0],
      columns: [
        { text: runningHead, style: 'small' },
        { text: title, style: 'small', alignment: 'right' },
      ],
    },
    footer: (page, pages) => ({
      margin: [MARGIN, 14, MARGIN, 0],
      columns: [
        { text: words.footer, style: 'small', width: '*' },
        { text: words.page(page, pages), style: 'small', alignment: 'right', width: 'auto' },
      ],
    }),
    content: [
      { text: title, style: 'title' },
      { text: contractTitle, style: 'subtitle', margin: [0, 2, 0, 10] },
      pairs(report.head),
      section(words.sections.result),
      { text: report.result, fontSize: 10.5, margin: [0, 0, 0, 4] },
      pairs(report.sums),
      ...report.parties.flatMap((party): Content[] => [
        section(party.heading),
        party.lines.length === 0 ? { text: party.empty, style: 'label' } : linesTable(party, report),
      ]),
      ...(report.disputes.length === 0
        ? []
        : [
            section(words.sections.disputes),
            grid(
              ['*', 92, 110, 64, 84],
              [
                words.dispute.line,
                words.dispute.by,
                words.dispute.reason,
                words.dispute.outcome,
                words.dispute.decided,
              ],
              report.disputes,
            ),
          ]),
      section(words.sections.signatures),
      grid(
        ['*', 120, 70, 110],
        [words.signature.party, words.signature.at, words.signature.revision, words.signature.counts],
        report.signatures,
      ),
      section(words.sections.notes),
      { ol: report.notes.map((text) => ({ text, margin: [0, 0, 0, 2] })), color: GREY },
      ...originsOf(report),
    ],
  };
}

function section(text: string): Content {
  return { text, style: 'section', margin: [0, 14, 0, 5], headlineLevel: 1 };
}

/** Labels with their values, two pairs side by side. */
function pairs(rows: readonly (readonly [string, string])[]): Content {
  const cell = ([label, value]: readonly [string, string]): TableCell[] => [
    { text: label, style: 'label' },
    { text: value },
  ];
  return { table: { widths: [92, '*'], body: rows.map(cell) }, layout: PAIRS };
}

function linesTable({ lines, total }: StatementReport['parties'][number], report: StatementReport): Content {
  const { columns } = wordsOf(report.language);
  const header: TableCell[] = [
    columns.number,
    columns.clause,
    `${columns.about} / ${columns.origin}`,
    columns.subject,
    columns.base,
    columns.rate,
    columns.quantity,
    columns.amount,
  ].map((text, index) => ({ text, style: 'small', alignment: index > 3 ? 'right' : 'left' }));
  const sum: TableCell[] = [
    { text: total[0], colSpan: 7, alignment: 'right' },
    ...Array.from({ length: 6 }, () => ''),
    { text: total[1], alignment: 'right', noWrap: true },
  ];
  return {
    table: {
      headerRows: 1,
      keepWithHeaderRows: 1,
      dontBreakRows: true,
      widths: [18, 30, '*', 68, 52, 30, 50, 60],
      body: [header, ...lines.map(lineRow), sum],
    },
    layout: GRID,
  };
}

function lineRow(line: ReportLine): TableCell[] {
  const { origin } = line;
  const about: Content[] = [
    { text: line.about },
    {
      text: [line.remedy, ...(origin === null ? [] : [' · ', { text: origin.id, ...linkTo(origin.url) }])],
      style: 'small',
    },
    ...line.remarks.map((text) => ({ text, style: 'small' })),
  ];
  const right = (text: string): TableCell => ({ text, alignment: 'right' });
  return [
    String(line.number),
    line.clause,
    { stack: about },
    line.subject,
    right(line.base),
    right(line.rate),
    right(line.quantity),
    { text: line.amount, alignment: 'right', noWrap: true },
  ];
}

function originsOf({ origins, language }: StatementReport): Content[] {
  if (origins.length === 0) return [];
  const { sections } = wordsOf(language);
  return [
    section(sections.origins),
    ...origins.map(({ lines, id, url, sentence, facts }): Content => ({
      unbreakable: facts.length < 8,
      margin: [0, 0, 0, 7],
      stack: [
        { text: [`${lines}  `, { text: id, color: GREY, ...linkTo(url) }] },
        ...(sentence === null ? [] : [{ text: sentence }]),
        ...facts.map((text) => ({ text, style: 'small', margin: [10, 0, 0, 0] as [number, number, number, number] })),
      ],
    })),
  ];
}

function grid(
  widths: NonNullable<Extract<Content, { table: unknown }>['table']['widths']>,
  header: readonly string[],
  rows: readonly (readonly string[])[],
): Content {
  return {
    table: {
      headerRows: 1,
      keepWithHeaderRows: 1,
      widths,
      body: [header.map((text) => ({ text, style: 'small' })), ...rows.map((row) => [...row])],
    },
    layout: GRID,
  };
}

function linkTo(url: string | null): { link?: string } {
  return url === null ? {} : { link: url };
}

const GRID: CustomTableLayout = {
  hLineWidth: () => 0.5,
  vLineWidth: () => 0,
  hLineColor: () => RULE,
  paddingLeft: () => 2,
  paddingRight: () => 3,
  paddingTop: () => 3,
  paddingBottom: () => 3,
};

const PAIRS: CustomTableLayout = {
  hLineWidth: () => 0,
  vLineWidth: () => 0,
  paddingLeft: () => 0,
  paddingRight: () => 8,
  paddingTop: () => 1.5,
  paddingBottom: () => 1.5,
};
