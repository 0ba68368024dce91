export type { Calendar, Day, Instant } from './model.js';
export { UncoveredYearError } from './uncovered-year-error.js';
export { readCalendar } from './read-calendar.js';
export { calendarOperation } from './calendar-operation.js';
export { formatInstant, parseInstant } from './instant-text.js';
export { formatDuration, formatDays, parseDuration } from './duration-text.js';
export { parseDay } from './day-text.js';
