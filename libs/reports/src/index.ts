export { reportStatement } from './report-statement.js';
export type { StatementReport, StatementSource } from './statement-report.js';
export { statementCsv } from './statement-csv.js';
export { statementPdf, TooManyLinesError } from './statement-pdf.js';
export { statementWorkbook } from './statement-workbook.js';
