import { compileCondition } from './compile-condition.js';
import { readDataField, type DataField } from './data-field.js';
import type { JsonObject } from './fact.js';
import type { Standing } from './model.js';

const declared = {
  urgency: ['high', 'low'],
  score: 'number?',
  count: 'integer?',
  paid: 'boolean?',
  tags: 'list of text?',
  sum: 'amount?',
  from: { fields: { city: 'text?' }, optional: true },
} as const;

const fields = new Map<string, DataField>(
  Object.entries(declared).map(([name, field]) => {
    const read = readDataField(field, () => undefined);
    if (read === undefined) throw new Error(`${name} is no field`);
    return [name, read];
  }),
);

const open: Standing = { answered: false, solved: false, cancelled: false, priority: 'high' };

function holds(expression: string, data: JsonObject, standing: Standing = open, occurredAt?: number): boolean {
  const compiled = compileCondition(expression, fields, 'Asia/Shanghai');
  if (!compiled.ok) throw new Error(compiled.message);
  return compiled.condition.holds(data, standing, occurredAt);
}

describe('a condition on an event', () => {
  it.each<[string, JsonObject, boolean]>([
    ["data.urgency == 'high'", { urgency: 'high' }, true],
    ["data['urgency'] == 'high'", { urgency: 'low' }, false],
    ["data.urgency in ['high', 'low']", { urgency: 'low' }, true],
    ['data.score == 3', { score: 3 }, true],
    ['3 == data.score', { score: 3 }, true],
    ['data.score != 3', { score: 3 }, false],
    ['data.score >= 4', { score: 4.5 }, true],
    ['data.score > 3.5 && data.score < 5', { score: 3.5 }, false],
    ['data.score in [1, 2]', { score: 2 }, true],
    ['data.score in [1, 2]', { score: 3 }, false],
    ['data.count == 12', { count: 12 }, true],
    ['data.paid', { paid: true }, true],
    ["data.tags.exists(tag, tag == 'vip')", { tags: ['new', 'vip'] }, true],
    ["'vip' in data.tags", { tags: [] }, false],
    ["data.from.city == 'Xiamen'", { from: { city: 'Xiamen' } }, true],
    ["data.urgency.startsWith('hi')", { urgency: 'high' }, true],
    ['has(data.score)', { score: 1 }, true],
    ['!has(data.score)', {}, true],
  ])('%s of %j is %s', (expression, data, expected) => {
    expect(holds(expression, data)).toBe(expected);
  });

  it.each([
    ['data.score == 3'],
    ['data.score != 3'],
    ['!(data.score == 3)'],
    ["data.from.city == 'Xiamen'"],
    ["'vip' in data.tags"],
    ['data.paid'],
  ])('%s does not hold, and does not throw, where the field is missing', (expression) => {
    expect(holds(expression, {})).toBe(false);
  });

  it('does not hold where a field is of another type than declared', () => {
    expect(holds('data.score > 3', { score: 'four' })).toBe(false);
  });

  it('reads where the case stands', () => {
    const expression = "case.answered && !case.solved && !case.cancelled && case.priority == 'high'";
    expect(holds(expression, {}, { ...open, answered: true })).toBe(true);
    expect(holds(expression, {}, { ...open, answered: true, solved: true })).toBe(false);
    expect(holds(expression, {})).toBe(false);
  });

  it.each([
    ["at.time >= '09:00' && at.time < '18:00'", '2026-03-24T01:00:00Z', true],
    ["at.time >= '09:00' && at.time < '18:00'", '2026-03-24T10:00:00Z', false],
    ["at.date == '2026-03-25'", '2026-03-24T16:00:00Z', true],
    ['at.weekday == 7', '2026-03-28T16:00:00Z', true],
  ])('reads the local time of the event: %s at %s is %s', (expression, instant, expected) => {
    expect(holds(expression, {}, open, Date.parse(instant))).toBe(expected);
  });

  it('about the time of an event does not hold where none is given', () => {
    expect(holds("at.time >= '00:00'", {})).toBe(false);
  });

  it('names the fields of data that it reads', () => {
    const compiled = compileCondition("data.score > 3 || has(data.paid) || data.from.city == 'x'", fields, 'UTC');
    expect(compiled.ok && [...compiled.condition.fieldsRead].sort()).toEqual(['from', 'paid', 'score']);
  });
});

describe('a condition that is refused', () => {
  it.each([
    [
      'data.scor > 3',
      5,
      "'scor' is no field of data; did you mean score? (allowed: count, from, paid, score, sum, tags, urgency)",
    ],
    ["data['scor'] > 3.0", 6, "'scor' is no field of data; did you mean score?"],
    [
      'case.solvd',
      5,
      "'solvd' is no field of case; did you mean solved? (allowed: answered, cancelled, priority, solved)",
    ],
    ["true && at.hour == '9'", 11, "'hour' is no field of at (allowed: date, time, weekday)"],
    ['dta.score > 3', 0, "'dta' is no variable; did you mean data? (allowed: at, case, data)"],
    ["data.score == 'x'", 0, 'no such overload: double == string (allowed: numbers beside numbers'],
    ["data.urgency == 'high' && data.urgency > 3", 26, 'no such overload'],
    ['data.score', 0, 'gives double (allowed: true or false)'],
    ['data.score >', 12, "(allowed: CEL such as data.priority == 'high' && !case.solved)"],
    ['data.sum == 3', 0, 'data.sum is an amount, which conditions cannot compare (allowed: fields of other types)'],
    ['size([data]) > 0', 6, 'data as a whole cannot be read (allowed: one field, such as data.priority)'],
    ["data.urgency.matches('h.*')", 0, 'matches() is not available (allowed: ==, in, startsWith, endsWith, contains)'],
  ])('%s: at %d, %s', (expression, offset, message) => {
    const compiled = compileCondition(expression, fields, 'UTC');
    expect(compiled).toEqual({ ok: false, offset, message: expect.stringContaining(message) as string });
  });

  it('of too many parts is refused, not judged', () => {
    const long = Array.from({ length: 400 }, () => 'case.solved').join(' || ');
    expect(compileCondition(long, fields, 'UTC').ok).toBe(false);
  });
});
