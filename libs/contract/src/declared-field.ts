import type { FieldShape } from './data-field.js';
import { nearestName } from './nearest-name.js';
import type { Path, Reading } from './reading.js';

/** What a field must hold where a rule reads it. */
export interface Wanted {
  readonly as: string;
  readonly fits: (shape: FieldShape) => boolean;
}

const simple = (as: string, ...allowed: FieldShape['is'][]): Wanted => ({
  as,
  fits: (shape) =>
    shape.is === 'either' ? shape.shapes.every(({ is }) => allowed.includes(is)) : allowed.includes(shape.is),
});

export const AMOUNT = simple('an amount', 'amount');
export const NUMBER = simple('a number', 'number', 'integer');
export const INSTANT = simple('an instant', 'instant');
export const NAME = simple('an id', 'id', 'text', 'month', 'quarter', 'period', 'date');
export const NAMES: Wanted = { as: 'a list of id', fits: (shape) => shape.is === 'list' && NAME.fits(shape.of) };
export const FACT_NAME: Wanted = {
  as: '{fields: {source: id, id: id}}',
  fits: (shape) => shape.is === 'fields' && ['source', 'id'].every((name) => isId(shape.fields.get(name)?.shape)),
};
export const PARTY: Wanted = {
  as: '[client, provider]',
  fits: (shape) => shape.is === 'one-of' && shape.values.every((value) => value === 'client' || value === 'provider'),
};

export function periodName(unit: 'month' | 'quarter' | 'year' | 'dates'): Wanted {
  if (unit === 'dates') return simple('a date', 'date');
  return unit === 'year' ? simple('a period', 'period') : simple(`a ${unit} or a period`, unit, 'period');
}

function isId(shape: FieldShape | undefined): boolean {
  return shape?.is === 'id' || shape?.is === 'text';
}

/** Every one of the types must declare the field as wanted; gives what the rule then reads. */
export function declaredField(
  reading: Reading,
  path: Path,
  types: Iterable<string>,
  field: string | undefined,
  wanted: Wanted,
): { readonly type: string; readonly field: string }[] {
  if (field === undefined) return [];
  const reads: { type: string; field: string }[] = [];
  for (const type of new Set(types)) {
    const fields = reading.types.get(type)?.fields;
    if (fields === undefined) continue;
    const shape = fields.get(field)?.shape;
    if (shape !== undefined && wanted.fits(shape)) {
      reads.push({ type, field });
      continue;
    }
    const nearest = shape === undefined ? nearestName(field, fields.keys()) : undefined;
    const meant = nearest === undefined ? '' : `; did you mean ${nearest}?`;
    const listed = [...fields.keys()].join(', ') || 'none';
    reading.report(
      path,
      shape === undefined
        ? `${type} does not declare the field ${field}${meant} (allowed: ${wanted.as}; declared: ${listed})`
        : `${type} does not declare ${field} as ${wanted.as} (allowed: a field that is ${wanted.as})`,
    );
  }
  return reads;
}
