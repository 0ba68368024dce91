import { Temporal } from 'temporal-polyfill';
import { parseInstant, type Instant } from '#libs/calendar';
import type { READINGS } from './mapping-schema.js';

export type Reading = (typeof READINGS)[number];

/** Reads one text as an instant; undefined where the text does not fit or names no real date. */
export type ReadTime = (text: string) => Instant | undefined;
/** Reads one text as a local date `yyyy-MM-dd`. */
export type ReadDate = (text: string) => string | undefined;

type Part = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second' | 'millisecond' | 'half' | 'offset' | 'shortYear';
type Digits = Partial<Record<Part, string>>;

const TOKENS: readonly (readonly [token: string, part: Part, pattern: string])[] = [
  ['yyyy', 'year', '(\\d{4})'],
  ['yy', 'shortYear', '(\\d{2})'],
  ['MM', 'month', '(\\d{2})'],
  ['M', 'month', '(\\d{1,2})'],
  ['dd', 'day', '(\\d{2})'],
  ['d', 'day', '(\\d{1,2})'],
  ['HH', 'hour', '(\\d{2})'],
  ['H', 'hour', '(\\d{1,2})'],
  ['hh', 'hour', '(\\d{2})'],
  ['h', 'hour', '(\\d{1,2})'],
  ['mm', 'minute', '(\\d{2})'],
  ['m', 'minute', '(\\d{1,2})'],
  ['ss', 'second', '(\\d{2})'],
  ['s', 'second', '(\\d{1,2})'],
  ['SSS', 'millisecond', '(\\d{3})'],
  ['a', 'half', '([AaPp]\\.?[Mm]\\.?)'],
  ['XXX', 'offset', '(Z|[+-]\\d{2}:\\d{2})'],
];
const NAMED = ['rfc3339', 'epoch-seconds', 'epoch-millis'];
const NAMES = TOKENS.map(([token]) => token).join(' ');

/** Why a format cannot be used, as a sentence; undefined where it can. */
export function refuseFormat(format: string, dateOnly: boolean): string | undefined {
  if (NAMED.includes(format)) {
    return dateOnly ? `'${format}' is the format of an instant; a date needs a pattern such as yyyy-MM-dd` : undefined;
  }
  const pattern = compilePattern(format);
  if (typeof pattern === 'string') return pattern;
  for (const part of ['year', 'month', 'day'] as const) {
    if (!pattern.parts.includes(part) && !(part === 'year' && pattern.parts.includes('shortYear'))) {
      return `'${format}' has no ${part} (allowed: ${NAMES}, or ${NAMED.join(', ')})`;
    }
  }
  const twelve = /(^|[^h])h{1,2}([^h]|$)/.test(withoutQuotes(format));
  if (twelve !== pattern.parts.includes('half')) {
    return `'${format}' must have a (AM or PM) together with h or hh; the hour of a day of 24 is H or HH`;
  }
  return undefined;
}

/** Formats must have passed `refuseFormat`, the zone must be one. */
export function timeReader(formats: readonly string[], zone: string, reading: Reading): ReadTime {
  const readers = formats.map((format) => readerOf(format, zone, reading));
  return (text) => {
    for (const read of readers) {
      const at = read(text.trim());
      if (at !== undefined) return at;
    }
    return undefined;
  };
}

export function dateReader(formats: readonly string[]): ReadDate {
  const patterns = formats.map(compilePattern).filter((pattern) => typeof pattern !== 'string');
  return (text) => {
    for (const pattern of patterns) {
      const digits = pattern.read(text.trim());
      const local = digits === undefined ? undefined : localOf(digits);
      if (local !== undefined) return local.toPlainDate().toString();
    }
    return undefined;
  };
}

/** True where the platform knows the zone. */
export function isZone(zone: string): boolean {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone);
    return true;
  } catch {
    return false;
  }
}

