import type { Instant } from '#libs/calendar';
import type { Period } from '#libs/contract';
import { closingInstant } from './closing-instant.js';
import type { Circumstances } from './circumstances.js';
import { countedKey, countedStandards, spanBeginAt, type CountedStandard } from './counted-standards.js';
import type { ContractVersions } from './contract-versions.js';
import { Figures, type Contribution } from './figures.js';
import { judgeStandard, type StandardVerdict } from './judge-standard.js';
import { compareCodePoints } from './order-facts.js';
import type { RecordedStandard } from './standard-decision.js';

type Gaps = Circumstances['gaps'];

const NOTHING = new Figures();

/** A standard in one of the periods that its version judges. */
export interface CountedPeriod {
  readonly counted: CountedStandard;
  readonly period: Period;
}

/** What was counted for a standard of a version within a span that no bound of a period divides. */
export interface CountedSpan extends Omit<Contribution, 'at'> {
  readonly version: number;
  readonly standard: string;
  /** An instant of the span. */
  readonly at: Instant;
}

/** What is counted of one contract: the totals of every period at hand, and what was recorded when periods closed. */
export class ContractStandards {
  /** By `version/standard`: totals between the bounds of its periods, so that overlapping periods share them. */
  private readonly figures = new Map<string, Figures>();
  private readonly records = new Map<string, RecordedStandard>();
  private readonly closed = new Set<string>();
  /** By `version/standard`: the greatest end of a closed period. What lies behind it changes none. */
  private readonly closedTo = new Map<string, Instant>();
  /** By `version/standard`: begins of spans of closed periods in which something was counted since these were looked at. */
  private readonly changed = new Map<string, Set<Instant>>();

  /** @param times as in `Figures.add` */
  add(versions: ContractVersions, one: CountedSpan, times: number): void {
    const key = countedKey(one.version, one.standard);
    const counted = countedStandards(versions).byKey.get(key);
    const begin = counted === undefined ? undefined : spanBeginAt(counted, one.at);
    if (begin === undefined) return;
    let figures = this.figures.get(key);
    if (figures === undefined) this.figures.set(key, (figures = new Figures()));
    const { good, items, undecided, sum, value } = one;
    figures.add({ at: begin, good, items, undecided, sum, value }, times);
    if (begin < (this.closedTo.get(key) ?? -Infinity)) this.note(key, begin);
  }

  /** Takes over what was counted before; of a value (percentiles) `items` says how often it is there. */
  restore(versions: ContractVersions, one: CountedSpan): void {
    if (one.value === null) this.add(versions, one, 1);
    else this.add(versions, { ...one, items: 1 }, one.items);
  }

  record(recorded: RecordedStandard): void {
    this.records.set(`${recorded.standard}/${recorded.period}`, recorded);
  }

  /** What was recorded last about a standard in a period; undefined before its close. */
  recorded(standard: string, period: string): RecordedStandard | undefined {
    return this.records.get(`${standard}/${period}`);
  }

  /**
   * Each standard in each of its periods that has begun, by the version in force when the period begins; in public order.
   * @param of which standards; all of them where nothing is said
   */
  results(
    versions: ContractVersions,
    now: Instant,
    gaps: Gaps,
    of: (standard: string) => boolean = () => true,
  ): StandardVerdict[] {
    return countedStandards(versions)
      .all.filter(({ standard }) => of(standard.id))
      .flatMap((counted) =>
        counted.periods.filter(({ from }) => from <= now).map((period) => this.result({ counted, period }, now, gaps)),
      )
      .sort((a, b) => compareCodePoints(a.standard, b.standard) || a.period.from - b.period.from);
  }

  result({ counted, period }: CountedPeriod, now: Instant, gaps: Gaps): StandardVerdict {
    const { key, version, standard } = counted;
    const totals = (this.figures.get(key) ?? NOTHING).totals(period.from, period.to);
    return judgeStandard(version, standard, period, totals, now, gaps.get(standard.id));
  }

  /** Every standard in the period that holds the instant; of a rolling one the window that ends next. */
  *current(versions: ContractVersions, at: Instant): Generator<CountedPeriod> {
    for (const counted of countedStandards(versions).all) {
      const period = counted.periods.find(({ from, to }) => from <= at && at < to);
      if (period !== undefined) yield { counted, period };
    }
  }

  /** Begins to watch the periods anew: none has closed. */
  open(): void {
    this.closed.clear();
    this.closedTo.clear();
    this.changed.clear();
  }

  /** The period has closed: from now on `takeChanged` names it when something of it is counted. */
  close({ counted: { key, standard }, period }: CountedPeriod): void {
    this.closed.add(`${standard.id}/${period.name}`);
    this.closedTo.set(key, Math.max(period.to, this.closedTo.get(key) ?? -Infinity));
  }

  /** As if something of the closed period had been counted. */
  touch({ counted, period }: CountedPeriod): void {
    this.note(counted.key, period.from);
  }

  /** The same for all that have closed: what is unknown about them may have changed, though nothing was counted. */
  touchAll(versions: ContractVersions): void {
    for (const { key, standard, periods } of countedStandards(versions).all) {
      for (const { name, from } of periods) if (this.closed.has(`${standard.id}/${name}`)) this.note(key, from);
    }
  }

  /** Closed periods of which something was counted since the last call, in public order. */
  takeChanged(versions: ContractVersions): readonly CountedPeriod[] {
    if (this.changed.size === 0) return [];
    const found = countedStandards(versions).all.flatMap((counted) => {
      const begins = [...(this.changed.get(counted.key) ?? [])];
      const isTouched = ({ from, to }: Period): boolean => begins.some((begin) => from <= begin && begin < to);
      return counted.periods
        .filter((period) => isTouched(period) && this.closed.has(`${counted.standard.id}/${period.name}`))
        .map((period) => ({ counted, period }));
    });
    this.changed.clear();
    return found;
  }

  private note(key: string, begin: Instant): void {
    const begins = this.changed.get(key);
    if (begins === undefined) this.changed.set(key, new Set([begin]));
    else begins.add(begin);
  }
}

/** Every period that the versions judge, with the instant at which it closes (null: not known yet). */
export function* closingPeriods(
  versions: ContractVersions,
): Generator<CountedPeriod & { readonly closesAt: Instant | null }> {
  for (const counted of countedStandards(versions).all) {
    for (const period of counted.periods)
      yield { counted, period, closesAt: closingInstant(counted.version, counted.standard, period.to) };
  }
}
