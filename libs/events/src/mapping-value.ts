import { formatInstant } from '#libs/calendar';
import type { JsonValue } from '#libs/contract';
import { dateReader, timeReader, type Reading } from './mapping-time.js';
import type { VALUE_KINDS, ValueRule } from './mapping-schema.js';

/** One row of the input: a CSV line by its header, or a JSON object. */
export type Row = Readonly<Record<string, unknown>>;

/** A field of a row that could not be used: which, what stood there, and what was allowed. */
export class RowError extends Error {
  constructor(
    readonly field: string,
    readonly value: string | null,
    readonly reason: string,
  ) {
    super(value === null ? `${field} ${reason}` : `${field} is '${value}': ${reason}`);
    this.name = 'RowError';
  }
}

/** The text of a field, undefined where the row has none or it is empty. A key wins over a path of the same spelling. */
export function textOf(row: Row, field: string): string | undefined {
  const found = fieldOf(row, field);
  if (found === undefined || found === null || found === '') return undefined;
  return typeof found === 'object' ? JSON.stringify(found) : String(found);
}

function fieldOf(row: Row, field: string): unknown {
  if (Object.hasOwn(row, field)) return row[field];
  let found: unknown = row;
  for (const step of field.split('.')) {
    if (found === null || typeof found !== 'object' || !Object.hasOwn(found, step)) return undefined;
    found = (found as Record<string, unknown>)[step];
  }
  return found;
}

/** A template cut into its texts and fields; a sentence where a brace is left open. */
export function readTemplate(template: string): readonly ({ text: string } | { field: string })[] | string {
  const parts: ({ text: string } | { field: string })[] = [];
  for (let at = 0; at < template.length;) {
    const open = template.indexOf('{', at);
    const text = template.slice(at, open < 0 ? undefined : open);
    if (text.includes('}')) return `'${template}' closes a brace that it does not open`;
    if (text !== '') parts.push({ text });
    if (open < 0) break;
    const close = template.indexOf('}', open);
    if (close < 0) return `'${template}' opens a brace that it does not close`;
    const field = template.slice(open + 1, close).trim();
    if (field === '' || field.includes('{')) return `'${template}' has braces without a field's name in them`;
    parts.push({ field });
    at = close + 1;
  }
  return parts;
}

export function fieldsOfTemplate(template: string): string[] {
  const parts = readTemplate(template);
  return typeof parts === 'string' ? [] : parts.flatMap((part) => ('field' in part ? [part.field] : []));
}

/** Compiles a template that has passed `readTemplate`; the result throws RowError where a field has nothing. */
export function templateWriter(template: string): (row: Row) => string {
  const parts = readTemplate(template);
  if (typeof parts === 'string') throw new TypeError(parts);
  return (row) =>
    parts
      .map((part) => {
        if ('text' in part) return part.text;
        const text = textOf(row, part.field);
        if (text === undefined) throw new RowError(part.field, null, 'is empty or missing');
        return text;
      })
      .join('');
}

interface ValueContext {
  readonly zone: string;
  readonly reading: Reading;
}

/** Compiles the rule of one field of `data`; undefined means that the field is left out of this row's event. */
export function valueWriter(rule: ValueRule, context: ValueContext): (row: Row) => JsonValue | undefined {
  if (rule.const !== undefined) return () => rule.const as JsonValue;
  const { field = '', template } = rule;
  const fields = template === undefined ? [field] : fieldsOfTemplate(template);
  const write = template === undefined ? (row: Row) => textOf(row, field) : templateWriter(template);
  const convert = converter(rule, context);
  return (row) => {
    const missing = fields.find((one) => textOf(row, one) === undefined);
    if (missing !== undefined && rule.optional === true) return undefined;
    const text = missing === undefined ? write(row) : undefined;
    if (text === undefined) throw new RowError(missing ?? field, null, 'is empty or missing');
    if (rule.map !== undefined) {
      if (Object.hasOwn(rule.map, text)) return rule.map[text] as JsonValue;
      if (rule.otherwise !== undefined) return rule.otherwise as JsonValue;
      throw new RowError(fields.join(', '), text, `allowed: ${Object.keys(rule.map).join(', ')}`);
    }
    const value = convert(text, template === undefined ? fieldOf(row, field) : undefined);
    if (value === undefined) throw new RowError(fields.join(', '), text, `${allowed(rule)} was expected`);
    return value;
  };
}

type Kind = (typeof VALUE_KINDS)[number];

function allowed(rule: ValueRule): string {
  const formats = (rule.format ?? []).join(' or ');
  const names: Record<Kind, string> = {
    string: 'a text',
    integer: 'a whole number',
    number: 'a number',
    decimal: 'a decimal number',
    boolean: 'true or false (also yes, no, y, n, 1, 0)',
    instant: `an instant as ${formats}`,
    date: `a date as ${formats}`,
    json: 'a JSON value',
  };
  return names[rule.as ?? 'string'];
}

function converter(rule: ValueRule, context: ValueContext): (text: string, raw: unknown) => JsonValue | undefined {
  switch (rule.as ?? 'string') {
    case 'string':
      return (text) => text;
    case 'integer':
      return (text) => (/^[+-]?\d{1,15}$/.test(text.trim()) ? Number(text) : undefined);
    case 'number':
      return (text) =>
        /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/.test(text.trim()) ? finite(Number(text)) : undefined;
    // A decimal stays text on its whole way: binary floating point would change amounts.
    case 'decimal':
      return (text) => (/^[+-]?\d{1,30}(\.\d{1,30})?$/.test(text.trim()) ? text.trim().replace(/^\+/, '') : undefined);
    case 'boolean':
      return (text) => BOOLEANS[text.trim().toLowerCase()];
    case 'instant': {
      const read = timeReader(rule.format ?? [], rule.zone ?? context.zone, rule.reading ?? context.reading);
      return (text) => {
        const at = read(text);
        return at === undefined ? undefined : formatInstant(at);
      };
    }
    case 'date':
      return dateReader(rule.format ?? []);
    case 'json':
      return (text, raw) => (raw !== null && typeof raw === 'object' ? (raw as JsonValue) : parsed(text));
  }
}

const BOOLEANS: Readonly<Record<string, boolean | undefined>> = {
  true: true,
  yes: true,
  y: true,
  '1': true,
  false: false,
  no: false,
  n: false,
  '0': false,
};

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}

function parsed(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}
