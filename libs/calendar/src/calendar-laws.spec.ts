import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { addMonths, weekdayOf } from './civil-date.js';
import { formatDay, parseDay } from './day-text.js';
import { formatInstant, parseInstant } from './instant-text.js';
import type { Calendar, DayUnit, Instant } from './model.js';
import { readCalendar } from './read-calendar.js';

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;

function calendarOf(text: string): Calendar {
  const read = readCalendar('calendar.yaml', text);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return read.value;
}

const named: readonly Calendar[] = [
  calendarOf(readFileSync('config/calendars/cn-office.yaml', 'utf8')),
  calendarOf(readFileSync('config/calendars/cn-staffed.yaml', 'utf8')),
  calendarOf(readFileSync('config/calendars/boston-city.yaml', 'utf8')),
];

/** Windows of one day: cuts of the day in pairs, the last one possibly over midnight. */
const hoursText = fc
  .uniqueArray(fc.integer({ min: 0, max: 1439 }), { minLength: 2, maxLength: 6 })
  .filter((cuts) => cuts.length % 2 === 0)
  .chain((cuts) => fc.boolean().map((wraps) => ({ cuts: cuts.sort((a, b) => a - b), wraps })))
  .map(({ cuts, wraps }) => {
    const turned = wraps ? [...cuts.slice(1), cuts[0] as number] : cuts;
    const windows = turned.flatMap((cut, i) =>
      i % 2 === 0 ? [`'${clock(cut)}-${clock(turned[i + 1] as number)}'`] : [],
    );
    return `[${windows.join(', ')}]`;
  });

function clock(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
}

/** Calendars nobody would write: any windows, zones with every kind of daylight saving, dates that differ. */
const invented = fc
  .record({
    zone: fc.constantFrom(
      'America/New_York',
      'Europe/London',
      'Australia/Lord_Howe',
      'America/Sao_Paulo',
      'Asia/Shanghai',
    ),
    week: fc.array(fc.option(hoursText, { freq: 3, nil: 'closed' }), { minLength: 7, maxLength: 7 }),
    always: hoursText,
    dates: fc.uniqueArray(fc.integer({ min: 17_500, max: 18_500 }), { maxLength: 8 }),
    hours: fc.option(hoursText, { nil: 'closed' }),
  })
  .map(({ zone, week, always, dates, hours }) => {
    const names = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
    const weekly = names.map((name, i) => `  ${name}: ${i === 0 ? always : week[i]}`).join('\n');
    const special =
      dates.length === 0 ? '' : `dates:\n${dates.map((one) => `  ${formatDay(one)}: ${hours}`).join('\n')}`;
    return calendarOf(`id: invented\nzone: ${zone}\nweekly:\n${weekly}\n${special}`);
  });

const anyCalendar = fc.oneof(fc.constantFrom(...named), invented);
/** 2018 and 2019, which all of them cover with room on both sides. */
const instant = fc.integer({ min: Date.parse('2018-01-01T00:00:00Z'), max: Date.parse('2019-12-31T00:00:00Z') });
const duration = fc.oneof(
  fc.integer({ min: 0, max: 3 * DAY }),
  fc.integer({ min: 0, max: 400 * 60 }).map((n) => n * MINUTE),
);

describe('adding working time, on any calendar', () => {
  it('gives what is measured between: forward the earliest such instant, backward the latest', () => {
    fc.assert(
      fc.property(anyCalendar, instant, duration, (calendar, from, millis) => {
        const later = calendar.addWorkingTime(from, millis);
        expect(calendar.workingTimeBetween(from, later)).toBe(millis);
        if (millis > 0) expect(calendar.workingTimeBetween(from, later - 1)).toBe(millis - 1);
        const earlier = calendar.addWorkingTime(from, -millis);
        expect(calendar.workingTimeBetween(earlier, from)).toBe(millis);
        if (millis > 0) expect(calendar.workingTimeBetween(earlier + 1, from)).toBe(millis - 1);
      }),
      { numRuns: 300 },
    );
  });

  it('may be split anywhere', () => {
    fc.assert(
      fc.property(anyCalendar, instant, duration, duration, (calendar, from, x, y) => {
        expect(calendar.addWorkingTime(calendar.addWorkingTime(from, x), y)).toBe(calendar.addWorkingTime(from, x + y));
        expect(calendar.addWorkingTime(calendar.addWorkingTime(from, -x), -y)).toBe(
          calendar.addWorkingTime(from, -x - y),
        );
      }),
      { numRuns: 200 },
    );
  });

  it('keeps the order of starts and of durations', () => {
    fc.assert(
      fc.property(anyCalendar, instant, instant, duration, duration, (calendar, a, b, x, y) => {
        const [first, second] = [Math.min(a, b), Math.max(a, b)];
        const [short, long] = [Math.min(x, y), Math.max(x, y)];
        expect(calendar.addWorkingTime(first, short)).toBeLessThanOrEqual(calendar.addWorkingTime(second, short));
        expect(calendar.addWorkingTime(first, short)).toBeLessThanOrEqual(calendar.addWorkingTime(first, long));
      }),
      { numRuns: 200 },
    );
  });

  it('and measuring it adds up', () => {
    fc.assert(
      fc.property(anyCalendar, instant, instant, instant, (calendar, a, b, c) => {
        const sum = calendar.workingTimeBetween(a, b) + calendar.workingTimeBetween(b, c);
        expect(sum).toBe(calendar.workingTimeBetween(a, c));
        expect(calendar.workingTimeBetween(a, b) + calendar.workingTimeBetween(b, a)).toBe(0);
      }),
      { numRuns: 200 },
    );
  });
});

