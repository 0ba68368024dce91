import { createHash } from 'node:crypto';
import { formatDay, parseDay } from './day-text.js';
import { formatInstant } from './instant-text.js';
import type { Calendar } from './model.js';
import { readCalendar } from './read-calendar.js';

const ordinary = [
  'id: office',
  'zone: Asia/Shanghai',
  'weekly:',
  "  monday-friday: ['09:00-12:00', '13:30-18:00']",
  '  saturday-sunday: closed',
  '',
].join('\n');

function problems(text: string): string[] {
  const read = readCalendar('office.yaml', text);
  return read.ok ? [] : read.problems.map(({ line, column, message }) => `${line}:${column}: ${message}`);
}

function calendar(text: string): Calendar {
  const read = readCalendar('office.yaml', text);
  if (!read.ok) throw new Error(problems(text).join('\n'));
  return read.value;
}

/** Windows of a date on the clocks of Shanghai; an end on the next date stands beyond 24:00. */
function hours(text: string, date: string): string[] {
  const read = calendar(text);
  const day = parseDay(date) as number;
  return read.windows(day).map(({ from, to }) => {
    const end = to - read.dayStart(day) > 86_400_000 ? `next day ${clock(to)}` : clock(to);
    return `${clock(from)}-${end}`;
  });
}

function clock(at: number): string {
  return formatInstant(at + 8 * 3_600_000).slice(11, 16);
}

describe('a calendar file', () => {
  it('is named by the hash of its bytes and says which holiday data it rests on', () => {
    const read = calendar(ordinary);
    expect([read.id, read.zone, read.data, read.coveredYears]).toEqual(['office', 'Asia/Shanghai', '', null]);
    expect(read.hash).toBe(createHash('sha256').update(ordinary).digest('hex'));
    expect(Object.isFrozen(read)).toBe(true);
  });

  it.each([
    ['a weekday’s hours', '', '2026-03-02', ['09:00-12:00', '13:30-18:00']],
    ['none on a rest day', '', '2026-03-07', []],
    ['a date’s own hours', "dates: { 2026-03-07: ['10:00-14:00'] }", '2026-03-07', ['10:00-14:00']],
    ['a date that is closed', 'dates: { 2026-03-02: closed }', '2026-03-02', []],
    ['no hours on a listed holiday', listed('dates: [2026-03-02]'), '2026-03-02', []],
    ['the hours of holidays', listed("dates: [2026-03-02], hours: ['10:00-11:00']"), '2026-03-02', ['10:00-11:00']],
    [
      'those of the named weekday on a make-up day',
      listed('makeUpDates: [2026-03-07], makeUpHours: friday'),
      '2026-03-07',
      ['09:00-12:00', '13:30-18:00'],
    ],
    [
      'explicit ones on a make-up day',
      listed("makeUpDates: [2026-03-07], makeUpHours: ['09:00-15:00']"),
      '2026-03-07',
      ['09:00-15:00'],
    ],
    [
      'a date’s own hours over those of a holiday',
      `${listed('dates: [2026-03-02]')}\ndates: { 2026-03-02: ['20:00-24:00'] }`,
      '2026-03-02',
      ['20:00-00:00'],
    ],
    ['a holiday beside those of the package', inChina('dates: [2026-03-02]'), '2026-03-02', []],
    ['a make-up day that the package calls one', inChina(), '2026-02-14', ['09:00-12:00', '13:30-18:00']],
    [
      'a working day that the package calls a holiday',
      inChina('makeUpDates: [2026-02-23]'),
      '2026-02-23',
      ['09:00-12:00', '13:30-18:00'],
    ],
    [
      'windows that touch as one',
      "dates: { 2026-03-02: ['12:00-13:00', '09:00-12:00'] }",
      '2026-03-02',
      ['09:00-13:00'],
    ],
    ['windows over midnight', "dates: { 2026-03-02: ['22:00-06:00'] }", '2026-03-02', ['22:00-next day 06:00']],
    ['a whole day', "dates: { 2026-03-02: ['00:00-24:00'] }", '2026-03-02', ['00:00-00:00']],
  ])('gives %s', (_, more, date, expected) => {
    expect(hours(`${ordinary}${more}`, date)).toEqual(expected);
  });

  it('covers the years it states, within those of its package', () => {
    expect(calendar(`${ordinary}${inChina()}`).coveredYears).toEqual({ first: 2000, last: 2026 });
    const stated = `${ordinary}${inChina()}\nyears: { first: 2020, last: 2025 }`;
    expect(calendar(stated).coveredYears).toEqual({ first: 2020, last: 2025 });
    expect(() => calendar(stated).isWorkingDay(parseDay('2026-03-02') as number)).toThrow(
      'the calendar office covers the years 2020 to 2025, and this computation needs 2026',
    );
    expect(formatDay(calendar(stated).workingDayFrom(parseDay('2025-12-27') as number))).toBe('2025-12-29');
  });
});

function listed(fields: string): string {
  return `years: { first: 2026, last: 2027 }\nholidays: { ${fields} }`;
}

