/** A duration in one unit; several cannot be added up without a calendar. */
export type ParsedDuration =
  { readonly millis: number } | { readonly days: number } | { readonly months: number } | { readonly years: number };

const HOUR_MILLIS = 3_600_000;
const MINUTE_MILLIS = 60_000;
const SECOND_MILLIS = 1000;

/** ISO 8601 of milliseconds: `PT2H7M33S`, `PT0S`, `PT27H` (hours are not folded into days), `PT0.5S`, `-PT2H`. */
export function formatDuration(millis: number): string {
  if (millis === 0) return 'PT0S';
  const size = Math.abs(millis);
  const hours = Math.floor(size / HOUR_MILLIS);
  const minutes = Math.floor(size / MINUTE_MILLIS) % 60;
  const seconds = Math.floor(size / SECOND_MILLIS) % 60;
  const fraction =
    size % 1000 === 0
      ? ''
      : `.${String(size % 1000)
          .padStart(3, '0')
          .replace(/0+$/, '')}`;
  const secondsText = seconds === 0 && fraction === '' ? '' : `${seconds}${fraction}S`;
  return `${millis < 0 ? '-' : ''}PT${hours === 0 ? '' : `${hours}H`}${minutes === 0 ? '' : `${minutes}M`}${secondsText}`;
}

/** ISO 8601 of a number of days: `P9D`, `P0D`, `-P2D`. */
export function formatDays(count: number): string {
  return `${count < 0 ? '-' : ''}P${Math.abs(count)}D`;
}

/**
 * Reads an ISO 8601 duration that has one unit: a time (`PT1H30M`, `PT0.5S`, whole milliseconds), days (`P9D`, weeks as
 * seven days), months, or years (`P1Y6M` is 18 months). A leading minus turns it round. Undefined for any other
 * form, mixtures such as `P1DT2H` or `P1M3D` included: how long those are depends on where they start.
 */
export function parseDuration(text: string): ParsedDuration | undefined {
  const match =
    /^(-)?P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?=\d)(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?$/.exec(
      text,
    );
  if (match === null) return undefined;
  const [, minus, years, months, weeks, days, hours, minutes, seconds] = match;
  const sign = (value: number): number => (minus === undefined || value === 0 ? value : -value);
  const kinds = [
    years !== undefined || months !== undefined,
    weeks !== undefined || days !== undefined,
    hours !== undefined || minutes !== undefined || seconds !== undefined,
  ];
  if (kinds.filter((used) => used).length !== 1) return undefined;
  if (kinds[2] === true) {
    const millis = timeMillis(hours, minutes, seconds);
    return millis === undefined ? undefined : { millis: sign(millis) };
  }
  const count =
    kinds[1] === true
      ? Number(weeks ?? 0) * 7 + Number(days ?? 0)
      : months === undefined
        ? Number(years)
        : Number(years ?? 0) * 12 + Number(months);
  if (!Number.isSafeInteger(count)) return undefined;
  if (kinds[1] === true) return { days: sign(count) };
  return months === undefined ? { years: sign(count) } : { months: sign(count) };
}

/** Undefined for parts of a millisecond, and where another unit than the smallest one given has a fraction. */
function timeMillis(...[hours, minutes, seconds]: (string | undefined)[]): number | undefined {
  const parts = [
    { text: hours, unit: HOUR_MILLIS },
    { text: minutes, unit: MINUTE_MILLIS },
    { text: seconds, unit: SECOND_MILLIS },
  ].filter((part): part is { text: string; unit: number } => part.text !== undefined);
  let millis = 0;
  for (const [index, { text, unit }] of parts.entries()) {
    const [whole = '', fraction = ''] = text.split('.');
    if (fraction.length > 9 || (fraction !== '' && index < parts.length - 1)) return undefined;
    const part = (unit * Number(fraction)) / 10 ** fraction.length;
    if (!Number.isInteger(part)) return undefined;
    millis += unit * Number(whole) + part;
  }
  return Number.isSafeInteger(millis) ? millis : undefined;
}
