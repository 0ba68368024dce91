import { createHash } from 'node:crypto';
import { readYaml, sourceOf, type Checked, type Problem } from '#libs/document';
import {
  calendarFile,
  readWindow,
  WEEKDAY_GROUPS,
  WEEKDAYS,
  type CalendarFile,
  type Hours,
  type Weekday,
  type Window,
} from './calendar-file.js';
import { parseDay } from './day-text.js';
import { holidayData, type SpecialDay } from './holiday-data.js';
import { IndexedCalendar, type CalendarPlan } from './indexed-calendar.js';
import type { Calendar, Day } from './model.js';

type Path = readonly (string | number)[];
type Report = (path: Path, message: string, of?: 'key' | 'value') => void;

/**
 * Reads a calendar file (`docs/calendar-file.md`) and compiles it. Reports every problem with its place; years are
 * indexed when they are first asked for.
 */
export function readCalendar(file: string, text: string): Checked<Calendar> {
  const checked = readYaml(file, text, calendarFile);
  if (!checked.ok) return checked;
  const problems: Problem[] = [];
  const report: Report = (path, message, of) => problems.push(checked.problem(path, message, of));
  const plan = planOf(checked.value, createHash('sha256').update(text).digest('hex'), report);
  if (problems.length > 0) {
    return { ok: false, problems: problems.sort((a, b) => a.line - b.line || a.column - b.column) };
  }
  return { ...checked, value: new IndexedCalendar(plan) };
}

function planOf(file: CalendarFile, hash: string, report: Report): CalendarPlan {
  const weekly = readWeek(file, report);
  const special = readSpecialDays(file, report);
  const windowsOfDates = new Map<Day, readonly Window[]>();
  for (const [date, hours] of Object.entries(file.dates ?? {})) {
    windowsOfDates.set(dayOf(date), readHours(hours, ['dates', date], report));
  }
  const holidayWindows = readHours(file.holidays?.hours ?? 'closed', ['holidays', 'hours'], report);
  const makeUpWindows = readMakeUpHours(file, weekly, special, report);
  const coveredYears = readYears(file, report);
  if (file.years !== undefined) checkListedYears(file, file.years, report);
  for (const [day, kind] of special) {
    if (!windowsOfDates.has(day)) windowsOfDates.set(day, kind === 'holiday' ? holidayWindows : makeUpWindows);
  }
  if (
    weekly.every((windows) => windows.length === 0) &&
    [...windowsOfDates.values()].every((list) => list.length === 0)
  ) {
    report(['weekly'], 'weekly: the calendar never opens (allowed: at least one window)');
  }
  const region = file.holidays?.package;
  const data = region === undefined ? '' : holidayData(region).name;
  return { id: file.id, zone: file.zone, hash, data, coveredYears, weekly, windowsOfDates };
}

function readWeek(file: CalendarFile, report: Report): Window[][] {
  const week = new Map<Weekday, { name: string; windows: Window[] }>();
  for (const [name, hours] of Object.entries(file.weekly)) {
    if (hours === undefined) continue;
    const windows = readHours(hours, ['weekly', name], report);
    for (const weekday of name in WEEKDAY_GROUPS
      ? WEEKDAY_GROUPS[name as keyof typeof WEEKDAY_GROUPS]
      : [name as Weekday]) {
      const before = week.get(weekday);
      if (before === undefined) week.set(weekday, { name, windows });
      else
        report(
          ['weekly', name],
          `weekly.${name}: ${weekday} stands in '${before.name}' already (allowed: once)`,
          'key',
        );
    }
  }
  const missing = WEEKDAYS.filter((weekday) => !week.has(weekday));
  if (missing.length > 0) {
    report(
      ['weekly'],
      `weekly: ${missing.join(', ')} missing (allowed: windows or 'closed' for each of the seven days)`,
      'key',
    );
  }
  return WEEKDAYS.map((weekday) => week.get(weekday)?.windows ?? []);
}

