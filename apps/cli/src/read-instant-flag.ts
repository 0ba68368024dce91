import { parseInstant, type Instant } from '#libs/calendar';
import { Failure } from './failure.js';

/** The instant of a flag; undefined where the flag is not given. */
export function readInstantFlag(flag: string, text: string | undefined): Instant | undefined {
  if (text === undefined) return undefined;
  const at = parseInstant(text);
  if (at === undefined) {
    throw new Failure(
      2,
      `${flag} '${text}': an RFC 3339 instant with offset was expected, e.g. 2026-04-01T00:00:00+08:00`,
    );
  }
  return at;
}
