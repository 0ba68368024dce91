import { readFileSync } from 'node:fs';
import { formatDay } from './day-text.js';
import { formatInstant, parseInstant } from './instant-text.js';
import type { Calendar, DayUnit } from './model.js';
import { readCalendar } from './read-calendar.js';
import { UncoveredYearError } from './uncovered-year-error.js';

const office = shipped('cn-office');

function shipped(id: string): Calendar {
  const file = `config/calendars/${id}.yaml`;
  const read = readCalendar(file, readFileSync(file, 'utf8'));
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return read.value;
}

/** `2026-03-02 09:00` on the clocks of Shanghai. */
function at(local: string): number {
  const found = parseInstant(`${local.replace(' ', 'T')}:00+08:00`);
  if (found === undefined) throw new Error(`'${local}' is no local time`);
  return found;
}

/** 24:00 of a date stands as 00:00 of the next. */
function local(instant: number): string {
  return formatInstant(instant + 8 * 3_600_000)
    .slice(0, 16)
    .replace('T', ' ');
}

// Worked by hand from the State Council's notice for 2026. Off: 1-3 January, 15-23 February, 4-6 April, 1-5 May,
// 19-21 June, 25-27 September, 1-7 October. Worked: 4 January, 14 and 28 February, 9 May, 20 September, 10 October.
describe('a period of the PRC Civil Code', () => {
  it.each<
    [article: string, why: string, from: string, count: number, unit: DayUnit, endsAt: 'close' | '24:00', end: string]
  >([
    ['201', 'the starting day is not counted', '2026-03-02 09:00', 3, 'working-days', 'close', '2026-03-05 18:00'],
    ['201', 'nor in its last minute', '2026-03-02 23:59', 3, 'working-days', 'close', '2026-03-05 18:00'],
    ['201', 'nor at the midnight it begins with', '2026-03-02 00:00', 3, 'working-days', 'close', '2026-03-05 18:00'],
    ['201', 'nor where it is a rest day', '2026-03-01 10:00', 1, 'working-days', 'close', '2026-03-02 18:00'],
    ['201', 'nor where all days count', '2026-03-02 09:00', 7, 'calendar-days', '24:00', '2026-03-10 00:00'],
    ['202', 'the corresponding day', '2026-03-15 10:00', 1, 'months', '24:00', '2026-04-16 00:00'],
    ['202', 'the last day where there is none', '2026-03-31 10:00', 1, 'months', '24:00', '2026-05-01 00:00'],
    ['202', 'the last of February, a worked Saturday', '2026-01-31 10:00', 1, 'months', '24:00', '2026-03-01 00:00'],
    ['202', 'the last of February over the year', '2025-12-31 10:00', 2, 'months', '24:00', '2026-03-01 00:00'],
    ['202', 'a year from 29 February', '2024-02-29 10:00', 1, 'years', '24:00', '2025-03-01 00:00'],
    ['203', 'a last Saturday moves to Monday', '2026-04-03 10:00', 15, 'calendar-days', '24:00', '2026-04-21 00:00'],
    ['203', 'a last Wednesday stays', '2026-03-31 10:00', 15, 'calendar-days', '24:00', '2026-04-16 00:00'],
    ['203', 'a worked Saturday stays', '2026-05-02 10:00', 7, 'calendar-days', '24:00', '2026-05-10 00:00'],
    ['203', 'the Spring Festival is passed over', '2026-02-08 10:00', 7, 'calendar-days', '24:00', '2026-02-25 00:00'],
    ['203', 'a holiday and its weekend too', '2026-09-24 10:00', 1, 'calendar-days', '24:00', '2026-09-29 00:00'],
    ['203', 'a month that ends in a holiday', '2026-02-05 10:00', 3, 'months', '24:00', '2026-05-07 00:00'],
    ['203', 'years that end in a holiday', '2024-10-01 10:00', 2, 'years', '24:00', '2026-10-09 00:00'],
    [
      '203',
      'close of business where there is one',
      '2026-03-27 10:00',
      1,
      'calendar-days',
      'close',
      '2026-03-30 18:00',
    ],
    ['203', 'close of business of a month’s last day', '2026-03-15 10:00', 1, 'months', 'close', '2026-04-15 18:00'],
    ['204', '24:00 where that is agreed', '2026-03-31 23:59', 5, 'working-days', '24:00', '2026-04-09 00:00'],
    [
      '204',
      'working days: a worked Saturday is one',
      '2026-02-13 10:00',
      1,
      'working-days',
      'close',
      '2026-02-14 18:00',
    ],
    ['204', 'working days: holidays are none', '2026-02-13 10:00', 2, 'working-days', 'close', '2026-02-24 18:00'],
    ['204', 'working days up to a worked Saturday', '2026-02-13 10:00', 6, 'working-days', 'close', '2026-02-28 18:00'],
    ['204', 'working days: a worked Sunday is one', '2026-09-19 10:00', 1, 'working-days', 'close', '2026-09-20 18:00'],
    ['204', 'working days around the National Day', '2026-09-30 10:00', 3, 'working-days', 'close', '2026-10-10 18:00'],
    ['204', 'working days after New Year', '2026-01-02 10:00', 1, 'working-days', 'close', '2026-01-04 18:00'],
    ['204', 'none at all is over at its start', '2026-03-07 10:00', 0, 'working-days', 'close', '2026-03-07 10:00'],
  ])('%s: %s', (_article, _why, from, count, unit, endsAt, end) => {
    expect(local(office.endOfPeriod({ from: at(from), count, unit, endsAt }))).toBe(end);
  });

  it('ends at 24:00 of its last day, which stands for itself', () => {
    const period = { from: at('2026-04-03 10:00'), count: 15, unit: 'calendar-days' } as const;
    expect(formatDay(office.lastDayOfPeriod(period))).toBe('2026-04-20');
    expect(office.endOfPeriod({ ...period, endsAt: '24:00' })).toBe(
      office.dayStart(office.lastDayOfPeriod(period) + 1),
    );
  });

  it('is counted in the local dates of the calendar, not in those of UTC', () => {
    // 2 March 20:00Z is 3 March in Shanghai.
    const from = parseInstant('2026-03-02T20:00:00Z') as number;
    expect(local(office.endOfPeriod({ from, count: 1, unit: 'working-days', endsAt: 'close' }))).toBe(
      '2026-03-04 18:00',
    );
  });

  it('that leaves the covered years is refused with the year', () => {
    const period = { from: at('2026-12-28 10:00'), unit: 'working-days', endsAt: 'close' } as const;
    expect(local(office.endOfPeriod({ ...period, count: 3 }))).toBe('2026-12-31 18:00');
    expect(() => office.endOfPeriod({ ...period, count: 4 })).toThrow(
      new UncoveredYearError('cn-office', 2027, 2000, 2026),
    );
    expect(() => office.endOfPeriod({ ...period, count: 1, unit: 'months' })).toThrow(/needs 2027/);
    expect(() => office.endOfPeriod({ ...period, from: at('1999-12-01 10:00'), count: 1 })).toThrow(/needs 1999/);
  });

  it.each([-1, 1.5, Number.NaN])('of %d days is a mistake of the caller', (count) => {
    expect(() => office.lastDayOfPeriod({ from: 0, count, unit: 'calendar-days' })).toThrow(RangeError);
  });
});

