import type { z } from 'zod';
import { sourceOf } from '#libs/document';
import { nearestName } from './nearest-name.js';
import { at } from './salvage.js';

type Path = readonly (string | number)[];

/** A malformed part of the file: where it is, what is wrong, and whether its key is meant. */
export interface Malformed {
  readonly path: Path;
  readonly of: 'key' | 'value';
  readonly message: string;
  /** The value itself is of no use; an unknown field beside good ones is not. */
  readonly unusable: boolean;
}

/** Says of each issue of the schema what the value is and what is allowed. The schema's own error texts name the allowed. */
export function describeIssues(value: unknown, issues: readonly z.core.$ZodIssue[]): Malformed[] {
  return issues.flatMap((issue) => describe(value, issue, []));
}

function describe(root: unknown, issue: z.core.$ZodIssue, prefix: Path): Malformed[] {
  const path = [...prefix, ...issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))];
  const found = path.reduce(at, root);
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = issue.message.split(', ');
      return issue.keys.map((key) => {
        const nearest = nearestName(key, known);
        const meant = nearest === undefined ? '' : `; did you mean ${nearest}?`;
        return {
          path: [...path, key],
          of: 'key',
          message: `'${key}' is no field here${meant} (allowed: ${issue.message})`,
          unusable: false,
        };
      });
    }
    case 'invalid_key':
      return [
        {
          path,
          of: 'key',
          message: `'${String(path.at(-1))}' is no name here (allowed: ${issue.issues[0]?.message ?? issue.message})`,
          unusable: false,
        },
      ];
    case 'invalid_union': {
      // The alternative that has the value's own shape knows best what is wrong inside it.
      const meant = issue.errors.filter((branch) => !branch.some((inner) => inner.path.length === 0 && isShape(inner)));
      const [branch] = meant;
      if (found !== undefined && branch !== undefined && meant.length === 1) {
        return branch.flatMap((inner) => describe(root, inner, path));
      }
      break;
    }
  }
  const name = path.at(-1);
  if (found === undefined && name !== undefined) {
    return [
      {
        path: path.slice(0, -1),
        of: 'key',
        message: `${name} is missing (allowed: ${issue.message})`,
        unusable: false,
      },
    ];
  }
  const place = placeOf(path);
  return [
    {
      path,
      of: 'value',
      message: `${place} is not allowed: ${sourceOf(found)} (allowed: ${issue.message})`,
      unusable: true,
    },
  ];
}

/** An issue with the value as a whole: another kind of value was wanted, or other fields. */
function isShape(issue: z.core.$ZodIssue): boolean {
  return issue.code === 'invalid_type' || issue.code === 'invalid_union';
}

/** The last name of a path with the position behind it: `clauses[0]`. */
function placeOf(path: Path): string {
  const name = path.findLastIndex((step) => typeof step === 'string');
  if (name < 0) return 'the file';
  return path.slice(name).reduce<string>((place, step) => (place === '' ? String(step) : `${place}[${step}]`), '');
}
