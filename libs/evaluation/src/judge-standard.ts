import { formatInstant, type Instant } from '#libs/calendar';
import type { Contract, PartyId, Period, Standard } from '#libs/contract';
import { Decimal } from './decimal.js';
import type { Totals } from './figures.js';
import { isUnknownIn, type Gap } from './gaps.js';

type StandardState = 'met' | 'missed' | 'not-judged' | 'open' | 'unknown';

/** A standard in one of its periods. Decimals as text; `value` null where nothing lies below the line. */
export interface StandardVerdict {
  readonly contract: string;
  readonly standard: string;
  readonly clause: string;
  readonly party: PartyId;
  readonly period: Period;
  readonly numerator: string;
  readonly denominator: string;
  /** The exact quotient: what decides. */
  readonly quotient: Decimal | null;
  readonly target: string;
  readonly sample: number;
  readonly state: StandardState;
  readonly because: StandardBecause;
}

interface StandardBecause {
  readonly version: number;
  readonly contractHash: string;
  readonly clauses: readonly string[];
  readonly rule: string;
  /** What is measured, e.g. `share of inquiry-first-response met, placed by start`. */
  readonly measure: string;
  readonly comparison: 'at-least' | 'at-most';
  readonly minimumSample: number;
  /** Items that are not decided yet. */
  readonly undecided: number;
  /** Local spans whose items are left out. */
  readonly excluded: readonly { readonly from: string; readonly to: string }[];
  readonly challenge?: string;
  /** Gaps of feeds in the period; `to` null while the source is silent. */
  readonly gaps?: readonly { readonly source: string; readonly from: string; readonly to: string | null }[];
}

/** The public record of `evaluate --format json` for a standard. */
export interface StandardRecord {
  readonly kind: 'standard';
  readonly contract: string;
  readonly standard: string;
  readonly clause: string;
  readonly party: PartyId;
  readonly period: string;
  readonly from: string;
  readonly to: string;
  readonly numerator: string;
  readonly denominator: string;
  readonly value: string | null;
  readonly target: string;
  readonly sample: number;
  readonly state: StandardState;
  readonly because: StandardBecause;
}

/**
 * What happened in a period against the target. The period is judged once the clock has reached its end; a gap of a feed that
 * could have told more leaves it unknown until it is filled.
 */
export function judgeStandard(
  contract: Contract,
  standard: Standard,
  period: Period,
  totals: Totals,
  now: Instant,
  gaps: readonly Gap[] = [],
): StandardVerdict {
  const { numerator, denominator, sample, quotient } = figureOf(standard, totals);
  return {
    contract: contract.id,
    standard: standard.id,
    clause: standard.clauses[standard.clauses.length - 1]!,
    party: standard.party,
    period,
    numerator: numerator.toString(),
    denominator: denominator.toString(),
    quotient,
    target: standard.target,
    sample,
    state: stateOf(standard, period, totals, quotient, sample, now, gaps),
    because: {
      version: contract.version,
      contractHash: contract.hash,
      clauses: standard.clauses,
      rule: standard.id,
      measure: describeMeasure(standard),
      comparison: standard.comparison,
      minimumSample: standard.minimumSample,
      undecided: totals.undecided,
      excluded: standard.excluded
        .filter((span) => span.from < period.to && span.to > period.from)
        .map(({ from, to }) => ({ from: formatInstant(from), to: formatInstant(to) })),
      ...(standard.challenge === null ? {} : { challenge: standard.challenge }),
      ...gapsIn(gaps, period),
    },
  };
}

function gapsIn(gaps: readonly Gap[], period: Period): Pick<StandardBecause, 'gaps'> {
  const within = gaps.filter(({ from, to }) => from < period.to && to > period.from);
  if (within.length === 0) return {};
  return {
    gaps: within.map(({ source, from, to }) => ({
      source,
      from: formatInstant(from),
      to: to === Infinity ? null : formatInstant(to),
    })),
  };
}

