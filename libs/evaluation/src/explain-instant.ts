import { Temporal } from 'temporal-polyfill';
import type { Instant } from '#libs/calendar';
import type { Language } from '#libs/contract';

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

/**
 * An instant in a zone's local time, as people write it: `2026年3月24日 13:04:47`, `24 March 2026, 13:04:47`.
 * Seconds and milliseconds are shown only where they are not zero. A local time that the zone has twice (the hour
 * after daylight saving) carries its offset.
 *
 * @param ends true where the instant ends something: midnight then belongs to the day before, as its 24:00.
 */
export function formatLocal(at: Instant, zone: string, language: Language, ends = false): string {
  const local = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone);
  const plain = local.toPlainDateTime();
  const endsDay = ends && plain.toPlainTime().equals('00:00');
  const date = endsDay ? plain.toPlainDate().subtract({ days: 1 }) : plain.toPlainDate();
  const time = endsDay ? '24:00' : timeOfDay(plain);
  const between = language === 'zh-CN' ? ' ' : ', ';
  return `${dateText(date, language)}${between}${time}${isTwice(plain, zone) ? ` (UTC${local.offset})` : ''}`;
}

/** The local date of an instant: `2026年3月24日`, `24 March 2026`. */
export function formatLocalDate(at: Instant, zone: string, language: Language): string {
  return dateText(Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).toPlainDate(), language);
}

function dateText({ year, month, day }: Temporal.PlainDate, language: Language): string {
  return language === 'zh-CN' ? `${year}年${month}月${day}日` : `${day} ${MONTHS[month - 1]} ${year}`;
}

/** How a sentence names the zone its local times are read in. */
export function describeZone(zone: string, language: Language): string {
  if (language === 'zh-CN') return zone === 'Asia/Shanghai' ? '以上均为北京时间' : `以上均为 ${zone} 当地时间`;
  return `all times local to ${zone}`;
}

function timeOfDay(plain: Temporal.PlainDateTime): string {
  const smallestUnit = plain.millisecond !== 0 ? 'millisecond' : plain.second !== 0 ? 'second' : 'minute';
  return plain.toPlainTime().toString({ smallestUnit });
}

function isTwice(plain: Temporal.PlainDateTime, zone: string): boolean {
  const earlier = plain.toZonedDateTime(zone, { disambiguation: 'earlier' });
  const later = plain.toZonedDateTime(zone, { disambiguation: 'later' });
  return !earlier.toInstant().equals(later.toInstant());
}
