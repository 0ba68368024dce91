import fc from 'fast-check';
import { formatDays, formatDuration, parseDuration } from './duration-text.js';

describe('the text of a duration', () => {
  it.each([
    [0, 'PT0S'],
    [1, 'PT0.001S'],
    [500, 'PT0.5S'],
    [60_000, 'PT1M'],
    [7_653_000, 'PT2H7M33S'],
    [27 * 3_600_000, 'PT27H'],
    [3_600_500, 'PT1H0.5S'],
    [-7_200_000, '-PT2H'],
  ])('of %d milliseconds is %s', (millis, text) => {
    expect(formatDuration(millis)).toBe(text);
    expect(parseDuration(text)).toEqual({ millis });
  });

  it.each([
    [0, 'P0D'],
    [9, 'P9D'],
    [-2, '-P2D'],
  ])('of %d days is %s', (days, text) => {
    expect(formatDays(days)).toBe(text);
    expect(parseDuration(text)).toEqual({ days });
  });

  it.each([
    ['PT1.5H', { millis: 5_400_000 }],
    ['PT90M', { millis: 5_400_000 }],
    ['PT1H0.25M', { millis: 3_615_000 }],
    ['P2W', { days: 14 }],
    ['P1W1D', { days: 8 }],
    ['P6M', { months: 6 }],
    ['P3Y', { years: 3 }],
    ['P1Y6M', { months: 18 }],
    ['-P1M', { months: -1 }],
  ])('%s is read', (text, parsed) => {
    expect(parseDuration(text)).toEqual(parsed);
  });

  it.each([
    '',
    'P',
    'PT',
    'P1DT',
    'P1DT2H',
    'P1M3D',
    'PT1,5H',
    'pt2h',
    'PT2H ',
    '+PT2H',
    'P1.5D',
    'PT0.0001S',
    'PT1.5H3M',
    '2h',
    'PT1S2M',
    'PT99999999999H',
  ])('%j is no duration of one unit in whole milliseconds', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  it('reads what it writes, for every number of milliseconds and days', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (n) => {
        const value = n === 0 ? 0 : n;
        expect(parseDuration(formatDuration(value))).toEqual({ millis: value });
        expect(parseDuration(formatDays(value))).toEqual({ days: value });
      }),
    );
  });
});
