import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { calendarJsonSchema } from './calendar-file.js';
import { parseDay } from './day-text.js';
import { formatInstant } from './instant-text.js';
import type { Calendar } from './model.js';
import { readCalendar } from './read-calendar.js';

const shipped = readdirSync('config/calendars').map((name) => `config/calendars/${name}`);
const validate = new Ajv2020({ strict: false }).compile(calendarJsonSchema());

function read(file: string, text = readFileSync(file, 'utf8')): Calendar {
  const result = readCalendar(file, text);
  if (!result.ok)
    throw new Error(result.problems.map((one) => `${one.file}:${one.line}:${one.column}: ${one.message}`).join('\n'));
  return result.value;
}

function windows(calendar: Calendar, date: string): string[] {
  return calendar
    .windows(parseDay(date) as number)
    .map(({ from, to }) => `${formatInstant(from).slice(11, 16)}-${formatInstant(to).slice(11, 16)}`);
}

describe('the calendars that ship', () => {
  it.each(shipped)('%s has no problem, and the id of its file', (file) => {
    expect(read(file).id).toBe(/([^/]+)\.yaml$/.exec(file)?.[1]);
  });

  it.each(shipped)('%s keeps the schema that editors use', (file) => {
    validate(parse(readFileSync(file, 'utf8')));
    expect(validate.errors ?? []).toEqual([]);
  });

  it('staff the online service from nine to midnight, on holidays too', () => {
    for (const date of ['2026-02-17', '2026-03-01', '2026-03-02']) {
      expect(windows(read('config/calendars/cn-staffed.yaml'), date)).toEqual(['01:00-16:00']);
    }
  });

  it.each([
    ['an ordinary Thursday in winter', '2019-01-03', ['13:30-21:30']],
    ['an ordinary Thursday in summer', '2019-06-06', ['12:30-20:30']],
    ['a Saturday', '2019-01-05', []],
    ['a holiday', '2019-07-04', []],
    ['a holiday that falls on Sunday, on the Monday after', '2017-01-02', []],
    ['Juneteenth, from 2021 on', '2023-06-19', []],
    ['Juneteenth, before it', '2020-06-19', ['12:30-20:30']],
    ['a holiday of 2018: none was loaded', '2018-07-04', ['12:30-20:30']],
    ['a holiday of 2022: none was loaded', '2022-11-24', ['13:30-21:30']],
    ['the Monday after 4 July 2021: it was not loaded', '2021-07-05', ['12:30-20:30']],
    ['the Friday before Veterans Day 2023: it was loaded', '2023-11-10', []],
  ])('open the city of Boston as its target dates show, on %s', (_, date, expected) => {
    expect(windows(read('config/calendars/boston-city.yaml'), date)).toEqual(expected);
  });
});

describe('the published schema', () => {
  const path = 'libs/calendar/schema/calendar.schema.json';
  const schema = JSON.stringify(calendarJsonSchema(), null, 2);

  it('is the one that the code makes (PACTWATCH_UPDATE=1 writes it)', () => {
    if (process.env['PACTWATCH_UPDATE'] === '1') {
      mkdirSync('libs/calendar/schema', { recursive: true });
      writeFileSync(path, schema);
    }
    expect(existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : 'missing').toEqual(JSON.parse(schema));
  });

  it.each([
    ['a field that the format does not know', { colour: 'red' }],
    ['a window in words', { weekly: { 'every-day': ['nine to five'] } }],
    ['a package nobody keeps', { holidays: { package: 'XX' } }],
    ['a year as text', { years: { first: '2026', last: 2027 } }],
    ['a date that is none', { dates: { '1 May': 'closed' } }],
  ])('refuses %s', (_, change) => {
    const ordinary = { id: 'x', zone: 'Asia/Shanghai', weekly: { 'every-day': ['09:00-18:00'] } };
    expect(validate(ordinary)).toBe(true);
    expect(validate({ ...ordinary, ...change })).toBe(false);
  });
});

describe('the description of the calendar file', () => {
  const text = readFileSync('libs/calendar/docs/calendar-file.md', 'utf8');
  const [, example = ''] = /```yaml\n([\s\S]*?)```/.exec(text) ?? [];
  const desk = read('calendar-file.md', example);

  it('has an example that can be read and keeps the schema', () => {
    expect(desk.id).toBe('support-desk');
    expect(desk.coveredYears).toEqual({ first: 2024, last: 2026 });
    expect(validate(parse(example))).toBe(true);
  });

  // In UTC: eight hours before the file's.
  it.each([
    ['a Friday', '2026-03-06', ['01:00-04:00', '05:30-10:00']],
    ['a Saturday', '2026-03-07', ['02:00-06:00']],
    ['a Sunday', '2026-03-08', []],
    ['a holiday of the package', '2026-02-17', []],
    ['a holiday listed beside it', '2026-06-18', []],
    ['a make-up Saturday', '2026-02-14', ['01:00-04:00', '05:30-10:00']],
    ['a date with hours of its own', '2026-11-11', ['00:00-16:00']],
    ['a date that is closed', '2026-12-31', []],
  ])('means by it what it says, on %s', (_, date, expected) => {
    expect(windows(desk, date)).toEqual(expected);
  });

  it('names every field and every group of weekdays', () => {
    const names = fieldNames(calendarJsonSchema()).filter((name) => name !== 'zh-CN' && name !== 'en');
    const isWeekday = (name: string): boolean => /^[a-z]+day$/.test(name);
    expect(
      names.filter((name) => !isWeekday(name) && !text.includes(`\`${name}\``) && !example.includes(`${name}:`)),
    ).toEqual([]);
  });

  function fieldNames(schema: unknown): string[] {
    if (Array.isArray(schema)) return schema.flatMap(fieldNames);
    if (schema === null || typeof schema !== 'object') return [];
    const { properties } = schema as { properties?: unknown };
    const own = properties !== null && typeof properties === 'object' ? Object.keys(properties) : [];
    return [...own, ...Object.values(schema).flatMap(fieldNames)];
  }
});
