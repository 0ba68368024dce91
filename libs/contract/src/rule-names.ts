import { unknownName } from './nearest-name.js';
import type { LooseFile, Path, Reading, Report, RuleNames, RuleSort } from './reading.js';

const SECTIONS = [
  ['obligations', 'obligation'],
  ['duties', 'duty'],
  ['prohibitions', 'prohibition'],
  ['standards', 'standard'],
] as const;
const ALL: readonly RuleSort[] = ['obligation', 'duty', 'prohibition', 'standard'];

/** Collects the ids of all rules; one that is there twice is reported where it stands the second time. */
export function ruleNamesOf(file: LooseFile, report: Report): RuleNames {
  const sortOf = new Map<string, RuleSort>();
  const sectionOf = new Map<string, string>();
  const segments = new Map<string, readonly string[]>();
  const add = (path: Path, id: string, sort: RuleSort): void => {
    const other = sectionOf.get(id);
    if (other !== undefined) report(path, `${id} stands under ${other} too (allowed: each id once)`, 'key');
    sectionOf.set(id, String(path[0]));
    sortOf.set(id, sort);
  };
  for (const [section, sort] of SECTIONS) {
    for (const [id, written] of Object.entries(file?.[section] ?? {})) {
      if (written === undefined) continue;
      add([section, id], id, sort);
      const parts = 'segments' in written ? Object.keys(written.segments ?? {}) : [];
      for (const part of parts) add([section, id, 'segments', part], `${id}.${part}`, sort);
      if (parts.length > 0)
        segments.set(
          id,
          parts.map((part) => `${id}.${part}`),
        );
    }
  }
  return { sortOf, expand: (name) => segments.get(name) ?? [name] };
}

/** The rule at a path, as the names it stands for. Unknown ones, and ones of another sort, are reported. */
export function ruleAt(
  reading: Reading,
  path: Path,
  written: string | undefined,
  sorts: readonly RuleSort[] = ALL,
): readonly string[] {
  if (written === undefined) return [];
  const { sortOf, expand } = reading.rules;
  const sort = sortOf.get(written);
  if (sort !== undefined && sorts.includes(sort)) return expand(written);
  const known = [...sortOf].filter(([, one]) => sorts.includes(one)).map(([id]) => id);
  const what = sorts.length === ALL.length ? 'rule' : sorts.join(' or ');
  reading.report(path, unknownName(what, written, known));
  return [];
}

/** Rules of a list at a path; one that is there twice is reported. */
export function rulesAt(
  reading: Reading,
  path: Path,
  written: readonly (string | undefined)[] | undefined,
  sorts: readonly RuleSort[] = ALL,
): readonly string[] {
  const names = (written ?? []).flatMap((name, index, all) => {
    if (name !== undefined && all.indexOf(name) < index) {
      reading.report([...path, index], `${name} is there twice (allowed: each rule once)`);
      return [];
    }
    return ruleAt(reading, [...path, index], name, sorts);
  });
  return [...new Set(names)];
}
