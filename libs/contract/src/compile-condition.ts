import { Environment, type ASTNode } from '@marcbachmann/cel-js';
import { Temporal } from 'temporal-polyfill';
import type { Instant } from '#libs/calendar';
import type { DataField, FieldShape } from './data-field.js';
import type { JsonObject } from './fact.js';
import type { Standing } from './model.js';

export interface Condition {
  readonly holds: (data: JsonObject, standing: Standing, occurredAt?: Instant) => boolean;
  /** Fields of `data` that it reads. */
  readonly fieldsRead: readonly string[];
}

export type ConditionResult =
  | { readonly ok: true; readonly condition: Condition }
  /** `offset`: where in the expression, counted from 0. */
  | { readonly ok: false; readonly message: string; readonly offset: number };

type CelSchema = { [field: string]: string | CelSchema };

const LIMITS = { maxAstNodes: 300, maxDepth: 30, maxListElements: 100, maxMapEntries: 50, maxCallArguments: 16 };
const CASE: CelSchema = { answered: 'bool', solved: 'bool', cancelled: 'bool', priority: 'string' };
const AT: CelSchema = { date: 'string', time: 'string', weekday: 'double' };

/**
 * Compiles a CEL expression over one type's data. Its types are checked against the declared fields, so a misspelt
 * field or a number compared with text is a problem of the file and never one of an event. While judging, a field
 * that is not there makes the condition false.
 */
export function compileCondition(expression: string, fields: ReadonlyMap<string, DataField>, zone: string): ConditionResult {
  const environment = new Environment({ limits: LIMITS })
    // JSON has one kind of number; a whole literal beside one is meant as the same kind.
    .registerOperator('double == int', (a: number, b: bigint) => a === Number(b))
    .registerVariable({ name: 'data', schema: celSchema(fields) })
    .registerVariable({ name: 'case', schema: CASE })
    .registerVariable({ name: 'at', schema: AT });
  const checked = environment.check(expression);
  if (!checked.valid) {
    const { error } = checked;
    const offset = error?.range?.start ?? 0;
    return { ok: false, offset, message: `${error?.summary ?? 'is no CEL expression'}${allowedFor(error?.code, fields)}` };
  }
  const parsed = environment.parse(expression);
  const reads = new Set<string>();
  const use = findUse(parsed.ast, reads, fields);
  if (use !== undefined) return { ok: false, ...use };
  if (checked.type !== 'bool' && checked.type !== 'dyn') {
    return { ok: false, offset: 0, message: `gives ${checked.type ?? 'no type'} (allowed: true or false)` };
  }
  const readsTime = /\bat\s*(\.|\[)/.test(expression);
  const holds: Condition['holds'] = (data, standing, occurredAt) => {
    try {
      const at = readsTime ? localTime(occurredAt, zone) : {};
      return parsed({ data, case: standing, at }) === true;
    } catch {
      // A field that this event does not carry: what is asked of it is not so.
      return false;
    }
  };
  return { ok: true, condition: { holds, fieldsRead: [...reads] } };
}

function celSchema(fields: ReadonlyMap<string, DataField>): CelSchema {
  return Object.fromEntries([...fields].map(([name, field]) => [name, celType(field.shape)]));
}

function celType(shape: FieldShape): string | CelSchema {
  switch (shape.is) {
    case 'number':
    case 'integer':
      return 'double';
    case 'boolean':
      return 'bool';
    case 'fields':
      return celSchema(shape.fields);
    case 'object':
      return 'map';
    case 'list': {
      const of = celType(shape.of);
      return typeof of === 'string' ? `list<${of}>` : 'list<dyn>';
    }
    case 'either':
    case 'amount':
    case 'any':
      return 'dyn';
    default:
      return 'string';
  }
}

function allowedFor(code: string | undefined, fields: ReadonlyMap<string, DataField>): string {
  if (code === 'no_such_key') {
    const names = [...fields.keys()].map((name) => `data.${name}`);
    return ` (allowed: ${[...names, ...Object.keys(CASE).map((name) => `case.${name}`), ...Object.keys(AT).map((name) => `at.${name}`)].join(', ')})`;
  }
  return code === 'unknown_variable' ? ' (allowed: data, case, at)' : '';
}

/** Collects the fields read; names the first use that a condition may not make. */
function findUse(
  node: ASTNode,
  reads: Set<string>,
  fields: ReadonlyMap<string, DataField>,
): { message: string; offset: number } | undefined {
  const offset = node.range?.start ?? node.start;
  const field = fieldOf(node);
  if (field !== undefined) {
    if (fields.get(field)?.shape.is === 'amount') {
      return { offset, message: `data.${field} is an amount, which conditions cannot compare (allowed: fields of other types)` };
    }
    reads.add(field);
    return undefined;
  }
  if (node.op === 'id' && node.args === 'data') {
    return { offset, message: 'data as a whole cannot be read (allowed: one field, such as data.priority)' };
  }
  if (node.op === 'rcall' && node.args[0] === 'matches') {
    return { offset, message: 'matches() is not available (allowed: ==, in, startsWith, endsWith, contains)' };
  }
  for (const inner of nodesOf(node.args)) {
    const use = findUse(inner, reads, fields);
    if (use !== undefined) return use;
  }
  return undefined;
}

/** `data.x` or `data['x']`. */
function fieldOf(node: ASTNode): string | undefined {
  if (node.op === '.' || node.op === '.?') return isData(node.args[0]) ? node.args[1] : undefined;
  if (node.op !== '[]' && node.op !== '[?]') return undefined;
  const [object, index] = node.args;
  return isData(object) && index.op === 'value' && typeof index.args === 'string' ? index.args : undefined;
}

function isData(node: ASTNode): boolean {
  return node.op === 'id' && node.args === 'data';
}

function nodesOf(args: unknown): ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(nodesOf);
  return args !== null && typeof args === 'object' && 'op' in args ? [args as ASTNode] : [];
}

function localTime(occurredAt: Instant | undefined, zone: string): Record<string, unknown> {
  if (occurredAt === undefined) return {};
  const local = Temporal.Instant.fromEpochMilliseconds(occurredAt).toZonedDateTimeISO(zone);
  return {
    date: local.toPlainDate().toString(),
    time: local.toPlainTime().toString({ smallestUnit: 'second' }),
    weekday: local.dayOfWeek,
  };
}
