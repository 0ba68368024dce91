import { z } from 'zod';
import { parseDay } from './day-text.js';
import { HOLIDAY_REGIONS } from './holiday-data.js';
import { isZone } from './zone-year.js';

/** Years for which the local time of zones is computed at all. */
export const FIRST_YEAR = 1970;
export const LAST_YEAR = 2200;

/** Opening window as minutes of its date; `to` beyond 1440 lies on the next date. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

export const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** Names that stand for several weekdays. */
export const WEEKDAY_GROUPS = {
  'every-day': WEEKDAYS,
  'monday-friday': ['monday', 'tuesday', 'wednesday', 'thursday', 'friday'],
  'monday-saturday': ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'],
  'saturday-sunday': ['saturday', 'sunday'],
} as const satisfies Readonly<Record<string, readonly Weekday[]>>;

const CLOCK = '([01]\\d|2[0-3]):[0-5]\\d';
const WINDOW = new RegExp(`^${CLOCK}-(${CLOCK}|24:00)$`);
const WINDOW_MESSAGE =
  "allowed: a window 'HH:MM-HH:MM', start unlike end, e.g. '09:00-12:00', '18:00-24:00', over midnight '22:00-06:00'";

const windowText = z
  .string(WINDOW_MESSAGE)
  .regex(WINDOW, WINDOW_MESSAGE)
  .refine((text) => readWindow(text).from !== readWindow(text).to, WINDOW_MESSAGE)
  .describe('Opening window in local time; an end before the start lies on the next date.');

const hours = z
  .union([
    z.literal('closed', "allowed: 'closed' or a list of windows"),
    z.array(windowText).min(1, "allowed: 'closed' or at least one window").max(24),
  ])
  .describe("'closed', or the opening windows of a day.");

const date = z
  .string("allowed: a date 'YYYY-MM-DD'")
  .regex(/^\d{4}-\d{2}-\d{2}$/, "allowed: a date 'YYYY-MM-DD'")
  .refine((text) => parseDay(text) !== undefined, "allowed: a date 'YYYY-MM-DD' that exists");

const year = z.int().min(FIRST_YEAR).max(LAST_YEAR);

const weekly = z.strictObject({
  monday: hours.optional(),
  tuesday: hours.optional(),
  wednesday: hours.optional(),
  thursday: hours.optional(),
  friday: hours.optional(),
  saturday: hours.optional(),
  sunday: hours.optional(),
  'every-day': hours.optional(),
  'monday-friday': hours.optional(),
  'monday-saturday': hours.optional(),
  'saturday-sunday': hours.optional(),
});

const holidays = z.strictObject({
  package: z
    .enum(HOLIDAY_REGIONS)
    .optional()
    .describe('Region of the kept holiday data, make-up working days included.'),
  dates: z.array(date).max(10_000).optional().describe('Holidays, one by one; together with a package they add to it.'),
  makeUpDates: z.array(date).max(10_000).optional().describe('Rest days that are worked in exchange for a holiday.'),
  hours: hours.optional().describe('What is open on a holiday; closed where it is not given.'),
  makeUpHours: z
    .union([
      z.enum(WEEKDAYS, `allowed: a weekday (${WEEKDAYS.join(', ')}) or a list of windows`),
      z.array(windowText).min(1).max(24),
    ])
    .optional()
    .describe('What is open on a make-up working day: the hours of a weekday, or windows.'),
});

export const calendarFile = z.strictObject({
  id: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'allowed: small letters, digits and hyphens, at most 63')
    .describe('Name by which contracts refer to the calendar.'),
  title: z.strictObject({ 'zh-CN': z.string().min(1), en: z.string().min(1) }).optional(),
  zone: z
    .string()
    .refine(isZone, "allowed: a name of the IANA time zone database, e.g. 'Asia/Shanghai'")
    .describe('IANA time zone of all dates and hours of the file.'),
  weekly: weekly.describe('The ordinary week; every weekday stands in it exactly once, alone or in a group.'),
  holidays: holidays.optional(),
  years: z
    .strictObject({ first: year, last: year })
    .optional()
    .describe('Years the file answers for; leaving them is an error. Needed where holidays are listed by date.'),
  dates: z.record(date, hours).optional().describe('Hours of single dates, over weekdays, holidays and make-up days.'),
});

export type CalendarFile = z.infer<typeof calendarFile>;
export type Hours = z.infer<typeof hours>;

/** JSON Schema (draft 2020-12) of a calendar file, for editors. */
export function calendarJsonSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(calendarFile, { io: 'input' }), title: 'Pactwatch calendar' };
}

/** Takes text that the schema has passed. */
export function readWindow(text: string): Window {
  const [from = 0, to = 0] = text.split('-').map((clock) => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3)));
  return { from, to: to < from ? to + 1440 : to };
}
