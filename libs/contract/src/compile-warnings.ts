import { parseDuration } from '#libs/calendar';
import type { Warning } from './model.js';
import type { Path, Reading } from './reading.js';

const HOUR_MILLIS = 3_600_000;

/** Shares of the budget, or spans before due. */
export function compileWarnings(
  reading: Reading,
  path: Path,
  written: readonly (string | undefined)[] | undefined,
): Warning[] {
  return (written ?? []).flatMap((text, index): Warning[] => {
    if (text === undefined) return [];
    const at = [...path, 'warnings', index];
    const share = /^(\d{1,3}(?:\.\d+)?)%$/.exec(text)?.[1];
    if (share !== undefined) {
      if (Number(share) > 0 && Number(share) < 100) return [{ kind: 'fraction', fraction: Number(share) / 100, text }];
      reading.report(at, `a warning at ${text} is out of range (allowed: above 0% and below 100%)`);
      return [];
    }
    const millis = durationMillis(text);
    if (millis === undefined || millis <= 0) {
      reading.report(
        at,
        `'${text}' is no warning (allowed: a share such as 80%, or a duration before due such as PT4H or P1D)`,
      );
      return [];
    }
    return [{ kind: 'before-due', millis, text }];
  });
}

/** How long after due a breach is declared, in milliseconds. */
export function compileGrace(reading: Reading, path: Path, written: string | undefined): number {
  if (written === undefined) return 0;
  const millis = durationMillis(written);
  if (millis !== undefined && millis >= 0) return millis;
  reading.report([...path, 'grace'], `'${written}' is no grace (allowed: a duration such as PT0S, PT10M, P1D)`);
  return 0;
}

/** Milliseconds round the clock; undefined where the text is none, or counts months or years. */
export function durationMillis(text: string): number | undefined {
  const duration = parseDuration(text);
  if (duration === undefined) return undefined;
  if ('millis' in duration) return duration.millis;
  return 'days' in duration ? duration.days * 24 * HOUR_MILLIS : undefined;
}
