import type { Line } from './statement.js';

/**
 * A name for each line of a statement: `party/remedy/clause/about/subject[/instance]`, with `#2` where one is there twice.
 * The same line has the same name in every revision.
 */
export function lineIds(lines: readonly Line[]): string[] {
  const seen = new Map<string, number>();
  return lines.map(({ party, remedy, clause, about, subject, instance }) => {
    const name = [party, remedy, clause, about, subject, ...(instance === null ? [] : [instance])].join('/');
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return count === 1 ? name : `${name}#${count}`;
  });
}
