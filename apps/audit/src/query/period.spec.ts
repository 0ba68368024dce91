import { formatInstant } from '#libs/calendar';
import { readPeriod, spanOf } from './period.js';

describe('a period', () => {
  it.each([
    ['2030', 'Asia/Shanghai', '2029-12-31T16:00:00Z', '2030-12-31T16:00:00Z'],
    ['2030-Q4', 'Asia/Shanghai', '2030-09-30T16:00:00Z', '2030-12-31T16:00:00Z'],
    ['2028-02', 'UTC', '2028-02-01T00:00:00Z', '2028-03-01T00:00:00Z'],
    ['2030-12-31', 'UTC', '2030-12-31T00:00:00Z', '2031-01-01T00:00:00Z'],
    // Daylight saving begins: the day has 23 hours.
    ['2024-03-10', 'America/New_York', '2024-03-10T05:00:00Z', '2024-03-11T04:00:00Z'],
  ])('%s in %s', (text, zone, from, to) => {
    const span = spanOf(readPeriod(text)!, zone);
    expect([span.from, span.to].map(formatInstant)).toEqual([from, to]);
  });

  it.each(['2030-13', '2030-02-29', '2030-Q5', '2030-00', '30', '2030-3', '2030-03-05T00:00:00Z', '9999', '0999', ''])(
    'is not %s',
    (text) => {
      expect(readPeriod(text)).toBeUndefined();
    },
  );
});
