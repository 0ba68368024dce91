import type { Instant } from '#libs/calendar';
import { toStandardRecord, type StandardVerdict } from './judge-standard.js';
import type { Decision } from './verdict.js';

/**
 * What is decided about a standard in a period that has closed. `met` and `missed` are said once, at the close; everything else
 * is `revised`: every later change, and a close at which the period is neither met nor missed (not judged, unknown).
 */
export interface StandardDecision {
  readonly type: 'compliance.standard.met' | 'compliance.standard.missed' | 'compliance.standard.revised';
  readonly contract: string;
  /** In the same gapless row as the decisions about instances. */
  readonly number: number;
  /** Counts the decisions about one standard in one period, from 1. */
  readonly revision: number;
  /** The number of the decision about the same period that this one supersedes. */
  readonly supersedes: number | null;
  /** The end of the period at its close; of a revision the clock at which it showed. */
  readonly effectiveAt: Instant;
  readonly standard: StandardVerdict;
  /** Whether what it supersedes said that the standard was missed. */
  readonly missedBefore: boolean;
  readonly cause: Decision['cause'];
  readonly backfill?: NonNullable<Decision['backfill']>;
}

/** What was last recorded about a standard in a period. Decimals as text; `value` rounded as it is shown. */
export interface RecordedStandard {
  readonly standard: string;
  readonly period: string;
  readonly state: StandardVerdict['state'];
  readonly numerator: string;
  readonly denominator: string;
  readonly value: string | null;
  readonly target: string;
  readonly sample: number;
  readonly revision: number;
  /** Number of the decision that recorded it. */
  readonly number: number;
}

/** `contract/standard/period`. */
export function standardId({
  contract,
  standard,
  period,
}: {
  readonly contract: string;
  readonly standard: string;
  readonly period: string;
}): string {
  return `${contract}/${standard}/${period}`;
}

/** Whether a reader would see something else than what was recorded. */
export function differsFromRecorded(verdict: StandardVerdict, recorded: RecordedStandard): boolean {
  const { state, numerator, denominator, value, target, sample } = toStandardRecord(verdict);
  return (
    state !== recorded.state ||
    numerator !== recorded.numerator ||
    denominator !== recorded.denominator ||
    value !== recorded.value ||
    target !== recorded.target ||
    sample !== recorded.sample
  );
}

export function recordedStandard({ standard: verdict, revision, number }: StandardDecision): RecordedStandard {
  const { standard, period, state, numerator, denominator, value, target, sample } = toStandardRecord(verdict);
  return { standard, period, state, numerator, denominator, value, target, sample, revision, number };
}
