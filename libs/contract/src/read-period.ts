import { parseDuration, type Calendar } from '#libs/calendar';
import type { Budget } from './model.js';
import { unknownName } from './nearest-name.js';

export type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly message: string };

const ALLOWED =
  "'PT24H round the clock', 'PT4H working time', '3 working days', '7 calendar days', '1 month', '3 years', each with 'of CALENDAR', days also with 'ending at close' or 'ending at 24:00'";
const TIME = /^(P\S+) (round the clock|working time)(?: of (\S+))?$/;
const DAYS = /^(\d{1,5}) (working day|calendar day|month|year)s?(?: of (\S+?))?(?: ending at (close|24:00))?$/;

/**
 * Reads how long something may take: `PT30M round the clock`, `PT4H working time of cn-staffed`, `3 working days`,
 * `7 calendar days ending at close`. Working days end at close of business and the other counted periods at 24:00
 * where nothing else is written. Gives undefined for a period that is well written where the contract's own calendar,
 * in which it counts, is not known.
 */
export function readPeriod(
  text: string,
  calendar: Calendar | undefined,
  calendars: ReadonlyMap<string, Calendar>,
): Read<Budget | undefined> {
  const time = TIME.exec(text);
  const days = DAYS.exec(text);
  const named = time?.[3] ?? days?.[3];
  const used = named === undefined ? calendar : calendars.get(named);
  if (time === null && days === null) return refused(`'${text}' is no period (allowed: ${ALLOWED})`);
  if (used === undefined && named !== undefined) {
    return refused(`'${text}': ${unknownName('calendar', named, calendars.keys())}`);
  }
  if (time !== null) {
    const [, durationText = '', counting] = time;
    const duration = parseDuration(durationText);
    if (duration === undefined || !('millis' in duration) || duration.millis < 0) {
      return refused(
        `'${text}': ${durationText} is no duration in hours, minutes and seconds (allowed: such as PT30M, PT24H)`,
      );
    }
    if (counting === 'working time') {
      const budget = used && { counting: 'working-time' as const, millis: duration.millis, calendar: used, text };
      return { ok: true, value: budget };
    }
    if (named !== undefined)
      return refused(`'${text}': time round the clock needs no calendar (allowed: ${durationText} round the clock)`);
    return { ok: true, value: { counting: 'elapsed-time', millis: duration.millis, text } };
  }
  const [, count, unit, , ends] = days ?? [];
  const counting = `${unit?.replace(' ', '-') ?? ''}s` as 'working-days' | 'calendar-days' | 'months' | 'years';
  if (Number(count) === 0) return refused(`'${text}' counts no day (allowed: from 1)`);
  const endsAt = ends === 'close' || ends === '24:00' ? ends : counting === 'working-days' ? 'close' : '24:00';
  return { ok: true, value: used && { counting, count: Number(count), calendar: used, endsAt, text } };
}

function refused(message: string): { ok: false; message: string } {
  return { ok: false, message };
}
