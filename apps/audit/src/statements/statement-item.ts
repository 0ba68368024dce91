import { verdictId } from '#libs/evaluation';
import { toStatementRecord, type Line, type Statement, type StatementRecord } from '#libs/liability';

/** The record of `evaluate` with its id (`contract/cycle`) before it; each line also says what it comes from. */
export type StatementItem = { readonly id: string } & Omit<StatementRecord, 'lines'> & {
    readonly lines: readonly (StatementRecord['lines'][number] & {
      /** `contract/obligation/subject/instance`; null where no verdict is behind it. */
      readonly verdict: string | null;
      /** `contract/standard/period`; null where no standard is behind it. */
      readonly standard: string | null;
    })[];
  };

/** @param standards ids of the standards there are: a line about one of them comes from it, one about anything else from a limit */
export function statementItem(statement: Statement, standards: ReadonlySet<string>): StatementItem {
  const { contract } = statement;
  const record = toStatementRecord(statement);
  return {
    id: `${contract}/${statement.cycle.name}`,
    ...record,
    lines: record.lines.map((line, index) => ({ ...line, ...originOf(contract, statement.lines[index]!, standards) })),
  };
}

function originOf(
  contract: string,
  { about, subject, instance }: Line,
  standards: ReadonlySet<string>,
): { verdict: string | null; standard: string | null } {
  if (instance !== null)
    return { verdict: verdictId({ contract, obligation: about, subject, instance }), standard: null };
  return { verdict: null, standard: standards.has(about) ? `${contract}/${about}/${subject}` : null };
}
