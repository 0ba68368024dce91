import { readCalendar, formatInstant, parseInstant } from '#libs/calendar';
import { CALENDAR_TEXT } from '../test/a-world.js';
import { endOfBand, isWithinBand, type TimeBand } from './time-band.js';

const calendar = readCalendar('office.yaml', CALENDAR_TEXT);
if (!calendar.ok) throw new Error('the calendar of the test is wrong');
const place = { zone: 'Asia/Shanghai', calendar: calendar.value };
const NIGHT: TimeBand = { hours: [{ from: 22 * 60, to: 8 * 60 }] };
const CLOSED: TimeBand = { calendar: 'closed' };

/** 23 March 2026 is a Monday. */
const at = (local: string): number => parseInstant(`2026-03-${local}+08:00`)!;

describe('a time band', () => {
  it.each<[string, TimeBand, string, string]>([
    ['a night, before midnight', NIGHT, '23T22:00:00', '2026-03-24T00:00:00Z'],
    ['a night, after midnight', NIGHT, '24T07:59:59', '2026-03-24T00:00:00Z'],
    ['a night that has ended', NIGHT, '24T08:00:00', '2026-03-24T00:00:00Z'],
    ['the lunch break', CLOSED, '24T12:10:00', '2026-03-24T05:30:00Z'],
    ['the weekend', CLOSED, '27T18:00:00', '2026-03-30T01:00:00Z'],
    ['two days', { days: ['saturday', 'sunday'] }, '28T00:00:00', '2026-03-29T16:00:00Z'],
    [
      'the night that begins on Friday',
      { days: ['friday'], hours: [{ from: 22 * 60, to: 8 * 60 }] },
      '28T03:00:00',
      '2026-03-28T00:00:00Z',
    ],
    [
      'hours that follow each other',
      {
        hours: [
          { from: 0, to: 60 },
          { from: 60, to: 120 },
        ],
      },
      '24T00:30:00',
      '2026-03-23T18:00:00Z',
    ],
  ])('ends where it ends: %s', (_, band, local, end) => {
    expect(formatInstant(endOfBand(band, at(local), place))).toBe(end);
    expect(isWithinBand(band, parseInstant(end)!, place)).toBe(false);
  });

  it('is left where daylight saving skips its end', () => {
    const berlin = { ...place, zone: 'Europe/Berlin' };
    const until = endOfBand({ hours: [{ from: 60, to: 150 }] }, parseInstant('2026-03-29T01:30:00+01:00')!, berlin);
    expect(formatInstant(until)).toBe('2026-03-29T01:00:00Z');
  });

  it('holds nothing back where it never ends, nor in a year that the calendar does not cover', () => {
    expect(endOfBand({ days: ['monday'], hours: [{ from: 0, to: 1440 }] }, at('24T10:00:00'), place)).toBe(
      at('24T10:00:00'),
    );
    const later = parseInstant('2041-03-24T20:00:00+08:00')!;
    expect(endOfBand(CLOSED, later, place)).toBe(later);
  });
});