describe('local days, on any calendar', () => {
  it('hold every instant once, one after the other', () => {
    fc.assert(
      fc.property(anyCalendar, instant, (calendar, at) => {
        const day = calendar.day(at);
        expect(calendar.dayStart(day)).toBeLessThanOrEqual(at);
        expect(calendar.dayStart(day + 1)).toBeGreaterThan(at);
        expect(calendar.isOpen(at)).toBe(calendar.workingTimeBetween(at, at + 1) === 1);
      }),
      { numRuns: 300 },
    );
  });

  it('are working days where a window begins, counted one by one', () => {
    fc.assert(
      fc.property(anyCalendar, instant, fc.integer({ min: 0, max: 40 }), (calendar, at, length) => {
        const from = calendar.day(at);
        let count = 0;
        for (let day = from + 1; day <= from + length; day++) {
          expect(calendar.isWorkingDay(day)).toBe(calendar.windows(day).length > 0);
          if (calendar.isWorkingDay(day)) count++;
        }
        expect(calendar.workingDaysBetween(from, from + length)).toBe(count);
        expect(calendar.workingDaysBetween(from + length, from)).toBe(0 - count);
        const next = calendar.workingDayFrom(from);
        expect(calendar.isWorkingDay(next)).toBe(true);
        expect(calendar.workingDaysBetween(from - 1, next)).toBe(1);
      }),
      { numRuns: 200 },
    );
  });

  it('end a period of counted days as if they were crossed off one by one', () => {
    const unit = fc.constantFrom<DayUnit>('working-days', 'calendar-days', 'months', 'years');
    fc.assert(
      fc.property(anyCalendar, instant, fc.integer({ min: 1, max: 15 }), unit, (calendar, from, count, counted) => {
        const n = counted === 'years' ? 1 : count;
        if (counted === 'months' || counted === 'years') fc.pre(from < Date.parse('2018-09-01T00:00:00Z'));
        const last = crossOff(calendar, from, n, counted);
        expect(calendar.lastDayOfPeriod({ from, count: n, unit: counted })).toBe(last);
        const period = { from, count: n, unit: counted };
        expect(calendar.endOfPeriod({ ...period, endsAt: '24:00' })).toBe(calendar.dayStart(last + 1));
        expect(calendar.endOfPeriod({ ...period, endsAt: 'close' })).toBe(calendar.closeOfBusiness(last));
      }),
      { numRuns: 300 },
    );
  });

  function crossOff(calendar: Calendar, from: Instant, count: number, unit: DayUnit): number {
    let day = calendar.day(from);
    if (unit === 'working-days') for (let left = count; left > 0;) left -= calendar.isWorkingDay(++day) ? 1 : 0;
    else if (unit === 'calendar-days') day += count;
    else day = addMonths(day, unit === 'months' ? count : 12 * count);
    while (!calendar.isWorkingDay(day)) day++;
    return day;
  }
});

/**
 * The same answers by brute force: the platform's own knowledge of zones (Intl) says what every clock of six weeks
 * showed, minute by minute, and a minute is open where a window of its date, or of the date before, holds it.
 */
