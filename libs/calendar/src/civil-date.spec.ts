import fc from 'fast-check';
import { addMonths, dateOfDay, dayOfDate, daysInMonth, weekdayOf } from './civil-date.js';
import { formatDay, parseDay } from './day-text.js';

const anyDay = fc.integer({ min: -719_528, max: 2_932_896 });
const day = (text: string): number => parseDay(text) as number;

describe('a local date', () => {
  it('is the one that the platform counts to, on every day of the years 0000 to 9999', () => {
    fc.assert(
      fc.property(anyDay, (one) => {
        const date = new Date(one * 86_400_000);
        const { year, month, date: dayOfMonth } = dateOfDay(one);
        expect([year, month, dayOfMonth]).toEqual([date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()]);
        expect(dayOfDate(year, month, dayOfMonth)).toBe(one);
        expect(weekdayOf(one)).toBe((date.getUTCDay() + 6) % 7);
        expect(formatDay(one)).toBe(date.toISOString().slice(0, 10));
        expect(parseDay(formatDay(one))).toBe(one);
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    '2026-02-29',
    '2100-02-29',
    '2026-04-31',
    '2026-13-01',
    '2026-00-10',
    '2026-1-1',
    '20260101',
    '2026-01-01T',
    '',
  ])('%j does not exist', (text) => {
    expect(parseDay(text)).toBeUndefined();
  });

  it('outside the years 0000 to 9999 has the expanded form of ISO 8601', () => {
    expect(formatDay(dayOfDate(12_026, 3, 31))).toBe('+012026-03-31');
    expect(formatDay(dayOfDate(-1, 3, 31))).toBe('-000001-03-31');
  });
});

describe('months later', () => {
  // Civil Code 202: the corresponding day, or the last day of the month where there is none.
  it.each([
    ['2026-01-15', 1, '2026-02-15'],
    ['2026-01-31', 1, '2026-02-28'],
    ['2024-01-31', 1, '2024-02-29'],
    ['2026-01-31', 3, '2026-04-30'],
    ['2026-02-28', 1, '2026-03-28'],
    ['2024-02-29', 12, '2025-02-28'],
    ['2024-02-29', 48, '2028-02-29'],
    ['2026-11-30', 3, '2027-02-28'],
    ['2026-12-31', 2, '2027-02-28'],
    ['2026-03-31', -1, '2026-02-28'],
    ['2026-01-15', -1, '2025-12-15'],
  ])('%s and %d months is %s', (from, count, to) => {
    expect(formatDay(addMonths(day(from), count))).toBe(to);
  });

  it('stay in the month they lead to', () => {
    fc.assert(
      fc.property(anyDay, fc.integer({ min: 0, max: 1200 }), (from, count) => {
        const start = dateOfDay(from);
        const end = dateOfDay(addMonths(from, count));
        expect(end.year * 12 + end.month).toBe(start.year * 12 + start.month + count);
        expect(end.date).toBe(Math.min(start.date, daysInMonth(end.year, end.month)));
      }),
    );
  });
});
