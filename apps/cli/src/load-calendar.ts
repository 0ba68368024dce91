import { readCalendar, type Calendar } from '#libs/calendar';
import { problemsFailure } from './failure.js';
import { readWhole } from './read-input.js';

/** The calendar of a file, or the failure that lists its problems. */
export function loadCalendar(file: string): Calendar {
  const read = readCalendar(file, readWhole(file).toString('utf8'));
  if (!read.ok) throw problemsFailure(read.problems);
  return read.value;
}
