import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { parseDay, parseInstant } from '#libs/calendar';
import { allowedBy, fieldAt, valueAt, type DataField } from './data-field.js';
import type { JsonObject, JsonValue } from './fact.js';

type Refuse = (data: JsonObject) => string | undefined;

/** Compiled checks that are kept for the next contract that asks for the same. */
const KEPT_CHECKS = 1_000;

/** By the text of the schema. A check is code made at run time: fast only after thousands of calls, so it is made once. */
const compiled = new Map<string, ValidateFunction>();
let ajv: Ajv2020 | undefined;

/**
 * Makes the check of one event type's data. The schema is compiled when the first fact of its type comes: commands that read
 * a contract and judge nothing stay quick. Contracts that ask for the same of their data share one.
 */
export function dataCheck(schema: JsonObject, fields: ReadonlyMap<string, DataField>): Refuse {
  let validate: ValidateFunction | undefined;
  return (data) => {
    validate ??= validatorOf(schema);
    if (validate(data)) return undefined;
    const error = validate.errors?.find((one) => one.keyword === 'required') ?? validate.errors?.[0];
    return error === undefined ? 'data is not allowed' : describe(error, data, fields);
  };
}

function validatorOf(schema: JsonObject): ValidateFunction {
  const text = JSON.stringify(schema);
  const known = compiled.get(text);
  if (known !== undefined) return known;
  ajv ??= makeAjv();
  const validate = ajv.compile(schema);
  // It keeps what it has compiled, by the object, for ever.
  ajv.removeSchema(schema);
  if (compiled.size >= KEPT_CHECKS) compiled.clear();
  compiled.set(text, validate);
  return validate;
}

function makeAjv(): Ajv2020 {
  return new Ajv2020({
    strict: true,
    // The schemas are made here, and a spec holds them against the draft: checking them again for every contract costs more
    // than compiling them.
    meta: false,
    validateSchema: false,
    // What a field needed by another one's value is, stands beside the condition and not inside it.
    strictRequired: false,
    formats: {
      'date-time': { validate: (text: string) => parseInstant(text) !== undefined },
      date: { validate: (text: string) => parseDay(text) !== undefined },
    },
  });
}

function describe(error: ErrorObject, data: JsonObject, fields: ReadonlyMap<string, DataField>): string {
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  const missing =
    error.keyword === 'required' ? String((error.params as { missingProperty?: unknown }).missingProperty) : undefined;
  if (missing !== undefined) return `${named([...path, missing])} is missing`;
  const shape = fieldAt(fields, path);
  const allowed = shape === undefined ? '' : ` (allowed: ${allowedBy(shape)})`;
  return `${named(path)} is not allowed: ${quoted(valueAt(data, path))}${allowed}`;
}

function named(path: readonly string[]): string {
  return ['data', ...path].reduce((name, step) => (/^\d+$/.test(step) ? `${name}[${step}]` : `${name}.${step}`));
}

function quoted(value: JsonValue | undefined): string {
  const text = typeof value === 'string' ? `'${value}'` : JSON.stringify(value ?? null);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
