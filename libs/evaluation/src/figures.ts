import type { Instant } from '#libs/calendar';
import type { CancelledAs, JsonObject, Measure, Standard } from '#libs/contract';
import { Decimal } from './decimal.js';
import type { EffectiveFact } from './effective-facts.js';
import { NO_CASE } from './no-case.js';

/**
 * What one item (an instance, a fact) adds to the figures of a standard, placed at an instant. A share or a rate counts
 * `items` below the line and `good` above it; a mean or sum has its value in `sum`; a percentile keeps the value itself.
 */
export interface Contribution {
  readonly at: Instant;
  readonly good: number;
  readonly items: number;
  /** Decided later: the period waits for it. */
  readonly undecided: number;
  /** Decimal; `0` where the measure reads no value. */
  readonly sum: string;
  /** Only of a percentile: the value, in canonical decimal form. */
  readonly value: string | null;
}

/** What of an instance its contribution depends on. */
export interface MeasuredInstance {
  readonly state:
    'met' | 'breached' | 'running' | 'paused' | 'cancelled' | 'excused' | 'unknown' | 'faulted' | 'withdrawn';
  readonly startedAt: Instant;
  readonly dueAt: Instant | null;
  /** In the rule's own counting; read of a cancelled instance only. */
  readonly elapsedMillis: number;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly priority: string;
}

/** True where an item of the standard placed at the instant does not count: an accepted exemption, a maintenance window. */
export type Exempt = (standard: string, at: Instant) => boolean;

type InstanceMeasure = Extract<Measure, { by: 'instances' }>;
type FactMeasure = Extract<Measure, { by: 'facts' }>;

export function contributionOfInstance(
  standard: Standard & { readonly measure: InstanceMeasure },
  instance: MeasuredInstance,
  exempt: Exempt,
): Contribution | null {
  const { measure } = standard;
  const at = measure.placedBy === 'start' ? instance.startedAt : instance.dueAt;
  if (at === null || leftOut(standard, at, exempt)) return null;
  if (measure.where !== null && !measure.where(instance.dimensions, instance.priority, instance.startedAt)) return null;
  const outcome = outcomeOf(measure, instance);
  if (outcome === 'excluded') return null;
  if (outcome === 'undecided') return { at, good: 0, items: 0, undecided: 1, sum: '0', value: null };
  return { at, good: outcome === 'met' ? 1 : 0, items: 1, undecided: 0, sum: '0', value: null };
}

function outcomeOf(measure: InstanceMeasure, instance: MeasuredInstance): CancelledAs | 'undecided' {
  switch (instance.state) {
    case 'met':
      return 'met';
    case 'breached':
      return 'missed';
    case 'cancelled': {
      const { thresholdMillis, within, beyond } = measure.cancelled;
      return thresholdMillis !== null && instance.elapsedMillis <= thresholdMillis ? within : beyond;
    }
    case 'excused':
    case 'withdrawn':
      return 'excluded';
    case 'running':
    case 'paused':
    case 'unknown':
    case 'faulted':
      return measure.undecided === 'wait' ? 'undecided' : 'excluded';
  }
}

/** A fact may count above the line, below it, or both; null: it is no item of the standard. */
export function contributionOfFact(
  standard: Standard & { readonly measure: FactMeasure },
  fact: EffectiveFact,
  exempt: Exempt,
): Contribution | null {
  const { measure } = standard;
  const at = fact.occurredAt;
  const counts = matches(measure.of, fact);
  const below = measure.figure === 'rate' ? matches(measure.per, fact) : counts;
  if ((!counts && !below) || leftOut(standard, at, exempt)) return null;
  const one = { at, undecided: 0, sum: '0', value: null };
  switch (measure.figure) {
    case 'share':
      return { ...one, good: matches(measure.good, fact) ? 1 : 0, items: 1 };
    case 'count':
      return { ...one, good: 1, items: 1 };
    case 'rate':
      return { ...one, good: counts ? 1 : 0, items: below ? 1 : 0 };
    case 'mean':
    case 'sum':
    case 'percentile': {
      const value = numberIn(fact.data, measure.field);
      if (value === null) return null;
      return measure.figure === 'percentile'
        ? { ...one, good: 0, items: 1, value }
        : { ...one, good: 0, items: 1, sum: value };
    }
  }
}