describe('the Chinese working days of 2026', () => {
  const days = (from: string, to: string): string[] => {
    const [first, last] = [office.day(at(`${from} 12:00`)), office.day(at(`${to} 12:00`))];
    return Array.from({ length: last - first + 1 }, (_, i) => formatDay(first + i));
  };
  const off = [
    ...days('2026-01-01', '2026-01-03'),
    ...days('2026-02-15', '2026-02-23'),
    ...days('2026-04-04', '2026-04-06'),
    ...days('2026-05-01', '2026-05-05'),
    ...days('2026-06-19', '2026-06-21'),
    ...days('2026-09-25', '2026-09-27'),
    ...days('2026-10-01', '2026-10-07'),
  ];
  const worked = ['2026-01-04', '2026-02-14', '2026-02-28', '2026-05-09', '2026-09-20', '2026-10-10'];

  it('are Monday to Friday but for the holidays, and the make-up days', () => {
    const differing = days('2026-01-01', '2026-12-31').filter((text) => {
      const weekday = new Date(`${text}T00:00:00Z`).getUTCDay();
      const expected = worked.includes(text) || (weekday >= 1 && weekday <= 5 && !off.includes(text));
      return office.isWorkingDay(office.day(at(`${text} 12:00`))) !== expected;
    });
    expect(differing).toEqual([]);
  });

  it('have on a make-up day the hours of a Monday', () => {
    const day = office.day(at('2026-02-14 12:00'));
    expect(office.windows(day).map(({ from, to }) => [local(from), local(to)])).toEqual([
      ['2026-02-14 09:00', '2026-02-14 12:00'],
      ['2026-02-14 13:30', '2026-02-14 18:00'],
    ]);
  });

  it('come from a named package with the years it covers', () => {
    expect(office.data).toMatch(/^holiday-calendar \d+\.\d+\.\d+ CN$/);
    expect(office.coveredYears).toEqual({ first: 2000, last: 2026 });
  });
});
