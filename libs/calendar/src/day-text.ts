import { dateOfDay, dayOfDate, daysInMonth } from './civil-date.js';
import type { Day } from './model.js';

/** `2026-03-31`. Years outside 0000 to 9999 in the expanded form of ISO 8601 (`+012026-03-31`). */
export function formatDay(day: Day): string {
  if (day === recent.day) return recent.text;
  const text = textOf(day);
  recent = { day, text };
  return text;
}

/** Times of one case lie close together, so the day written last is often the day written next. */
let recent: { readonly day: Day; readonly text: string } = { day: NaN, text: '' };

function textOf(day: Day): string {
  const { year, month, date } = dateOfDay(day);
  const digits = String(Math.abs(year));
  const yearText =
    year < 0 || year > 9999 ? `${year < 0 ? '-' : '+'}${digits.padStart(6, '0')}` : digits.padStart(4, '0');
  return `${yearText}-${two(month)}-${two(date)}`;
}

/** Reads `2026-03-31`; undefined for any other form and for dates that do not exist. */
export function parseDay(text: string): Day | undefined {
  if (text === read.text && text !== '') return read.day;
  const day = dayOf(text);
  if (day !== undefined) read = { text, day };
  return day;
}

/** The day read last, for the same reason. */
let read: { readonly text: string; readonly day: Day } = { text: '', day: NaN };

function dayOf(text: string): Day | undefined {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (match === null) return undefined;
  const [year, month, date] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (month < 1 || month > 12 || date < 1 || date > daysInMonth(year, month)) return undefined;
  return dayOfDate(year, month, date);
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