function inChina(fields = ''): string {
  return `holidays: { package: CN, makeUpHours: monday, ${fields} }`;
}

describe('a mistake in a calendar file is shown with its place, its value and what is allowed', () => {
  it.each<[string, string, string[]]>([
    [
      'a field it does not know',
      `${ordinary}holidys: { package: CN }`,
      ["6:1: 'holidys' is not a field here (allowed: id, title, zone, weekly, holidays, years, dates)"],
    ],
    [
      'what is missing',
      "weekly: { every-day: ['09:00-18:00'] }",
      [
        '1:1: id is missing: Invalid input: expected string, received undefined',
        '1:1: zone is missing: Invalid input: expected string, received undefined',
      ],
    ],
    [
      'an id that is no name',
      ordinary.replace('office', 'My Office'),
      ['1:5: id: allowed: small letters, digits and hyphens, at most 63 (here: "My Office")'],
    ],
    [
      'a zone that is an offset',
      ordinary.replace('Asia/Shanghai', '+08:00'),
      ['2:7: zone: allowed: a name of the IANA time zone database, e.g. \'Asia/Shanghai\' (here: "+08:00")'],
    ],
    [
      'a zone that does not exist',
      ordinary.replace('Shanghai', 'Shangai'),
      ['2:7: zone: allowed: a name of the IANA time zone database, e.g. \'Asia/Shanghai\' (here: "Asia/Shangai")'],
    ],
    [
      'an hour that does not exist',
      ordinary.replace('18:00', '25:00'),
      [
        expect.stringMatching(
          /^4:34: weekly\.monday-friday\.1: allowed: a window 'HH:MM-HH:MM'.* \(here: "13:30-25:00"\)$/,
        ),
      ],
    ] as never,
    [
      'a window without length',
      ordinary.replace('18:00', '13:30'),
      [expect.stringMatching(/^4:34: .*start unlike end/)],
    ] as never,
    [
      'windows that overlap',
      ordinary.replace('13:30', '11:30'),
      ['4:34: weekly.monday-friday: "11:30-18:00" overlaps "09:00-12:00" (allowed: windows apart or touching)'],
    ],
    [
      'a weekday that is missing, and one that is there twice',
      ordinary.replace('saturday-sunday', 'monday'),
      [
        "3:1: weekly: saturday, sunday missing (allowed: windows or 'closed' for each of the seven days)",
        "4:3: weekly.monday-friday: monday stands in 'monday' already (allowed: once)",
      ],
    ],
    [
      'a week without hours',
      ordinary.replace(/\['.*'\]/, 'closed'),
      ['4:3: weekly: the calendar never opens (allowed: at least one window)'],
    ],
    [
      'a date that does not exist',
      `${ordinary}dates: { 2026-02-30: closed }`,
      ["6:10: dates.2026-02-30 is not allowed as a name here: allowed: a date 'YYYY-MM-DD' that exists"],
    ],
    [
      'a date that is listed twice',
      `${ordinary}${listed('dates: [2026-05-01, 2026-05-01]')}`,
      ["7:33: holidays.dates: '2026-05-01' is listed twice (allowed: once)"],
    ],
    [
      'listed holidays of which nobody knows the years',
      `${ordinary}holidays: { dates: [2026-05-01] }`,
      ['6:1: years is missing: the file lists holidays (allowed: first and last year the list is complete for)'],
    ],
    [
      'dates outside the years',
      `${ordinary}${listed('dates: [2062-05-01]')}\ndates: { 2025-12-31: closed }`,
      [
        "7:21: holidays.dates: '2062-05-01' lies outside years (allowed: 2026 to 2027)",
        "8:10: dates: '2025-12-31' lies outside years (allowed: 2026 to 2027)",
      ],
    ],
    [
      'make-up days without hours',
      `${ordinary}holidays: { package: CN }`,
      [
        '6:1: holidays.makeUpHours is missing: there are make-up working days (allowed: a weekday whose hours they have, or windows)',
      ],
    ],
    [
      'years the package does not cover',
      `${ordinary}${inChina()}\nyears: { first: 2020, last: 2030 }`,
      [
        expect.stringMatching(
          /^7:8: years: holiday-calendar [\d.]+ CN covers 2000 to 2026 only \(here: 2020 to 2030\)$/,
        ),
      ],
    ] as never,
    [
      'years the wrong way round',
      `${ordinary}years: { first: 2026, last: 2025 }`,
      ['6:29: years.last: 2025 lies before years.first (allowed: from 2026 on)'],
    ],
    [
      'a package nobody keeps',
      `${ordinary}holidays: { package: XX }`,
      ['6:22: holidays.package: Invalid input: expected "CN" (here: "XX")'],
    ],
  ])('%s', (_, text, expected) => {
    expect(problems(text)).toEqual(expected);
  });

  it('all of them at once', () => {
    const text = ordinary.replace('office', 'My Office').replace('13:30', '11:30').concat('colour: red\n');
    expect(problems(text).map((problem) => problem.split(' ')[0])).toEqual(['1:5:', '6:1:']);
  });
});
