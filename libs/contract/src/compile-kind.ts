import { compileTriggers, type CompiledTrigger, type LooseTrigger } from './compile-trigger.js';
import type { SubjectKind } from './model.js';
import { bothLanguages, typeNames, type LooseKind, type Path, type Reading } from './reading.js';

/** A kind with what it reads: event types, and fields of their data. */
export interface CompiledKind {
  readonly kind: SubjectKind;
  readonly path: Path;
  /** Event types that say something about subjects of the kind. */
  readonly types: ReadonlySet<string>;
  /** Event type -> field of data that names the subject; the others have it in their `subject`. */
  readonly key: ReadonlyMap<string, string>;
  readonly fieldsRead: readonly { readonly type: string; readonly field: string }[];
  readonly dimensionFields: readonly string[];
}

const STANDINGS = ['opened', 'answered', 'solved', 'reopened', 'cancelled'] as const;

/** Compiles one kind of subject: what opens, answers, solves, reopens and cancels a case, its priority and dimensions. */
export function compileKind(reading: Reading, id: string, written: LooseKind): CompiledKind {
  const path = ['subjects', id];
  const triggers = new Map<string, readonly CompiledTrigger[]>(
    STANDINGS.map((standing) => [
      standing,
      compileTriggers(reading, [...path, standing], written[standing] as LooseTrigger | undefined),
    ]),
  );
  const of = (standing: (typeof STANDINGS)[number]) => (triggers.get(standing) ?? []).map(({ trigger }) => trigger);
  const read = [...triggers.values()]
    .flat()
    .flatMap(({ trigger, fieldsRead }) => fieldsRead.map((field) => ({ type: trigger.on, field })));
  const priority = compilePriority(reading, path, written);
  const dimensions = compileDimensions(reading, path, written);
  const types = new Set([
    ...[...triggers.values()].flat().map(({ trigger }) => trigger.on),
    ...(priority?.setBy ?? []),
    ...dimensions.setBy.map(({ type }) => type),
  ]);
  const kind: SubjectKind = {
    id,
    title: bothLanguages(written.title, id),
    opened: of('opened'),
    answered: of('answered'),
    solved: of('solved'),
    reopened: of('reopened'),
    cancelled: of('cancelled'),
    priority: priority ?? null,
    dimensions: dimensions.fields,
  };
  return {
    kind,
    path,
    types,
    key: compileKey(reading, path, written),
    fieldsRead: [
      ...read,
      ...(priority?.setBy ?? []).map((type) => ({ type, field: priority?.field ?? '' })),
      ...dimensions.setBy,
    ],
    dimensionFields: dimensions.fields,
  };
}

function compilePriority(reading: Reading, path: Path, written: LooseKind): SubjectKind['priority'] | undefined {
  const field = written.priority?.field;
  if (written.priority === undefined || field === undefined) return undefined;
  const at = [...path, 'priority'];
  const setBy = typeNames(reading, [...at, 'setBy'], written.priority.setBy);
  const values: string[] = [];
  for (const type of setBy) {
    const shape = reading.types.get(type)?.fields.get(field)?.shape;
    if (shape?.is !== 'one-of') {
      reading.report(
        [...at, 'field'],
        `${type} does not declare ${field} as a list of values (allowed: a field such as ${field}: [high, normal])`,
      );
      continue;
    }
    const other = shape.values.filter((value) => !values.includes(value));
    if (values.length > 0 && (other.length > 0 || shape.values.length !== values.length)) {
      reading.report(
        [...at, 'setBy'],
        `${type} allows other values of ${field} than ${setBy[0] ?? ''} (allowed: ${values.join(', ')})`,
      );
      continue;
    }
    values.push(...other);
  }
  return { field, setBy, values };
}

function compileDimensions(reading: Reading, path: Path, written: LooseKind) {
  const fields: string[] = [];
  const setBy: { type: string; field: string }[] = [];
  (written.dimensions ?? []).forEach((item, index) => {
    const field = typeof item === 'string' ? item : item?.field;
    if (item === undefined || field === undefined) return;
    fields.push(field);
    if (typeof item === 'string') return;
    const at = [...path, 'dimensions', index, 'setBy'];
    for (const type of typeNames(reading, at, item.setBy)) {
      if (!reading.types.get(type)?.fields.has(field))
        reading.report(at, `${type} does not declare the field ${field}`);
      setBy.push({ type, field });
    }
  });
  return { fields, setBy };
}

function compileKey(reading: Reading, path: Path, written: LooseKind): ReadonlyMap<string, string> {
  const key = new Map<string, string>();
  for (const [type, field] of Object.entries(written.key ?? {})) {
    const at = [...path, 'key', type];
    if (field === undefined || typeNames(reading, at, type).length === 0) continue;
    const declared = reading.types.get(type)?.fields;
    const shape = declared?.get(field)?.shape.is;
    if (shape === 'id' || shape === 'month' || shape === 'quarter' || shape === 'period' || shape === 'date')
      key.set(type, field);
    else
      reading.report(
        at,
        `${type} does not declare ${field} as an id (allowed: a field of type id, month, quarter, period or date)`,
      );
  }
  return key;
}
