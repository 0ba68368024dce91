import { parseInstant, type Instant } from '#libs/calendar';
import { DEFAULT_LIMIT, DIMENSION_PREFIX, MAX_LIMIT, type Parameter } from './parameter.js';
import { readPeriod, type Period } from './period.js';

/** As the HTTP server hands it over: a name given twice is a list. */
export type RawQuery = Readonly<Record<string, unknown>>;

/** What is wrong with a parameter: its name, and a sentence with the value and what is allowed. */
export interface ParameterProblem {
  readonly field: string;
  readonly detail: string;
}

const FIRST_INSTANT = parseInstant('0001-01-01T00:00:00Z') ?? 0;
const LAST_INSTANT = parseInstant('9999-12-31T23:59:59Z') ?? 0;
const INSTANT_ALLOWED = 'allowed: an RFC 3339 instant with offset such as 2026-03-31T16:00:00Z';
const MAX_VALUES = 200;

/** Reads the parameters of one request and gathers everything that is wrong with them. */
export class Query {
  readonly problems: ParameterProblem[] = [];
  private readonly values = new Map<string, readonly string[]>();

  constructor(
    raw: RawQuery,
    private readonly parameters: readonly Parameter[],
  ) {
    const withDimensions = parameters.some((parameter) => parameter.name === 'dimension');
    for (const [name, given] of Object.entries(raw)) {
      const values = (Array.isArray(given) ? given : [given]).map((value) => String(value));
      const parameter = parameters.find((known) => known.name === name);
      const isDimension = withDimensions && name.startsWith(DIMENSION_PREFIX) && name.length > DIMENSION_PREFIX.length;
      if ((parameter === undefined && !isDimension) || name.includes('\u0000')) {
        this.refuse(name, `'${name}' is not a parameter here (${allowedNames(parameters)})`);
      } else if (values.length > 1 && parameter?.repeats !== true) {
        this.refuse(name, `given ${values.length} times (allowed: once)`);
      } else if (values.length > MAX_VALUES) {
        this.refuse(name, `given ${values.length} times (allowed: at most ${MAX_VALUES})`);
      } else if (values.some((value) => value === '' || value.includes('\u0000'))) {
        this.refuse(name, 'a value is empty or holds a NUL character (allowed: text of at least one character)');
      } else {
        this.values.set(name, values);
      }
    }
  }

  refuse(field: string, detail: string): void {
    this.problems.push({ field, detail });
  }

  text(name: string): string | undefined {
    return this.values.get(name)?.[0];
  }

  texts(name: string): readonly string[] | undefined {
    return this.values.get(name);
  }

  /** Values of a closed list; several also in one value, parted by commas. */
  choices(name: string): readonly string[] | undefined {
    const allowed = this.parameters.find((one) => one.name === name)?.choices ?? [];
    const values = this.values.get(name)?.flatMap((value) => value.split(','));
    for (const value of values ?? []) {
      if (!allowed.includes(value)) this.refuse(name, `'${value}' is not known (allowed: ${allowed.join(', ')})`);
    }
    return values;
  }

  choice(name: string): string | undefined {
    return this.choices(name)?.[0];
  }

  instant(name: string): Instant | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : this.instantOf(name, text);
  }

  /** Half-open, from `from` and `to` or from `time=FROM/TO`. */
  span(): { readonly from?: Instant | undefined; readonly to?: Instant | undefined } | undefined {
    const from = this.instant('from');
    const to = this.instant('to');
    const time = this.text('time');
    if (time === undefined) return from === undefined && to === undefined ? undefined : { from, to };
    if (from !== undefined || to !== undefined) {
      this.refuse('time', 'given beside from or to (allowed: one of the two ways)');
      return undefined;
    }
    const ends = time.split('/');
    if (ends.length !== 2) {
      this.refuse('time', `'${time}' is not a span (allowed: FROM/TO, two instants; .. leaves an end open)`);
      return undefined;
    }
    const [begin, end] = ends.map((text) => (text === '..' ? undefined : this.instantOf('time', text)));
    return { from: begin, to: end };
  }

  period(): Period | undefined {
    const text = this.text('period');
    if (text === undefined) return undefined;
    const period = readPeriod(text);
    if (period === undefined) {
      this.refuse('period', `'${text}' is not a period (allowed: 2026, 2026-Q1, 2026-03 or 2026-03-31)`);
    }
    return period;
  }

  /** From `dimension.NAME=VALUE` and `dimension=NAME:VALUE`. */
  dimensions(): Readonly<Record<string, string>> | undefined {
    const pairs: [string, string][] = [];
    for (const [name, values] of this.values) {
      if (name.startsWith(DIMENSION_PREFIX)) pairs.push([name.slice(DIMENSION_PREFIX.length), values[0] ?? '']);
    }
    for (const text of this.values.get('dimension') ?? []) {
      const colon = text.indexOf(':');
      if (colon < 1) this.refuse('dimension', `'${text}' is not a dimension (allowed: NAME:VALUE)`);
      else pairs.push([text.slice(0, colon), text.slice(colon + 1)]);
    }
    return pairs.length === 0 ? undefined : Object.fromEntries(pairs);
  }

  limit(): number {
    const text = this.text('limit');
    if (text === undefined) return DEFAULT_LIMIT;
    const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0;
    if (limit >= 1 && limit <= MAX_LIMIT) return limit;
    this.refuse('limit', `'${text}' is not a page size (allowed: 1 to ${MAX_LIMIT})`);
    return DEFAULT_LIMIT;
  }

  private instantOf(name: string, text: string): Instant | undefined {
    // An offset's plus sign that was not percent-encoded arrives as a space.
    const at = parseInstant(text.replace(/ (\d\d:\d\d)$/, '+$1'));
    if (at !== undefined && at >= FIRST_INSTANT && at <= LAST_INSTANT) return at;
    this.refuse(name, `'${text}' is not an instant (${INSTANT_ALLOWED})`);
    return undefined;
  }
}

function allowedNames(parameters: readonly Parameter[]): string {
  if (parameters.length === 0) return 'allowed: none';
  const names = parameters.map((parameter) => parameter.name);
  if (names.includes('dimension')) names.push(`${DIMENSION_PREFIX}NAME`);
  return `allowed: ${names.join(', ')}`;
}
