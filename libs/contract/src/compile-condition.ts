import { Environment, type ASTNode, type TypeCheckResult } from '@marcbachmann/cel-js';
import { Temporal } from 'temporal-polyfill';
import type { Instant } from '#libs/calendar';
import type { DataField, FieldShape } from './data-field.js';
import type { JsonObject } from './fact.js';
import { unknownName } from './nearest-name.js';

interface Condition {
  /** `standing`: the fields of `case`. */
  readonly holds: (data: JsonObject, standing: object, occurredAt?: Instant) => boolean;
  /** Fields of `data` that it reads. */
  readonly fieldsRead: readonly string[];
}

export type ConditionResult =
  | { readonly ok: true; readonly condition: Condition }
  /** `offset`: where in the expression, counted from 0. */
  | { readonly ok: false; readonly message: string; readonly offset: number };

export type CelSchema = { [field: string]: string | CelSchema };

const LIMITS = { maxAstNodes: 300, maxDepth: 30, maxListElements: 100, maxMapEntries: 50, maxCallArguments: 16 };
export const CASE: CelSchema = { answered: 'bool', solved: 'bool', cancelled: 'bool', priority: 'string' };
const AT: CelSchema = { date: 'string', time: 'string', weekday: 'double' };

/**
 * Compiles a CEL expression over one type's data. Its types are checked against the declared fields, so a misspelt
 * field or a number compared with text is a problem of the file and never one of an event. While judging, a field
 * that is not there makes the condition false. `caseFields`: what `case` has; null: there is none.
 */
export function compileCondition(
  expression: string,
  fields: ReadonlyMap<string, DataField>,
  zone: string,
  caseFields: CelSchema | null = CASE,
): ConditionResult {
  const environment = new Environment({ limits: LIMITS })
    // JSON has one kind of number; a whole literal beside one is meant as the same kind.
    .registerOperator('double == int', (a: number, b: bigint) => a === Number(b))
    .registerOperator('double in list<int>', (a: number, list: bigint[]) => list.some((b) => a === Number(b)))
    .registerVariable({ name: 'data', schema: celSchema(fields) })
    .registerVariable({ name: 'at', schema: AT });
  if (caseFields !== null) environment.registerVariable({ name: 'case', schema: caseFields });
  const checked = environment.check(expression);
  if (!checked.valid) {
    return { ok: false, ...describe(expression, checked.error, fields, caseFields) };
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

function describe(
  expression: string,
  error: TypeCheckResult['error'],
  fields: ReadonlyMap<string, DataField>,
  caseFields: CelSchema | null,
): { message: string; offset: number } {
  const summary = error?.summary ?? 'is no CEL expression';
  const { start: offset, end } = error?.range ?? { start: 0, end: 0 };
  switch (error?.code) {
    case 'no_such_key': {
      const name = /: (.+)$/.exec(summary)?.[1] ?? '';
      const found = findField(expression, name);
      if (found === undefined) return { message: summary, offset };
      const known = { data: fields.keys(), case: Object.keys(caseFields ?? {}), at: Object.keys(AT) }[found.object];
      return { message: unknownName(`field of ${found.object}`, name, known), offset: found.offset };
    }
    case 'unknown_variable':
      return {
        message: unknownName('variable', expression.slice(offset, end), [
          'data',
          ...(caseFields === null ? [] : ['case']),
          'at',
        ]),
        offset,
      };
    case 'no_such_overload':
      return {
        message: `${summary} (allowed: numbers beside numbers, text beside text, true or false beside each other)`,
        offset,
      };
    default:
      return { message: `${summary} (allowed: CEL such as data.priority == 'high' && !case.solved)`, offset };
  }
}

/** Where a field of one of the three objects is first named; undefined for fields further inside. */
function findField(expression: string, name: string): { object: 'data' | 'case' | 'at'; offset: number } | undefined {
  for (const object of ['data', 'case', 'at'] as const) {
    for (const link of ['.', "['", '["']) {
      const at = expression.indexOf(`${object}${link}${name}`);
      if (at >= 0) return { object, offset: at + object.length + link.length };
    }
  }
  return undefined;
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
      return {
        offset,
        message: `data.${field} is an amount, which conditions cannot compare (allowed: fields of other types)`,
      };
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
