import { formatDay, parseDay } from './day-text.js';
import type { Instant } from './model.js';

const DAY_MILLIS = 86_400_000;
/** `00` to `59`. */
const TWO: readonly string[] = Array.from({ length: 60 }, (_, value) => String(value).padStart(2, '0'));

/** Written lately, by a number that follows from the instant: what judges writes the same few over and over. */
const REMEMBERED = 61;
const lately = new Float64Array(REMEMBERED).fill(NaN);
const textOfLately = new Array<string>(REMEMBERED).fill('');

/** RFC 3339 in UTC: `2026-03-24T05:04:47Z`; a fraction only when there is one, without trailing zeros. */
export function formatInstant(at: Instant): string {
  const place = Math.abs(at % REMEMBERED);
  if (lately[place] === at) return textOfLately[place]!;
  const text = writtenInstant(at);
  if (Number.isInteger(place)) {
    lately[place] = at;
    textOfLately[place] = text;
  }
  return text;
}

function writtenInstant(at: Instant): string {
  const day = Math.floor(at / DAY_MILLIS);
  const millis = at - day * DAY_MILLIS;
  const seconds = Math.floor(millis / 1000);
  const clock = `${TWO[Math.floor(seconds / 3600)]}:${TWO[Math.floor(seconds / 60) % 60]}:${TWO[seconds % 60]}`;
  const fraction =
    millis % 1000 === 0
      ? ''
      : `.${String(millis % 1000)
          .padStart(3, '0')
          .replace(/0+$/, '')}`;
  // Put together from its end, it is a text of two parts and not of four: records hold very many of them.
  const time = `${clock}${fraction}Z`;
  return `${formatDay(day)}T${time}`;
}

/**
 * Reads RFC 3339 with an offset (`2026-03-24T13:04:47.963+08:00`); undefined for any other form, for dates and hours
 * that do not exist and for leap seconds, which epoch time has no number for. What is finer than a millisecond is cut.
 */
export function parseInstant(text: string): Instant | undefined {
  return ofPlainUtc(text) ?? ofAnyForm(text);
}

/** `2026-03-24T05:04:47Z`, or with up to three digits behind a point, as machines write it; undefined for anything else. */
function ofPlainUtc(text: string): Instant | undefined {
  const { length } = text;
  const places = length - 21;
  const hasFraction = places >= 1 && places <= 3 && text.charCodeAt(19) === 0x2e;
  if ((length !== 20 && !hasFraction) || text.charCodeAt(length - 1) !== 0x5a) return undefined;
  if (text.charCodeAt(10) !== 0x54 || text.charCodeAt(13) !== 0x3a || text.charCodeAt(16) !== 0x3a) return undefined;
  const day = parseDay(text.slice(0, 10));
  const hours = digits(text, 11, 2);
  const minutes = digits(text, 14, 2);
  const seconds = digits(text, 17, 2);
  const millis = hasFraction ? digits(text, 20, places) * 10 ** (3 - places) : 0;
  // What is no digit makes the number NaN, and NaN is at most nothing.
  if (day === undefined || !(hours <= 23 && minutes <= 59 && seconds <= 59 && millis <= 999)) return undefined;
  return day * DAY_MILLIS + ((hours * 60 + minutes) * 60 + seconds) * 1000 + millis;
}

function digits(text: string, from: number, count: number): number {
  let value = 0;
  for (let index = from; index < from + count; index++) {
    const digit = text.charCodeAt(index) - 0x30;
    if (digit < 0 || digit > 9) return NaN;
    value = 10 * value + digit;
  }
  return value;
}

function ofAnyForm(text: string): Instant | undefined {
  const match = /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/.exec(text);
  if (match === null) return undefined;
  const day = parseDay(match[1] ?? '');
  const [hours, minutes, seconds] = [Number(match[2]), Number(match[3]), Number(match[4])];
  const [offsetHours, offsetMinutes] = [Number(match[7] ?? 0), Number(match[8] ?? 0)];
  if (day === undefined || hours > 23 || minutes > 59 || seconds > 59) return undefined;
  if (offsetHours > 23 || offsetMinutes > 59) return undefined;
  const millis = Number((match[5] ?? '').slice(0, 3).padEnd(3, '0'));
  const offset = (offsetHours * 60 + offsetMinutes) * (match[6] === '-' ? -60_000 : 60_000);
  return day * DAY_MILLIS + ((hours * 60 + minutes) * 60 + seconds) * 1000 + millis - offset;
}
