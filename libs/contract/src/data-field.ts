import type { ContractFile } from './contract-file.js';
import type { JsonObject, JsonValue } from './fact.js';
import type { Loose } from './salvage.js';

/** A field of an event's data, as the contract declares it. */
export interface DataField {
  readonly shape: FieldShape;
  readonly optional: boolean;
  /** Fields with the value that make this one needed. */
  readonly requiredWhen: Readonly<Record<string, string | number | boolean>> | null;
}

export type FieldShape =
  | { readonly is: 'one-of'; readonly values: readonly string[] }
  | { readonly is: 'number' | 'integer'; readonly from: number | null; readonly to: number | null }
  | { readonly is: 'fields'; readonly fields: ReadonlyMap<string, DataField> }
  | { readonly is: 'list'; readonly of: FieldShape }
  | { readonly is: 'either'; readonly shapes: readonly FieldShape[] }
  | {
      readonly is:
        'text' | 'id' | 'boolean' | 'amount' | 'date' | 'instant' | 'month' | 'quarter' | 'period' | 'object' | 'any';
    };

type FileField = Loose<NonNullable<NonNullable<ContractFile['events'][string]>['data']>[string]>;

const SIMPLE = [
  'text',
  'id',
  'boolean',
  'amount',
  'date',
  'instant',
  'month',
  'quarter',
  'period',
  'object',
  'any',
] as const;
const NAMES = [...SIMPLE, 'number', 'integer', 'list of …'].join(', ');

/**
 * Reads one declared field: `text`, `text?`, `list of id`, `[urgent, high]`, or the long form. Reports what it cannot
 * read at the path within the field and gives undefined then.
 */
export function readDataField(
  written: FileField | undefined,
  report: (path: readonly (string | number)[], message: string) => void,
): DataField | undefined {
  if (written === undefined || written === null) return undefined;
  if (typeof written === 'string') {
    const optional = written.endsWith('?');
    const shape = readShape(optional ? written.slice(0, -1) : written, (message) => report([], message));
    return shape && { shape, optional, requiredWhen: null };
  }
  if (isList(written)) return { shape: { is: 'one-of', values: known(written) }, optional: false, requiredWhen: null };
  const requiredWhen = written.requiredWhen === undefined ? null : (written.requiredWhen as Record<string, string>);
  const optional = written.optional === true || requiredWhen !== null;
  const ways = [written.type, written.oneOf, written.fields].filter((way) => way !== undefined);
  if (ways.length !== 1) {
    report([], `a field needs exactly one of type, oneOf, fields (here: ${ways.length === 0 ? 'none' : 'several'})`);
    return undefined;
  }
  if (written.oneOf !== undefined)
    return { shape: { is: 'one-of', values: known(written.oneOf) }, optional, requiredWhen };
  if (written.fields !== undefined) {
    const fields = new Map<string, DataField>();
    for (const [name, inner] of Object.entries(written.fields)) {
      const field = readDataField(inner, (path, message) => report(['fields', name, ...path], message));
      if (field !== undefined) fields.set(name, field);
    }
    return { shape: { is: 'fields', fields }, optional, requiredWhen };
  }
  const types = typeof written.type === 'string' ? [written.type] : known(written.type ?? []);
  const shapes = types.map((type) => readShape(type, (message) => report(['type'], message)));
  const usable = known(shapes);
  const [first] = usable;
  if (first === undefined || usable.length < shapes.length) return undefined;
  const shape: FieldShape = usable.length === 1 ? first : { is: 'either', shapes: usable };
  if (written.from === undefined && written.to === undefined) return { shape, optional, requiredWhen };
  if (shape.is !== 'number' && shape.is !== 'integer') {
    report(['type'], `from and to bound numbers only (allowed: number, integer)`);
    return undefined;
  }
  const [from, to] = [written.from ?? null, written.to ?? null];
  if (from !== null && to !== null && from > to) report(['from'], `from ${from} lies above to ${to}`);
  return { shape: { is: shape.is, from, to }, optional, requiredWhen };
}

function readShape(name: string, report: (message: string) => void): FieldShape | undefined {
  const listed = /^list of (.+)$/.exec(name);
  if (listed !== null) {
    const of = readShape(listed[1] ?? '', report);
    return of && { is: 'list', of };
  }
  if (name === 'number' || name === 'integer') return { is: name, from: null, to: null };
  const simple = SIMPLE.find((one) => one === name);
  if (simple !== undefined) return { is: simple };
  report(`'${name}' is no type of field (allowed: ${NAMES})`);
  return undefined;
}

const AMOUNT = '^(?!0+(\\.0+)?$)[0-9]{1,30}(\\.[0-9]{1,10})?$';
const MONTH = '[0-9]{4}-(0[1-9]|1[0-2])';
const QUARTER = '[0-9]{4}-Q[1-4]';

