import { sourceOf } from '#libs/document';
import { formatDuration, parseDuration } from './duration-text.js';
import { formatInstant, parseInstant } from './instant-text.js';
import type { Calendar, DayUnit, Instant } from './model.js';
import { UncoveredYearError } from './uncovered-year-error.js';

/**
 * A question to a calendar as it stands in a line of JSON or in flags of the command line: `op` is `add` (from,
 * duration), `between` (from, to), `days` (from, count, unit, ends-at) or `is-open` (at, or from). Values are checked here.
 */
export type CalendarRequest = Readonly<Record<string, unknown>>;

/** An instant, ISO 8601 duration or truth; or one sentence that names field, value and what is allowed. */
export type CalendarResult = { readonly result: string | boolean } | { readonly error: string };

const FIELDS = ['op', 'from', 'to', 'duration', 'count', 'unit', 'ends-at', 'at'];
const UNITS: readonly DayUnit[] = ['working-days', 'calendar-days', 'months', 'years'];
const ENDS = ['close', '24:00'] as const;

/** Answers one question; never throws for what the question says, years the calendar does not cover included. */
export function calendarOperation(calendar: Calendar, request: CalendarRequest): CalendarResult {
  const misspelt = misspeltField(request);
  if (misspelt !== undefined) return { error: misspelt };
  try {
    return answer(calendar, request);
  } catch (error) {
    if (error instanceof UncoveredYearError || error instanceof Refused) return { error: error.message };
    throw error;
  }
}

/** Thrown inside this file only, to leave the reading of a field at its first mistake. */
class Refused extends Error {}

function answer(calendar: Calendar, request: CalendarRequest): CalendarResult {
  switch (request['op']) {
    case 'add':
      return { result: formatInstant(calendar.addWorkingTime(instantOf(request, 'from'), workingTimeOf(request))) };
    case 'between': {
      const [from, to] = [instantOf(request, 'from'), instantOf(request, 'to')];
      return { result: formatDuration(from < to ? calendar.workingTimeBetween(from, to) : 0) };
    }
    case 'days': {
      const unit = oneOf(request, 'unit', UNITS);
      // Periods in working days end with the work; whole days and dates end at midnight.
      const usual = unit === 'working-days' ? 'close' : '24:00';
      const endsAt = request['ends-at'] === undefined ? usual : oneOf(request, 'ends-at', ENDS);
      const period = { from: instantOf(request, 'from'), count: countOf(request), unit, endsAt };
      return { result: formatInstant(calendar.endOfPeriod(period)) };
    }
    case 'is-open':
      return { result: calendar.isOpen(instantOf(request, request['at'] === undefined ? 'from' : 'at')) };
    default:
      throw refused('op', request['op'], 'add, between, days, is-open');
  }
}

function instantOf(request: CalendarRequest, field: string): Instant {
  const value = request[field];
  const at = typeof value === 'string' ? parseInstant(value) : undefined;
  if (at === undefined)
    throw refused(field, value, 'an RFC 3339 instant with an offset, e.g. 2026-03-24T09:30:00+08:00');
  return at;
}

function workingTimeOf(request: CalendarRequest): number {
  const value = request['duration'];
  const parsed = typeof value === 'string' ? parseDuration(value) : undefined;
  if (parsed !== undefined && 'millis' in parsed) return parsed.millis;
  const days = parsed === undefined ? '' : '; for days, months and years use days with a count and a unit';
  throw refused('duration', value, `working time as an ISO 8601 duration, e.g. PT2H30M or -PT30M${days}`);
}

function countOf(request: CalendarRequest): number {
  const value = request['count'];
  const count = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  if (typeof count === 'number' && Number.isSafeInteger(count) && count >= 0) return count;
  throw refused('count', value, 'a whole number from 0 on');
}

function oneOf<T extends string>(request: CalendarRequest, field: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === request[field]);
  if (found === undefined) throw refused(field, request[field], allowed.join(', '));
  return found;
}

function refused(field: string, value: unknown, allowed: string): Refused {
  return new Refused(
    value === undefined
      ? `${field} is missing (allowed: ${allowed})`
      : `${field}: ${sourceOf(value)} is not allowed (allowed: ${allowed})`,
  );
}

/** Fields of the caller's own pass; one that is a known field in another spelling would be ignored with a wrong result. */
function misspeltField(request: CalendarRequest): string | undefined {
  const plain = (name: string) => name.toLowerCase().replace(/[^a-z]/g, '');
  for (const name of Object.keys(request)) {
    const meant = FIELDS.find((field) => plain(field) === plain(name));
    if (meant !== undefined && meant !== name) return `'${name}' is not a field here (allowed: '${meant}')`;
  }
  return undefined;
}