function readHours(hours: Hours, path: Path, report: Report): Window[] {
  if (hours === 'closed') return [];
  const windows = hours
    .map((text, index) => ({ ...readWindow(text), index }))
    .sort((a, b) => a.from - b.from || a.to - b.to);
  windows.forEach(({ from, index }, position) => {
    const before = windows[position - 1];
    if (before === undefined || from >= before.to) return;
    const [text, other] = [sourceOf(hours[index]), sourceOf(hours[before.index])];
    report([...path, index], `${path.join('.')}: ${text} overlaps ${other} (allowed: windows apart or touching)`);
  });
  return windows.map(({ from, to }) => ({ from, to }));
}

function readSpecialDays(file: CalendarFile, report: Report): Map<Day, SpecialDay> {
  const { package: region, dates = [], makeUpDates = [] } = file.holidays ?? {};
  const special = new Map(region === undefined ? [] : holidayData(region).days);
  const listed = new Set<string>();
  const lists = [
    ['dates', dates, 'holiday'],
    ['makeUpDates', makeUpDates, 'make-up'],
  ] as const;
  for (const [name, list, kind] of lists) {
    list.forEach((date, index) => {
      if (listed.has(date))
        report(['holidays', name, index], `holidays.${name}: '${date}' is listed twice (allowed: once)`);
      listed.add(date);
      special.set(dayOf(date), kind);
    });
  }
  return special;
}

function readMakeUpHours(
  file: CalendarFile,
  weekly: Window[][],
  special: Map<Day, SpecialDay>,
  report: Report,
): Window[] {
  const hours = file.holidays?.makeUpHours;
  if (typeof hours === 'string') return weekly[WEEKDAYS.indexOf(hours)] ?? [];
  if (hours !== undefined) return readHours(hours, ['holidays', 'makeUpHours'], report);
  if ([...special.values()].includes('make-up')) {
    const allowed = `allowed: a weekday whose hours they have, or windows`;
    report(['holidays'], `holidays.makeUpHours is missing: there are make-up working days (${allowed})`, 'key');
  }
  return [];
}

/** A stated span within that of the package; listed holidays have no span of their own and must state one. */
function readYears(file: CalendarFile, report: Report): { first: number; last: number } | null {
  const { years, holidays } = file;
  const data = holidays?.package === undefined ? undefined : holidayData(holidays.package);
  if (years === undefined) {
    if (data !== undefined) return { first: data.first, last: data.last };
    if (holidays?.dates !== undefined || holidays?.makeUpDates !== undefined) {
      report(
        ['holidays'],
        'years is missing: the file lists holidays (allowed: first and last year the list is complete for)',
        'key',
      );
    }
    return null;
  }
  if (years.first > years.last) {
    report(['years', 'last'], `years.last: ${years.last} lies before years.first (allowed: from ${years.first} on)`);
  }
  if (data !== undefined && (years.first < data.first || years.last > data.last)) {
    report(
      ['years'],
      `years: ${data.name} covers ${data.first} to ${data.last} only (here: ${years.first} to ${years.last})`,
    );
  }
  return { first: years.first, last: years.last };
}

/** A date outside the years can never be reached: its year is a slip of the pen, or `years` is. */
function checkListedYears(file: CalendarFile, { first, last }: { first: number; last: number }, report: Report): void {
  const check = (date: string, path: Path, of: 'key' | 'value') => {
    const listedYear = Number(date.slice(0, 4));
    if (listedYear >= first && listedYear <= last) return;
    report(path, `${path.slice(0, -1).join('.')}: '${date}' lies outside years (allowed: ${first} to ${last})`, of);
  };
  for (const name of ['dates', 'makeUpDates'] as const) {
    file.holidays?.[name]?.forEach((date, index) => check(date, ['holidays', name, index], 'value'));
  }
  for (const date of Object.keys(file.dates ?? {})) check(date, ['dates', date], 'key');
}

function dayOf(date: string): Day {
  const day = parseDay(date);
  if (day === undefined) throw new RangeError(`'${date}' is not a date; the schema should have refused it`);
  return day;
}
