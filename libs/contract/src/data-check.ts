import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { parseDay, parseInstant } from '#libs/calendar';
import { allowedBy, fieldAt, valueAt, type DataField } from './data-field.js';
import type { JsonObject, JsonValue } from './fact.js';

type Refuse = (data: JsonObject) => string | undefined;

/**
 * Makes the checks of one contract's event data. Each schema is compiled when the first fact of its type comes:
 * commands that read a contract and judge nothing stay quick.
 */
export function dataChecks(): (schema: JsonObject, fields: ReadonlyMap<string, DataField>) => Refuse {
  let ajv: Ajv2020 | undefined;
  return (schema, fields) => {
    let validate: ValidateFunction | undefined;
    return (data) => {
      ajv ??= makeAjv();
      validate ??= ajv.compile(schema);
      if (validate(data)) return undefined;
      const error = validate.errors?.find((one) => one.keyword === 'required') ?? validate.errors?.[0];
      return error === undefined ? 'data is not allowed' : describe(error, data, fields);
    };
  };
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
