import { Ajv2020 } from 'ajv/dist/2020.js';
import { dataCheck } from './data-check.js';
import { dataSchema, readDataField, type DataField } from './data-field.js';
import type { JsonObject, JsonValue } from './fact.js';

type Written = NonNullable<Parameters<typeof readDataField>[0]>;

function refusal(declared: Readonly<Record<string, Written>>, data: JsonObject): string | undefined {
  const fields = new Map<string, DataField>();
  for (const [name, written] of Object.entries(declared)) {
    const field = readDataField(written, (path, message) => {
      throw new Error(`${path.join('.')}: ${message}`);
    });
    if (field !== undefined) fields.set(name, field);
  }
  return dataCheck(dataSchema(fields), fields)(data);
}

describe('a declared field of data', () => {
  it.each<[Written, readonly JsonValue[], readonly JsonValue[], string]>([
    ['text', ['x', ''], [1, null, {}], 'text'],
    ['id', ['R-1'], ['', 1], 'text that is not empty'],
    ['number', [0, -1.5], ['1', null], 'a number'],
    ['integer', [3], [3.5, '3'], 'a whole number'],
    ['boolean', [true, false], ['yes', 1], 'true, false'],
    [['high', 'low'], ['high'], ['blocker', 'HIGH', 1], 'high, low'],
    [{ oneOf: ['a'] }, ['a'], ['b'], 'a'],
    [{ type: 'number', from: 1, to: 5 }, [1, 4.5, 5], [0, 9, '3'], 'a number from 1 to 5'],
    [{ type: 'integer', from: 1 }, [1], [0], 'a whole number from 1'],
    [{ type: 'number', to: 5 }, [-9], [6], 'a number up to 5'],
    [
      'amount',
      ['480000.00', '0.01', 1, 0.5],
      ['lots', '0', '0.00', '-1', 0, -1, '', '1,000'],
      'a decimal above 0, as text or number',
    ],
    ['date', ['2026-02-28'], ['2026-02-30', '20260228'], 'a date such as 2026-03-31'],
    [
      'instant',
      ['2026-02-28T10:00:00+08:00'],
      ['2026-02-28T10:00:00', '2026-02-30T10:00:00Z'],
      'an RFC 3339 instant with offset',
    ],
    ['month', ['2026-01', '2026-12'], ['2026-13', '2026-00', '2026-1'], 'a month such as 2026-03'],
    ['quarter', ['2026-Q4'], ['2026-Q5', '2026-03'], 'a quarter such as 2026-Q1'],
    [
      'period',
      ['2026', '2026-03', '2026-Q1'],
      ['2026-13', 'spring'],
      'a year, month or quarter such as 2026, 2026-03, 2026-Q1',
    ],
    ['object', [{}, { a: 1 }], [[], 'x'], 'an object'],
    ['any', [null, 1, 'x', []], [], 'any value'],
    ['list of id', [[], ['a', 'b']], ['a', { a: 1 }], 'a list, each item text that is not empty'],
    [{ type: ['id', 'integer'] }, ['a', 3], [3.5, ''], 'text that is not empty; or a whole number'],
  ])('%j allows what it says and refuses the rest by name', (written, allowed, refused, words) => {
    for (const value of allowed)
      expect([value, refusal({ field: written }, { field: value })]).toEqual([value, undefined]);
    for (const value of refused) {
      const shown = typeof value === 'string' ? `'${value}'` : JSON.stringify(value);
      expect(refusal({ field: written }, { field: value })).toBe(
        `data.field is not allowed: ${shown} (allowed: ${words})`,
      );
    }
  });

  it('is missed by name, unless it may be missing', () => {
    expect(refusal({ field: 'text' }, {})).toBe('data.field is missing');
    expect(refusal({ field: 'text?' }, {})).toBeUndefined();
    expect(refusal({ field: { type: 'text', optional: true } }, {})).toBeUndefined();
  });

  it('is needed where another field has the value that asks for it', () => {
    const declared = { outcome: ['kept', 'changed'], sum: { type: 'amount', requiredWhen: { outcome: 'changed' } } };
    expect(refusal(declared, { outcome: 'kept' })).toBeUndefined();
    expect(refusal(declared, { outcome: 'changed' })).toBe('data.sum is missing');
    expect(refusal(declared, { outcome: 'changed', sum: '1.00' })).toBeUndefined();
  });

  it('within another is named by its path', () => {
    const declared = { fact: { fields: { source: 'id', id: 'id' } }, lines: 'list of month' };
    expect(refusal(declared, { fact: { source: '/desk' }, lines: [] })).toBe('data.fact.id is missing');
    expect(refusal(declared, { fact: { source: '', id: 'e1' }, lines: [] })).toBe(
      "data.fact.source is not allowed: '' (allowed: text that is not empty)",
    );
    expect(refusal(declared, { fact: { source: '/desk', id: 'e1' }, lines: ['2026-01', '2026-13'] })).toBe(
      "data.lines[1] is not allowed: '2026-13' (allowed: a month such as 2026-03)",
    );
  });

  it('beside others that are not declared is enough', () => {
    expect(refusal({ field: 'text' }, { field: 'x', other: { deep: [1] } })).toBeUndefined();
  });

  it('that is long is cut in the message', () => {
    expect(refusal({ field: ['a'] }, { field: 'x'.repeat(500) })?.length).toBeLessThan(150);
  });
});

describe('a field that cannot be declared', () => {
  it.each<[Written, string]>([
    ['colour', "'colour' is no type of field (allowed: text, id, "],
    ['list of colours', "'colours' is no type of field"],
    [{ optional: true }, 'a field needs exactly one of type, oneOf, fields (here: none)'],
    [{ type: 'text', from: 1 }, 'from and to bound numbers only (allowed: number, integer)'],
    [{ type: 'number', from: 5, to: 1 }, 'from 5 lies above to 1'],
  ])('%j is reported', (written, message) => {
    const reported: string[] = [];
    readDataField(written, (_, text) => reported.push(text));
    expect(reported).toEqual([expect.stringContaining(message)]);
  });
});

describe('the check of data', () => {
  it('is compiled with its first fact, once for all contracts that ask for the same', () => {
    const compile = jest.spyOn(Ajv2020.prototype, 'compile');
    const schema = (name: string) => ({ type: 'object', required: [name] });
    const [one, other, third] = ['a', 'a', 'b'].map((name) => dataCheck(schema(name), new Map()));
    expect(compile).toHaveBeenCalledTimes(0);
    expect([one!({ a: 1 }), other!({ a: 1 }), other!({})]).toEqual([undefined, undefined, 'data.a is missing']);
    expect(compile).toHaveBeenCalledTimes(1);
    expect([third!({ b: 1 }), third!({ a: 1 }), one!({})]).toEqual([
      undefined,
      'data.b is missing',
      'data.a is missing',
    ]);
    expect(compile).toHaveBeenCalledTimes(2);
    compile.mockRestore();
  });
});
