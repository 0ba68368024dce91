import { Inject, Injectable } from '@nestjs/common';
import {
  reportStatement,
  statementCsv,
  statementPdf,
  statementWorkbook,
  TooManyLinesError,
  type StatementReport,
} from '#libs/reports';
import { ProblemException } from '#libs/web';
import { AUDIT_OPTIONS, type AuditOptions } from '../audit-options.js';
import { KeptAnswers } from '../judgements/kept-answers.js';
import type { PrintWishes } from './print-wishes.js';
import { madeFrom, type StatedCycle } from './stated-cycles.js';
import { representationTag } from './statement-tag.js';

/** How a statement can be had beside JSON: the content type of each, and how its file is named. */
export const PRINTS = {
  pdf: 'application/pdf',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  csv: 'text/csv; charset=utf-8; header=present',
} as const;

export type Print = keyof typeof PRINTS;

/** Kept prints are counted in kilobytes. */
const KILOBYTE = 1_000;

/** Statements in print. Laying them out takes turns: it keeps the process busy. */
@Injectable()
export class StatementPrints {
  private readonly kept = new KeptAnswers<Buffer>((print) => Math.ceil(print.length / KILOBYTE));

  constructor(@Inject(AUDIT_OPTIONS) private readonly options: AuditOptions) {}

  /**
   * The bytes, and what tells them from every other representation of the statement.
   *
   * @throws ProblemException `refused` where it has too many lines for the print
   */
  async print(print: Print, stated: StatedCycle, wishes: PrintWishes): Promise<{ body: Buffer; tag: string }> {
    const report = this.report(stated, wishes);
    const tag = representationTag([print, report]);
    try {
      return { tag, body: await this.kept.of(tag, () => render(print, report)) };
    } catch (error) {
      if (error instanceof TooManyLinesError) throw new ProblemException('refused', error.message);
      throw error;
    }
  }

  private report(stated: StatedCycle, { language, losses }: PrintWishes): StatementReport {
    const { statement, cycle, judged } = stated;
    const { versions, asOf } = madeFrom(stated);
    const contract = versions.filter((one) => one.inForceFrom <= cycle.from).at(-1) ?? versions[0]!;
    const source = {
      contract,
      versions,
      cycle,
      statement,
      asOf,
      verdicts: judged.verdicts.map(({ verdict }) => verdict),
      standards: judged.standards,
      publicUrl: this.options.publicUrl,
      losses,
    };
    return reportStatement(source, language ?? contract.language);
  }
}

async function render(print: Print, report: StatementReport): Promise<Buffer> {
  switch (print) {
    case 'pdf':
      return statementPdf(report);
    case 'xlsx':
      return statementWorkbook(report);
    case 'csv':
      return Buffer.from(statementCsv(report));
  }
}
