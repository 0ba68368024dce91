import { verdictId } from '#libs/evaluation';
import type { RecordedLine } from '#libs/liability';
import type { StatedCycle } from './stated-cycles.js';

type Stated = StatedCycle['statement'];

/** The record of a statement with its id (`contract/cycle`); each line also says what it comes from. */
export type StatementItem = Omit<Stated, 'lines'> & {
  readonly lines: readonly (RecordedLine & {
    /** `contract/obligation/subject/instance`; null where no verdict is behind it. */
    readonly verdict: string | null;
    /** `contract/standard/period`; null where no standard is behind it. */
    readonly standard: string | null;
  })[];
};

export function statementItem({ statement, judged }: StatedCycle): StatementItem {
  const { contract } = statement;
  // A line about a standard comes from it, one about anything else that has no instance from a limit.
  const standards = new Set(judged.standards.map(({ standard }) => standard));
  return {
    ...statement,
    lines: statement.lines.map((line) => ({ ...line, ...originOf(contract, line, standards) })),
  };
}

function originOf(
  contract: string,
  { about, subject, instance }: RecordedLine,
  standards: ReadonlySet<string>,
): { verdict: string | null; standard: string | null } {
  if (instance !== null)
    return { verdict: verdictId({ contract, obligation: about, subject, instance }), standard: null };
  return { verdict: null, standard: standards.has(about) ? `${contract}/${about}/${subject}` : null };
}
