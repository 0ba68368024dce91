import type { RuleHead } from './model.js';
import { unknownName } from './nearest-name.js';
import { bothLanguages, type Path, type Reading } from './reading.js';
import type { Loose } from './salvage.js';
import type { ContractFile } from './contract-file.js';

interface WrittenHead {
  readonly title?: Loose<NonNullable<ContractFile['title']>> | undefined;
  readonly clauses?: readonly (string | undefined)[] | undefined;
}

/** What every rule has, the party apart. Undefined where it names no clause. */
export function compileHead(
  reading: Reading,
  path: Path,
  id: string,
  written: WrittenHead,
): Omit<RuleHead, 'party'> | undefined {
  const [first, ...rest] = (written.clauses ?? []).flatMap((clause, index) => {
    if (clause === undefined) return [];
    checkClause(reading, [...path, 'clauses', index], clause);
    return [clause];
  });
  if (first === undefined) return undefined;
  const quote = reading.file.clauses?.[rest.at(-1) ?? first] ?? '';
  return { id, clauses: [first, ...rest], title: bothLanguages(written.title, id), quote };
}

/** A clause that a rule, a limit or a right names must be quoted. */
export function checkClause(reading: Reading, path: Path, clause: string | undefined): void {
  const known = reading.file.clauses;
  if (clause === undefined || known === undefined || Object.hasOwn(known, clause)) return;
  reading.report(path, unknownName('clause that is quoted under clauses', clause, Object.keys(known)));
}
