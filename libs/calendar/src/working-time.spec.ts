import { readFileSync } from 'node:fs';
import { formatDay, parseDay } from './day-text.js';
import { parseDuration } from './duration-text.js';
import { formatInstant, parseInstant } from './instant-text.js';
import type { Calendar } from './model.js';
import { readCalendar } from './read-calendar.js';
import { UncoveredYearError } from './uncovered-year-error.js';

const office = calendarOf(readFileSync('config/calendars/cn-office.yaml', 'utf8'));
const staffed = calendarOf(readFileSync('config/calendars/cn-staffed.yaml', 'utf8'));

function calendarOf(text: string): Calendar {
  const read = readCalendar('calendar.yaml', text);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return read.value;
}

function nightly(zone: string, hours = '22:00-06:00'): Calendar {
  return calendarOf(`id: nightly\nzone: ${zone}\nweekly: { every-day: ['${hours}'] }`);
}

const at = (text: string): number => parseInstant(text) as number;
const shanghai = (local: string): number => at(`${local.replace(' ', 'T')}+08:00`);
const HOUR = 3_600_000;

function millisOf(text: string): number {
  const parsed = parseDuration(text);
  if (parsed === undefined || !('millis' in parsed)) throw new Error(`'${text}' is no time`);
  return parsed.millis;
}

describe('working time', () => {
  it.each<[why: string, calendar: Calendar, from: string, duration: string, to: string]>([
    ['used up at the lunch break ends with it', office, '2026-03-02 10:00:00', 'PT2H', '2026-03-02 12:00:00'],
    ['used up at close ends with it', office, '2026-03-02 16:00:00', 'PT2H', '2026-03-02 18:00:00'],
    ['goes on after the lunch break', office, '2026-03-02 11:00:00', 'PT2H', '2026-03-02 14:30:00'],
    ['waits for the end of a break', office, '2026-03-02 12:30:00', 'PT1H', '2026-03-02 14:30:00'],
    ['goes on the next morning', office, '2026-03-02 17:00:00', 'PT2H', '2026-03-03 10:00:00'],
    ['goes on after the weekend', office, '2026-03-06 17:30:00', 'PT1H', '2026-03-09 09:30:00'],
    ['goes on after the holidays', office, '2026-02-14 17:00:00', 'PT2H', '2026-02-24 10:00:00'],
    ['runs on a make-up Saturday', office, '2026-02-27 17:00:00', 'PT2H', '2026-02-28 10:00:00'],
    ['of a whole week', office, '2026-03-02 09:00:00', 'PT37.5H', '2026-03-06 18:00:00'],
    ['of none is over at its start, closed or not', office, '2026-03-01 20:00:00', 'PT0S', '2026-03-01 20:00:00'],
    ['of a millisecond', office, '2026-03-01 20:00:00', 'PT0.001S', '2026-03-02 09:00:00.001'],
    ['stops at 24:00 and goes on at nine', staffed, '2026-03-02 23:59:50', 'PT30S', '2026-03-03 09:00:20'],
    ['used up at 24:00 ends with the day', staffed, '2026-03-02 23:59:30', 'PT30S', '2026-03-03 00:00:00'],
    ['does not stop for holidays where none are named', staffed, '2026-02-17 03:00:00', 'PT30S', '2026-02-17 09:00:30'],
    ['backward within a window', office, '2026-03-02 10:00:00', '-PT30M', '2026-03-02 09:30:00'],
    ['backward to an opening stays there', office, '2026-03-02 10:00:00', '-PT1H', '2026-03-02 09:00:00'],
    ['backward over the lunch break', office, '2026-03-02 14:00:00', '-PT1H', '2026-03-02 11:30:00'],
    ['backward over the night', office, '2026-03-03 09:30:00', '-PT1H', '2026-03-02 17:30:00'],
    ['backward over the holidays', office, '2026-02-24 09:30:00', '-PT1H', '2026-02-14 17:30:00'],
    ['backward over the turn of the year', office, '2026-01-04 09:30:00', '-PT1H', '2025-12-31 17:30:00'],
  ])('%s', (_why, calendar, from, duration, to) => {
    expect(formatInstant(calendar.addWorkingTime(shanghai(from), millisOf(duration)))).toBe(
      formatInstant(shanghai(to)),
    );
  });

  it('between two instants is what was open between them, negative when reversed', () => {
    const [from, to] = [shanghai('2026-03-06 17:30:00'), shanghai('2026-03-09 10:00:00')];
    expect(office.workingTimeBetween(from, to)).toBe(1.5 * HOUR);
    expect(office.workingTimeBetween(to, from)).toBe(-1.5 * HOUR);
    expect(office.workingTimeBetween(from, from)).toBe(0);
  });

  it('of the year 2026 in the office is 248 days of seven and a half hours', () => {
    // 261 weekdays; 19 of them are holidays (2, 6, 1, 3, 1, 1, 5) and six days are worked in exchange.
    const [from, to] = [shanghai('2026-01-01 00:00:00'), shanghai('2027-01-01 00:00:00')];
    expect(office.workingDaysBetween(office.day(from) - 1, office.day(to) - 1)).toBe(248);
    expect(office.workingTimeBetween(from, to)).toBe(248 * 7.5 * HOUR);
  });

  it('is open from the start of a window up to, not including, its end', () => {
    const seen = ['08:59:59.999', '09:00:00', '11:59:59.999', '12:00:00', '13:30:00', '18:00:00'].map((time) =>
      office.isOpen(shanghai(`2026-03-02 ${time}`)),
    );
    expect(seen).toEqual([false, true, true, false, true, false]);
  });

  it('of whole milliseconds only', () => {
    expect(() => office.addWorkingTime(0, 0.5)).toThrow(RangeError);
  });
});

