import type { Instant } from '#libs/calendar';
import type { Period, PeriodUnit } from './duties.js';
import type { RuleHead, Text, Trigger } from './rule.js';

/** A measured figure over a period with a target. Decimals are strings as written. */
export interface Standard extends RuleHead {
  /** Of a segment: the condition on its items as it is written. */
  readonly segment?: string;
  readonly every: PeriodUnit | 'rolling-days';
  /** Periods that begin within the quality term; of a rolling standard one per local day, each `rollingDays` long and named by its last day. */
  readonly periods: readonly Period[];
  readonly rollingDays: number | null;
  readonly measure: Measure;
  readonly comparison: 'at-least' | 'at-most';
  /** As written: `0.95`, `4.50`, `200`. Shares are decimals (0.95), never percents. */
  readonly target: string;
  /** Where a bonus is agreed: full from here on. */
  readonly challenge: string | null;
  /** Fewer items than this: not judged. 1: judged from one item on. 0: always judged. */
  readonly minimumSample: number;
  /** Local days whose items are left out, as half-open spans. */
  readonly excluded: readonly { readonly title?: Text; readonly from: Instant; readonly to: Instant }[];
}

export type Measure =
  /** Share of the instances of an obligation that were met. */
  | {
      readonly by: 'instances';
      readonly obligation: string;
      /** What places an instance in a period: its start, or its due instant. */
      readonly placedBy: 'start' | 'due';
      /** What a cancelled instance (an abandoned call) counts as; up to `thresholdMillis` of the rule's own counted time as `within`, later as `beyond`. */
      readonly cancelled: {
        readonly thresholdMillis: number | null;
        readonly within: CancelledAs;
        readonly beyond: CancelledAs;
      };
      /** Undecided instances (running, paused, unknown): `wait`, the period stays open until all are decided; `leave-out`. */
      readonly undecided: 'wait' | 'leave-out';
      /** Narrows to a segment or time band; reads the case's dimensions and priority and the local time of the start. */
      readonly where:
        ((dimensions: Readonly<Record<string, string>>, priority: string, startedAt: Instant) => boolean) | null;
    }
  /** Share of facts for which a condition holds. */
  | {
      readonly by: 'facts';
      readonly figure: 'share';
      readonly of: readonly Trigger[];
      readonly good: readonly Trigger[];
    }
  | { readonly by: 'facts'; readonly figure: 'mean' | 'sum'; readonly of: readonly Trigger[]; readonly field: string }
  | { readonly by: 'facts'; readonly figure: 'count'; readonly of: readonly Trigger[] }
  /** Exact: the smallest value such that at least `percent` of 100 of the values are at or below it (nearest rank). */
  | {
      readonly by: 'facts';
      readonly figure: 'percentile';
      readonly of: readonly Trigger[];
      readonly field: string;
      readonly percent: string;
    }
  /** Count of one kind of facts per N of another. */
  | {
      readonly by: 'facts';
      readonly figure: 'rate';
      readonly of: readonly Trigger[];
      readonly per: readonly Trigger[];
      readonly perCount: number;
    };

export type CancelledAs = 'excluded' | 'met' | 'missed';
