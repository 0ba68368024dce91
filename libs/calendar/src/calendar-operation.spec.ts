import { readFileSync } from 'node:fs';
import { calendarOperation, type CalendarRequest } from './calendar-operation.js';
import { readCalendar } from './read-calendar.js';

const office = (() => {
  const read = readCalendar('cn-office.yaml', readFileSync('config/calendars/cn-office.yaml', 'utf8'));
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return read.value;
})();

const from = '2026-03-02T10:00:00+08:00';

describe('a question to a calendar', () => {
  it.each<[CalendarRequest, string | boolean]>([
    [{ op: 'add', from, duration: 'PT2H' }, '2026-03-02T04:00:00Z'],
    [{ op: 'add', from, duration: '-PT2H' }, '2026-02-28T09:00:00Z'],
    [{ op: 'add', from: '2026-03-01T02:00:00Z', duration: 'PT0S' }, '2026-03-01T02:00:00Z'],
    [{ op: 'add', from, duration: 'PT0.5S' }, '2026-03-02T02:00:00.5Z'],
    [{ op: 'between', from, to: '2026-03-03T10:30:00+08:00' }, 'PT8H'],
    [{ op: 'between', from, to: '2026-03-07T00:00:00+08:00' }, 'PT36H30M'],
    [{ op: 'between', from, to: from }, 'PT0S'],
    [{ op: 'between', from, to: '2026-03-01T10:30:00+08:00' }, 'PT0S'],
    [{ op: 'days', from, count: 3, unit: 'working-days' }, '2026-03-05T10:00:00Z'],
    [{ op: 'days', from, count: 3, unit: 'working-days', 'ends-at': '24:00' }, '2026-03-05T16:00:00Z'],
    [{ op: 'days', from, count: 15, unit: 'calendar-days' }, '2026-03-17T16:00:00Z'],
    [{ op: 'days', from, count: 15, unit: 'calendar-days', 'ends-at': 'close' }, '2026-03-17T10:00:00Z'],
    [{ op: 'days', from, count: '1', unit: 'months' }, '2026-04-02T16:00:00Z'],
    [{ op: 'days', from: '2024-02-29T10:00:00+08:00', count: 1, unit: 'years' }, '2025-02-28T16:00:00Z'],
    [{ op: 'days', from, count: 0, unit: 'working-days' }, '2026-03-02T02:00:00Z'],
    [{ op: 'is-open', at: from }, true],
    [{ op: 'is-open', from: '2026-03-02T12:00:00+08:00' }, false],
    [{ op: 'is-open', at: from, id: 7, note: 'fields of one’s own pass' }, true],
  ])('%j has the answer %j', (request, result) => {
    expect(calendarOperation(office, request)).toEqual({ result });
  });

  const anInstant = 'allowed: an RFC 3339 instant with an offset, e.g. 2026-03-24T09:30:00+08:00';
  const aTime = 'allowed: working time as an ISO 8601 duration, e.g. PT2H30M or -PT30M';

  it.each<[CalendarRequest, string]>([
    [{}, 'op is missing (allowed: add, between, days, is-open)'],
    [{ op: 'subtract' }, 'op: "subtract" is not allowed (allowed: add, between, days, is-open)'],
    [{ op: 'add', duration: 'PT1H' }, `from is missing (${anInstant})`],
    [
      { op: 'add', from: '2026-03-02T10:00:00', duration: 'PT1H' },
      `from: "2026-03-02T10:00:00" is not allowed (${anInstant})`,
    ],
    [{ op: 'add', from: 1_772_416_800_000, duration: 'PT1H' }, `from: 1772416800000 is not allowed (${anInstant})`],
    [{ op: 'add', from }, `duration is missing (${aTime})`],
    [{ op: 'add', from, duration: '2h' }, `duration: "2h" is not allowed (${aTime})`],
    [
      { op: 'add', from, duration: 'P3D' },
      `duration: "P3D" is not allowed (${aTime}; for days, months and years use days with a count and a unit)`,
    ],
    [{ op: 'between', from, to: 'soon' }, `to: "soon" is not allowed (${anInstant})`],
    [{ op: 'days', from, unit: 'months' }, 'count is missing (allowed: a whole number from 0 on)'],
    [{ op: 'days', from, unit: 'months', count: -1 }, 'count: -1 is not allowed (allowed: a whole number from 0 on)'],
    [{ op: 'days', from, unit: 'months', count: 1.5 }, 'count: 1.5 is not allowed (allowed: a whole number from 0 on)'],
    [{ op: 'days', from, unit: 'months', count: 'x' }, 'count: "x" is not allowed (allowed: a whole number from 0 on)'],
    [
      { op: 'days', from, count: 1, unit: 'weeks' },
      'unit: "weeks" is not allowed (allowed: working-days, calendar-days, months, years)',
    ],
    [
      { op: 'days', from, count: 1, unit: 'months', 'ends-at': 'noon' },
      'ends-at: "noon" is not allowed (allowed: close, 24:00)',
    ],
    [
      { op: 'days', from, count: 1, unit: 'months', endsAt: 'close' },
      "'endsAt' is not a field here (allowed: 'ends-at')",
    ],
    [
      { op: 'add', from, duration: 'PT9999H' },
      'the calendar cn-office covers the years 2000 to 2026, and this computation needs 2027',
    ],
    [
      { op: 'days', from, count: 900_000_000_000_000, unit: 'working-days' },
      'the calendar cn-office covers the years 2000 to 2026, and this computation needs 2027',
    ],
    [
      { op: 'is-open', at: '1999-12-31T12:00:00+08:00' },
      'the calendar cn-office covers the years 2000 to 2026, and this computation needs 1999',
    ],
  ])('%j is answered with what is wrong and what is allowed', (request, error) => {
    expect(calendarOperation(office, request)).toEqual({ error });
  });
});