describe('a window over midnight', () => {
  const watch = calendarOf(
    [
      'id: watch',
      'zone: Asia/Shanghai',
      "weekly: { monday: ['08:00-10:00', '22:00-06:00'], tuesday: ['05:00-07:00'], wednesday: closed,",
      "  thursday: closed, friday: closed, saturday: closed, sunday: ['20:00-24:00'] }",
    ].join('\n'),
  );
  const monday = parseDay('2026-03-02') as number;

  it('belongs to the day it begins on, closes on the next, and is merged with what opens before its end', () => {
    expect(watch.workingTimeBetween(shanghai('2026-03-02 00:00:00'), shanghai('2026-03-03 00:00:00'))).toBe(4 * HOUR);
    expect(watch.workingTimeBetween(shanghai('2026-03-03 00:00:00'), shanghai('2026-03-04 00:00:00'))).toBe(7 * HOUR);
    expect(watch.closeOfBusiness(monday)).toBe(shanghai('2026-03-03 06:00:00'));
    expect(watch.addWorkingTime(shanghai('2026-03-02 23:00:00'), 8 * HOUR)).toBe(shanghai('2026-03-03 07:00:00'));
    expect([-1, 0, 1, 2].map((offset) => watch.isWorkingDay(monday + offset))).toEqual([true, true, true, false]);
  });

  it('closes a period where that ends with its day’s business', () => {
    const period = { from: shanghai('2026-03-01 21:00:00'), count: 1, unit: 'working-days', endsAt: 'close' } as const;
    expect(watch.endOfPeriod(period)).toBe(shanghai('2026-03-03 06:00:00'));
    expect(watch.endOfPeriod({ ...period, endsAt: '24:00' })).toBe(shanghai('2026-03-03 00:00:00'));
  });

  it.each([
    ['an hour shorter when summer time begins', 'America/New_York', '2026-03-07T22:00:00-05:00', 7],
    ['an hour longer when it ends', 'America/New_York', '2026-10-31T22:00:00-04:00', 9],
    ['eight hours on any other night', 'America/New_York', '2026-06-01T22:00:00-04:00', 8],
    ['half an hour longer where summer time is half an hour', 'Australia/Lord_Howe', '2026-04-04T22:00:00+11:00', 8.5],
  ])('is %s', (_why, zone, from, hours) => {
    const calendar = nightly(zone);
    const end = calendar.addWorkingTime(at(from), hours * HOUR);
    expect(end - at(from)).toBe(hours * HOUR);
    expect(calendar.workingTimeBetween(at(from), end)).toBe(hours * HOUR);
    expect(calendar.isOpen(end)).toBe(false);
  });
});