/** JSON Schema (draft 2020-12) of an event's data. Fields that are not declared are allowed. */
export function dataSchema(fields: ReadonlyMap<string, DataField>): JsonObject {
  const required = [...fields].filter(([, field]) => !field.optional).map(([name]) => name);
  const conditional = [...fields].flatMap(([name, { requiredWhen }]) =>
    requiredWhen === null ? [] : [{ name, requiredWhen }],
  );
  return {
    type: 'object',
    properties: Object.fromEntries([...fields].map(([name, field]) => [name, shapeSchema(field.shape)])),
    ...(required.length > 0 ? { required } : {}),
    ...(conditional.length > 0
      ? {
          allOf: conditional.map(({ name, requiredWhen }) => ({
            if: {
              type: 'object',
              properties: Object.fromEntries(
                Object.entries(requiredWhen).map(([key, value]) => [key, { const: value }]),
              ),
              required: Object.keys(requiredWhen),
            },
            then: { type: 'object', required: [name] },
          })),
        }
      : {}),
  };
}

function shapeSchema(shape: FieldShape): JsonObject {
  switch (shape.is) {
    case 'one-of':
      return { type: 'string', enum: [...shape.values] };
    case 'number':
    case 'integer':
      return {
        type: shape.is,
        ...(shape.from === null ? {} : { minimum: shape.from }),
        ...(shape.to === null ? {} : { maximum: shape.to }),
      };
    case 'fields':
      return dataSchema(shape.fields);
    case 'list':
      return { type: 'array', items: shapeSchema(shape.of) };
    case 'either':
      return { anyOf: shape.shapes.map(shapeSchema) };
    case 'text':
      return { type: 'string' };
    case 'id':
      return { type: 'string', minLength: 1 };
    case 'boolean':
      return { type: 'boolean' };
    case 'amount':
      return {
        anyOf: [
          { type: 'string', pattern: AMOUNT },
          { type: 'number', exclusiveMinimum: 0 },
        ],
      };
    case 'date':
      return { type: 'string', format: 'date' };
    case 'instant':
      return { type: 'string', format: 'date-time' };
    case 'month':
      return { type: 'string', pattern: `^${MONTH}$` };
    case 'quarter':
      return { type: 'string', pattern: `^${QUARTER}$` };
    case 'period':
      return { type: 'string', pattern: `^([0-9]{4}|${MONTH}|${QUARTER})$` };
    case 'object':
      return { type: 'object' };
    case 'any':
      return {};
  }
}

/** What a field allows, in words. */
export function allowedBy(shape: FieldShape): string {
  switch (shape.is) {
    case 'one-of':
      return shape.values.join(', ');
    case 'number':
    case 'integer': {
      const kind = shape.is === 'number' ? 'a number' : 'a whole number';
      if (shape.from !== null && shape.to !== null) return `${kind} from ${shape.from} to ${shape.to}`;
      if (shape.from !== null) return `${kind} from ${shape.from}`;
      return shape.to === null ? kind : `${kind} up to ${shape.to}`;
    }
    case 'fields':
      return `an object with ${[...shape.fields.keys()].join(', ')}`;
    case 'list':
      return `a list, each item ${allowedBy(shape.of)}`;
    case 'either':
      return shape.shapes.map(allowedBy).join('; or ');
    case 'text':
      return 'text';
    case 'id':
      return 'text that is not empty';
    case 'boolean':
      return 'true, false';
    case 'amount':
      return 'a decimal above 0, as text or number';
    case 'date':
      return 'a date such as 2026-03-31';
    case 'instant':
      return 'an RFC 3339 instant with offset';
    case 'month':
      return 'a month such as 2026-03';
    case 'quarter':
      return 'a quarter such as 2026-Q1';
    case 'period':
      return 'a year, month or quarter such as 2026, 2026-03, 2026-Q1';
    case 'object':
      return 'an object';
    case 'any':
      return 'any value';
  }
}

/** The field at a path of a value (list positions are numbers). */
export function fieldAt(fields: ReadonlyMap<string, DataField>, path: readonly string[]): FieldShape | undefined {
  const [name, ...rest] = path;
  const field = name === undefined ? undefined : fields.get(name);
  return field && shapeAt(field.shape, rest);
}

function shapeAt(shape: FieldShape, path: readonly string[]): FieldShape | undefined {
  if (path.length === 0) return shape;
  if (shape.is === 'fields') return fieldAt(shape.fields, path);
  return shape.is === 'list' ? shapeAt(shape.of, path.slice(1)) : undefined;
}

export function valueAt(data: JsonValue, path: readonly string[]): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>(
    (value, step) =>
      value !== null && typeof value === 'object' && Object.hasOwn(value, step)
        ? (value as { [key: string]: JsonValue })[step]
        : undefined,
    data,
  );
}

function known<T>(items: readonly (T | undefined)[]): T[] {
  return items.filter((item) => item !== undefined);
}

function isList(written: FileField): written is readonly (string | undefined)[] {
  return Array.isArray(written);
}
