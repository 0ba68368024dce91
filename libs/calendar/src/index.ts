export type { Calendar, Day, DayPeriod, DayUnit, Instant, Interval } from './model.js';
export { UncoveredYearError } from './uncovered-year-error.js';
export { readCalendar } from './read-calendar.js';
export { calendarJsonSchema } from './calendar-file.js';
export { calendarOperation, type CalendarRequest, type CalendarResult } from './calendar-operation.js';
export { formatInstant, parseInstant } from './instant-text.js';
export { formatDuration, formatDays, parseDuration, type ParsedDuration } from './duration-text.js';
export { formatDay, parseDay } from './day-text.js';
export { addMonths, dateOfDay, dayOfDate, weekdayOf, type CivilDate } from './civil-date.js';