function figureOf(
  standard: Standard,
  totals: Totals,
): { numerator: Decimal; denominator: Decimal; sample: number; quotient: Decimal | null } {
  const { measure } = standard;
  const items = new Decimal(totals.items);
  const one = new Decimal(1);
  if (measure.by === 'instances' || measure.figure === 'share')
    return over(new Decimal(totals.good), items, totals.items);
  switch (measure.figure) {
    case 'mean':
      return over(totals.sum, items, totals.items);
    case 'sum':
      return over(totals.sum, one, totals.items);
    case 'count':
      return over(new Decimal(totals.good), one, totals.good);
    case 'rate': {
      const figure = over(new Decimal(totals.good), items, totals.items);
      return { ...figure, quotient: figure.quotient?.times(measure.perCount) ?? null };
    }
    case 'percentile': {
      const value = percentileOf(totals, measure.percent);
      return value === null
        ? { numerator: new Decimal(0), denominator: new Decimal(0), sample: 0, quotient: null }
        : over(value, one, totals.items);
    }
  }
}

function over(numerator: Decimal, denominator: Decimal, sample: number) {
  return { numerator, denominator, sample, quotient: denominator.isZero() ? null : numerator.dividedBy(denominator) };
}

/** Nearest rank: the smallest value with at least `percent` of 100 of the values at or below it. */
function percentileOf({ values, items }: Totals, percent: string): Decimal | null {
  if (values === null || items === 0) return null;
  const rank = Decimal.max(1, new Decimal(percent).times(items).dividedBy(100).ceil());
  let seen = 0;
  for (const [value, count] of values) {
    seen += count;
    if (rank.lessThanOrEqualTo(seen)) return value;
  }
  return null;
}

function stateOf(
  standard: Standard,
  period: Period,
  totals: Totals,
  quotient: Decimal | null,
  sample: number,
  now: Instant,
  gaps: readonly Gap[],
): StandardState {
  if (now < period.to) return 'open';
  if (isUnknownIn(gaps, period)) return 'unknown';
  if (totals.undecided > 0) return 'open';
  if (sample < standard.minimumSample || quotient === null) return 'not-judged';
  return reaches(standard, quotient, standard.target) ? 'met' : 'missed';
}

/** Whether a value is as good as a bound, or better. */
function reaches({ comparison }: Pick<Standard, 'comparison'>, value: Decimal, bound: string): boolean {
  return comparison === 'at-least' ? value.greaterThanOrEqualTo(bound) : value.lessThanOrEqualTo(bound);
}

function describeMeasure({ measure }: Standard): string {
  if (measure.by === 'instances') {
    const { cancelled, obligation, placedBy } = measure;
    const threshold =
      cancelled.thresholdMillis === null ? '' : `${cancelled.within} up to ${cancelled.thresholdMillis} ms, then `;
    return `share of ${obligation} met, placed by ${placedBy}; cancelled: ${threshold}${cancelled.beyond}`;
  }
  const of = measure.of.map((trigger) => trigger.on).join(', ');
  switch (measure.figure) {
    case 'share':
      return `share of ${of}`;
    case 'count':
      return `count of ${of}`;
    case 'rate':
      return `${of} per ${measure.perCount} of ${measure.per.map((trigger) => trigger.on).join(', ')}`;
    case 'percentile':
      return `percentile ${measure.percent} of ${measure.field} of ${of}`;
    default:
      return `${measure.figure} of ${measure.field} of ${of}`;
  }
}

/** `value` half up to four places; decisions use the exact quotient (readings 35). */
export function toStandardRecord(verdict: StandardVerdict): StandardRecord {
  const { contract, standard, clause, party, period, numerator, denominator, quotient, target, sample, state } =
    verdict;
  return {
    kind: 'standard',
    contract,
    standard,
    clause,
    party,
    period: period.name,
    from: formatInstant(period.from),
    to: formatInstant(period.to),
    numerator,
    denominator,
    value: quotient === null ? null : quotient.toFixed(4, Decimal.ROUND_HALF_UP),
    target,
    sample,
    state,
    because: verdict.because,
  };
}