function readerOf(format: string, zone: string, reading: Reading): ReadTime {
  if (format === 'rfc3339') return parseInstant;
  if (format === 'epoch-seconds') return (text) => epoch(text, /^-?\d{1,11}(\.\d{1,9})?$/, 1000);
  if (format === 'epoch-millis') return (text) => epoch(text, /^-?\d{1,14}$/, 1);
  const pattern = compilePattern(format);
  if (typeof pattern === 'string') return () => undefined;
  return (text) => {
    const digits = pattern.read(text);
    if (digits === undefined) return undefined;
    const local = localOf(digits);
    if (local === undefined) return undefined;
    if (digits.offset !== undefined) {
      return instantAt(local, digits.offset === 'Z' ? 'UTC' : digits.offset);
    }
    return readings[reading](local, zone);
  };
}

const readings: Record<Reading, (local: Temporal.PlainDateTime, zone: string) => Instant> = {
  local: instantAt,
  utc: (digits) => instantAt(digits, 'UTC'),
  // An exporter that took local digits for UTC and made them "local" once more has subtracted the offset twice. Adding
  // the offset that the zone has at the displayed digits gives the true local digits back.
  'local-minus-offset': (digits, zone) => {
    const shifted = Temporal.Instant.fromEpochMilliseconds(instantAt(digits, zone)).toZonedDateTimeISO('UTC');
    return instantAt(shifted.toPlainDateTime(), zone);
  },
};

function instantAt(local: Temporal.PlainDateTime, zone: string): Instant {
  return local.toZonedDateTime(zone, { disambiguation: 'compatible' }).epochMilliseconds;
}

function epoch(text: string, shape: RegExp, millis: number): Instant | undefined {
  return shape.test(text) ? Math.floor(Number(text) * millis) : undefined;
}

function localOf(digits: Digits): Temporal.PlainDateTime | undefined {
  const number = (text: string | undefined) => (text === undefined ? 0 : Number(text));
  let hour = number(digits.hour);
  if (digits.half !== undefined) {
    if (hour < 1 || hour > 12) return undefined;
    hour = (hour % 12) + (/^p/i.test(digits.half) ? 12 : 0);
  }
  try {
    return Temporal.PlainDateTime.from(
      {
        year: digits.year === undefined ? 2000 + number(digits.shortYear) : number(digits.year),
        month: number(digits.month),
        day: number(digits.day),
        hour,
        minute: number(digits.minute),
        second: number(digits.second),
        millisecond: number(digits.millisecond),
      },
      { overflow: 'reject' },
    );
  } catch {
    return undefined;
  }
}

interface Pattern {
  readonly parts: readonly Part[];
  readonly read: (text: string) => Digits | undefined;
}

/** The compiled pattern, or a sentence that says why there is none. */
function compilePattern(format: string): Pattern | string {
  const parts: Part[] = [];
  let source = '';
  for (let at = 0; at < format.length;) {
    if (format[at] === "'") {
      const end = format.indexOf("'", at + 1);
      if (end < 0) return `'${format}' opens a quote that it does not close`;
      source += escape(end === at + 1 ? "'" : format.slice(at + 1, end));
      at = end + 1;
      continue;
    }
    const run = /^([A-Za-z])\1*/.exec(format.slice(at))?.[0];
    if (run === undefined) {
      source += escape(format[at] ?? '');
      at += 1;
      continue;
    }
    const token = TOKENS.find(([name]) => name === run);
    if (token === undefined) {
      return `'${run}' in '${format}' is not known (allowed: ${NAMES}, text in 'quotes', or ${NAMED.join(', ')})`;
    }
    if (parts.includes(token[1])) return `'${format}' has the ${token[1]} twice`;
    parts.push(token[1]);
    source += token[2];
    at += run.length;
  }
  const expression = new RegExp(`^${source}$`);
  return {
    parts,
    read: (text) => {
      const match = expression.exec(text);
      if (match === null) return undefined;
      return Object.fromEntries(parts.map((part, index) => [part, match[index + 1]])) as Digits;
    },
  };
}

function withoutQuotes(format: string): string {
  return format.replace(/'[^']*'/g, '');
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
