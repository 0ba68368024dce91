import { parseDuration } from '#libs/calendar';
import type { Language } from '#libs/contract';

/**
 * An ISO 8601 duration in words: `2 小时 7 分`, `2 h 7 min`; days by what they count: `3 个工作日`, `3 working days`.
 *
 * @param counting how the rule counts, as `because.counting` has it (what follows a comma there says where days end);
 * without it, days are plain days and time is plain time. What is no duration comes back as it is.
 */
export function describeDuration(iso: string, language: Language, counting = ''): string {
  const parsed = parseDuration(iso);
  const [way = ''] = counting.split(',');
  if (parsed === undefined) return iso;
  if ('millis' in parsed) return describeTime(parsed.millis, language, way === 'working-time');
  if ('days' in parsed) return describeDays(parsed.days, language, way);
  if ('months' in parsed) return language === 'zh-CN' ? `${parsed.months} 个月` : plural(parsed.months, 'month');
  return language === 'zh-CN' ? `${parsed.years} 年` : plural(parsed.years, 'year');
}

/** True for `PT0S`, `P0D` and their like: nothing to speak of. */
export function isZeroDuration(iso: string): boolean {
  const parsed = parseDuration(iso);
  return parsed !== undefined && Object.values(parsed).every((amount) => amount === 0);
}

function describeTime(millis: number, language: Language, working: boolean): string {
  const size = Math.abs(millis);
  const parts: string[] = [];
  const hours = Math.floor(size / 3_600_000);
  const minutes = Math.floor((size % 3_600_000) / 60_000);
  const seconds = (size % 60_000) / 1000;
  const zh = language === 'zh-CN';
  if (hours > 0) parts.push(`${hours} ${zh ? '小时' : 'h'}`);
  if (minutes > 0) parts.push(`${minutes} ${zh ? '分' : 'min'}`);
  if (seconds > 0 || parts.length === 0) parts.push(`${seconds} ${zh ? '秒' : 's'}`);
  const text = `${millis < 0 ? '-' : ''}${parts.join(' ')}`;
  if (!working) return text;
  return zh ? `${text}（工作时间）` : `${text} of working time`;
}

function describeDays(days: number, language: Language, way: string): string {
  if (language === 'zh-CN') {
    const unit = way === 'working-days' ? '个工作日' : way === 'calendar-days' ? '个日历日' : '天';
    return `${days} ${unit}`;
  }
  const unit = way === 'working-days' ? 'working day' : way === 'calendar-days' ? 'calendar day' : 'day';
  return plural(days, unit);
}

function plural(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