describe('daylight saving', () => {
  const dayOf = (text: string): number => parseDay(text) as number;

  it.each([
    ['an ordinary day', 'Europe/London', '2026-06-01', '2026-05-31T23:00:00Z', 24],
    ['the day summer time begins', 'Europe/London', '2026-03-29', '2026-03-29T00:00:00Z', 23],
    ['the day it ends', 'Europe/London', '2026-10-25', '2026-10-24T23:00:00Z', 25],
    ['a day whose midnight is skipped', 'America/Sao_Paulo', '2018-11-04', '2018-11-04T03:00:00Z', 23],
    ['a day whose last hour comes twice', 'America/Sao_Paulo', '2018-02-17', '2018-02-17T02:00:00Z', 25],
    ['a day the clock is set back into', 'America/St_Johns', '2010-11-07', '2010-11-07T02:30:00Z', 25],
    ['a date that was left out', 'Pacific/Apia', '2011-12-30', '2011-12-30T10:00:00Z', 0],
  ])('%s begins when it does, and ends where the next begins', (_why, zone, date, start, hours) => {
    const calendar = nightly(zone, '00:00-24:00');
    const day = dayOf(date);
    expect(formatInstant(calendar.dayStart(day))).toBe(start);
    expect(calendar.dayStart(day + 1) - calendar.dayStart(day)).toBe(hours * HOUR);
    if (hours === 0) return;
    expect(formatDay(calendar.day(calendar.dayStart(day)))).toBe(date);
    expect(formatDay(calendar.day(calendar.dayStart(day + 1) - 1))).toBe(date);
  });

  it('opens a window that it skips the start of when the hour has passed, and a window that it skips whole not at all', () => {
    expect(formatInstant(nightly('America/New_York', '02:30-09:00').windows(dayOf('2026-03-08'))[0]?.from ?? 0)).toBe(
      '2026-03-08T07:00:00Z',
    );
    const skipped = nightly('America/New_York', '02:00-03:00');
    expect(skipped.windows(dayOf('2026-03-08'))).toEqual([]);
    expect(skipped.isWorkingDay(dayOf('2026-03-08'))).toBe(false);
    expect(skipped.isWorkingDay(dayOf('2026-03-09'))).toBe(true);
  });
});

describe('the covered years', () => {
  const last = shanghai('2026-12-31 17:00:00');

  it('may be used up to their last instant', () => {
    expect(office.addWorkingTime(last, HOUR)).toBe(shanghai('2026-12-31 18:00:00'));
    expect(office.workingTimeBetween(last, shanghai('2027-01-01 00:00:00'))).toBe(HOUR);
    expect(formatDay(office.workingDayFrom(office.day(last)))).toBe('2026-12-31');
  });

  it.each<[string, () => unknown, number]>([
    ['adding over their end', () => office.addWorkingTime(last, HOUR + 1), 2027],
    ['measuring over their end', () => office.workingTimeBetween(last, shanghai('2027-01-01 00:00:00.001')), 2027],
    ['asking after their end', () => office.isOpen(shanghai('2027-01-01 00:00:00')), 2027],
    ['a working day after their end', () => office.workingDayFrom(office.day(last) + 1), 2027],
    ['a day after their end', () => office.windows(office.day(last) + 1), 2027],
    ['counting days over their end', () => office.workingDaysBetween(office.day(last), office.day(last) + 1), 2027],
    ['adding before their start', () => office.addWorkingTime(shanghai('2000-01-01 00:00:00'), -1), 1999],
    ['measuring before their start', () => office.workingTimeBetween(shanghai('1999-12-31 00:00:00'), last), 1999],
    ['an instant of another age', () => office.isOpen(at('9999-06-01T00:00:00Z')), 9999],
  ])('are not left: %s names the year', (_why, ask, year) => {
    const error = new UncoveredYearError('cn-office', year, 2000, 2026);
    expect(ask).toThrow(error);
    expect(error.message).toBe(
      `the calendar cn-office covers the years 2000 to 2026, and this computation needs ${year}`,
    );
  });

  it('of a calendar without holidays are all that have local times', () => {
    expect(staffed.coveredYears).toBeNull();
    expect(staffed.data).toBe('');
    expect(staffed.isOpen(shanghai('1971-01-01 10:00:00'))).toBe(true);
    expect(staffed.isOpen(shanghai('2200-12-31 10:00:00'))).toBe(true);
    expect(() => staffed.isOpen(shanghai('2201-01-01 10:00:00'))).toThrow(/needs 2201/);
  });

  it('do not begin with hours that hang on the night before', () => {
    const calendar = calendarOf(
      "id: night\nzone: Asia/Shanghai\nweekly: { every-day: ['22:00-06:00'] }\nyears: { first: 2026, last: 2026 }",
    );
    expect(() => calendar.isOpen(shanghai('2026-01-01 05:59:59'))).toThrow(/needs 2025/);
    expect(calendar.isOpen(shanghai('2026-01-01 06:00:00'))).toBe(false);
    expect(calendar.isOpen(shanghai('2026-01-01 22:00:00'))).toBe(true);
  });
});