describe('the calendar against a count of minutes', () => {
  interface Plain {
    readonly zone: string;
    readonly from: string;
    /** Minutes of the date, the end beyond 1440 over midnight. */
    readonly windowsOn: (date: string) => readonly (readonly [number, number])[];
    readonly yaml: string;
  }
  const officeHours: [number, number][] = [
    [540, 720],
    [810, 1080],
  ];
  const springOff = ['15', '16', '17', '18', '19', '20', '21', '22', '23'].map((date) => `2026-02-${date}`);
  const isWeekend = (date: string): boolean => weekdayOf(parseDay(date) as number) >= 5;
  const cases: [string, Plain][] = [
    [
      'the Spring Festival in the office',
      {
        zone: 'Asia/Shanghai',
        from: '2026-02-05T00:00:00Z',
        windowsOn: (date) =>
          springOff.includes(date)
            ? []
            : ['2026-02-14', '2026-02-28'].includes(date) || !isWeekend(date)
              ? officeHours
              : [],
        yaml: readFileSync('config/calendars/cn-office.yaml', 'utf8'),
      },
    ],
    [
      'a night shift when summer time begins in New York',
      {
        zone: 'America/New_York',
        from: '2026-02-20T00:00:00Z',
        windowsOn: (date) =>
          date === '2026-03-10'
            ? []
            : [
                [0, 30],
                [1320, 1440 + 360],
              ],
        yaml: "id: x\nzone: America/New_York\nweekly: { every-day: ['22:00-06:00', '00:00-00:30'] }\ndates: { 2026-03-10: closed }",
      },
    ],
    [
      'a night shift when summer time ends in London',
      {
        zone: 'Europe/London',
        from: '2026-10-10T00:00:00Z',
        windowsOn: (date) =>
          date === '2026-10-26' ? [[600, 660]] : isWeekend(date) ? [[1200, 1440 + 240]] : [[480, 1440]],
        yaml: [
          'id: x',
          'zone: Europe/London',
          "weekly: { monday-friday: ['08:00-24:00'], saturday-sunday: ['20:00-04:00'] }",
          "dates: { 2026-10-26: ['10:00-11:00'] }",
        ].join('\n'),
      },
    ],
    [
      'a midnight that does not exist, in Sao Paulo',
      {
        zone: 'America/Sao_Paulo',
        from: '2018-10-20T00:00:00Z',
        windowsOn: () => [
          [0, 120],
          [720, 1440 + 30],
        ],
        yaml: "id: x\nzone: America/Sao_Paulo\nweekly: { every-day: ['00:00-02:00', '12:00-00:30'] }",
      },
    ],
  ];

  it.each(cases)('agrees on %s', (_, { zone, from, windowsOn, yaml }) => {
    const calendar = calendarOf(yaml);
    const start = parseInstant(from) as number;
    const open = Array.from(minutes(zone, start, 42), ({ date, minute }) => {
      const before = formatDay((parseDay(date) as number) - 1);
      return (
        windowsOn(date).some(([a, b]) => a <= minute && minute < b) ||
        windowsOn(before).some(([a, b]) => a <= minute + 1440 && minute + 1440 < b)
      );
    });
    const openBefore = [0];
    open.forEach((isOpen, i) => openBefore.push((openBefore[i] as number) + (isOpen ? 1 : 0)));
    const total = openBefore[open.length] as number;
    const minute = fc.integer({ min: 0, max: open.length - 1 });
    const at = (i: number): Instant => start + i * MINUTE;

    open.forEach((isOpen, i) => {
      if (calendar.isOpen(at(i)) !== isOpen)
        throw new Error(`${formatInstant(at(i))} should be ${isOpen ? 'open' : 'closed'}`);
    });
    fc.assert(
      fc.property(minute, minute, (a, b) => {
        expect(calendar.workingTimeBetween(at(a), at(b))).toBe(
          ((openBefore[b] as number) - (openBefore[a] as number)) * MINUTE,
        );
      }),
    );
    fc.assert(
      fc.property(minute, fc.integer({ min: 1, max: 3000 }), (a, count) => {
        const forward = (openBefore[a] as number) + count;
        fc.pre(forward <= total);
        const first = openBefore.indexOf(forward);
        expect(formatInstant(calendar.addWorkingTime(at(a), count * MINUTE))).toBe(formatInstant(at(first)));
      }),
    );
    fc.assert(
      fc.property(minute, fc.integer({ min: 1, max: 3000 }), (a, count) => {
        const backward = (openBefore[a] as number) - count;
        fc.pre(backward >= 0);
        const last = openBefore.lastIndexOf(backward);
        expect(formatInstant(calendar.addWorkingTime(at(a), -count * MINUTE))).toBe(formatInstant(at(last)));
      }),
    );
  });

  function* minutes(zone: string, start: Instant, days: number): Generator<{ date: string; minute: number }> {
    const format = new Intl.DateTimeFormat('en-CA', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
    });
    for (let quarter = 0; quarter < days * 96; quarter++) {
      // Offsets change on quarters of an hour, so one look at the clock serves for fifteen minutes.
      const parts = new Map(
        format.formatToParts(start + quarter * 15 * MINUTE).map(({ type, value }) => [type, value]),
      );
      const date = `${parts.get('year')}-${parts.get('month')}-${parts.get('day')}`;
      const minute = Number(parts.get('hour')) * 60 + Number(parts.get('minute'));
      for (let i = 0; i < 15; i++) yield { date, minute: minute + i };
    }
  }
});