function matches(triggers: FactMeasure['of'], fact: EffectiveFact): boolean {
  return triggers.some((trigger) => trigger.on === fact.type && trigger.holds(fact.data, NO_CASE, fact.occurredAt));
}

/** A number as written in JSON, or a decimal in text. */
function numberIn(data: JsonObject, field: string): string | null {
  const value = data[field];
  if (typeof value === 'number') return new Decimal(value).toString();
  return typeof value === 'string' && /^-?\d{1,30}(\.\d{1,30})?$/.test(value) ? new Decimal(value).toString() : null;
}

function leftOut(standard: Standard, at: Instant, exempt: Exempt): boolean {
  return standard.excluded.some((span) => span.from <= at && at < span.to) || exempt(standard.id, at);
}

/** All that was contributed within one minute. Exact: counts are whole, sums are decimals. */
interface Bucket {
  good: number;
  items: number;
  undecided: number;
  sum: Decimal;
  readonly values: Map<string, number> | null;
}

export interface Totals {
  readonly good: number;
  readonly items: number;
  readonly undecided: number;
  readonly sum: Decimal;
  /** Values with their counts, ascending; null for measures that keep none. */
  readonly values: readonly (readonly [value: Decimal, count: number])[] | null;
}

const MINUTE = 60_000;
const ZERO = new Decimal(0);

/** Counters of one standard by minute. Adding what was added and taking it away again leaves nothing. */
export class Figures {
  private readonly buckets = new Map<number, Bucket>();
  private sorted: number[] | null = null;

  /** @param times -1 takes away what was added; another number adds what so many items of the same value came to */
  add({ at, good, items, undecided, sum, value }: Contribution, times = 1): void {
    const minute = Math.floor(at / MINUTE);
    let bucket = this.buckets.get(minute);
    if (bucket === undefined) {
      bucket = {
        good: 0,
        items: 0,
        undecided: 0,
        sum: ZERO,
        values: value === null ? null : new Map<string, number>(),
      };
      this.buckets.set(minute, bucket);
      this.sorted = null;
    }
    bucket.good += times * good;
    bucket.items += times * items;
    bucket.undecided += times * undecided;
    if (sum !== '0') bucket.sum = bucket.sum.plus(new Decimal(sum).times(times));
    if (value !== null) {
      const values = bucket.values!;
      const count = (values.get(value) ?? 0) + times;
      if (count === 0) values.delete(value);
      else values.set(value, count);
    }
  }

  /** Totals of the half-open span [from, to); its ends lie on whole minutes. */
  totals(from: Instant, to: Instant): Totals {
    this.sorted ??= [...this.buckets.keys()].sort((a, b) => a - b);
    let good = 0;
    let items = 0;
    let undecided = 0;
    let sum = ZERO;
    const values = new Map<string, number>();
    let keepsValues = false;
    const last = Math.ceil(to / MINUTE);
    for (let at = lowerBound(this.sorted, Math.floor(from / MINUTE)); at < this.sorted.length; at++) {
      const minute = this.sorted[at]!;
      if (minute >= last) break;
      const bucket = this.buckets.get(minute)!;
      good += bucket.good;
      items += bucket.items;
      undecided += bucket.undecided;
      if (!bucket.sum.isZero()) sum = sum.plus(bucket.sum);
      if (bucket.values === null) continue;
      keepsValues = true;
      for (const [value, count] of bucket.values) values.set(value, (values.get(value) ?? 0) + count);
    }
    const sortedValues = keepsValues
      ? [...values].map(([value, count]) => [new Decimal(value), count] as const).sort(([a], [b]) => a.comparedTo(b))
      : null;
    return { good, items, undecided, sum, values: sortedValues };
  }
}

function lowerBound(sorted: readonly number[], wanted: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
