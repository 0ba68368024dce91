import type { Instant } from '#libs/calendar';
import type { Budget, PartyId, RuleHead, Trigger, Warning } from './rule.js';

/** A kind of period. A `cycle` is the contract's service cycle; it bears the name of the month (quarter, year) it begins in. */
export type PeriodUnit = 'month' | 'quarter' | 'year' | 'cycle';

/** One period of the term: `2026-03`, `2026-Q1`, `2026`; or a date of a list, `2026-03-31`. Half-open. */
export interface Period {
  readonly name: string;
  readonly from: Instant;
  readonly to: Instant;
}

/** A condition on an event that names a period (or a thing) in a field of its data. */
export interface NamingTrigger {
  readonly triggers: readonly Trigger[];
  /** Field of `data` that names the period, e.g. `period`, `quarter`, `cycle`. */
  readonly field: string;
}

/** Something owed once for each period of the term: a report, a survey round, the fee of a cycle. Subject: the period. */
export interface Duty extends RuleHead {
  /** The periods, in order: those that begin within the term, or the listed dates. */
  readonly periods: readonly Period[];
  readonly every: PeriodUnit | 'dates';
  /** When the instance shows: at the start or the end of its period, or with a fact (the first that names it), not before the period's end. */
  readonly opens:
    | { readonly by: 'period-start' | 'period-end' }
    | { readonly by: 'fact'; readonly fact: NamingTrigger; readonly amountField: string | null };
  /** Counted from where it opens; null: due at the period's end (24:00 of its last day). */
  readonly within: Budget | null;
  readonly fulfilledBy: NamingTrigger;
  /** Where a sum is owed: the field of the fulfilling facts whose amounts add up to the sum that the opening fact carries. */
  readonly paidField: string | null;
  readonly warnings: readonly Warning[];
  readonly graceMillis: number;
  readonly overdueUnit: 'working-days' | 'calendar-days' | 'hours' | null;
}

/** A matching fact is a breach at its `time`. Subject: that of the fact. */
export interface Prohibition extends Omit<RuleHead, 'party'> {
  readonly on: readonly Trigger[];
  /** Who breaches: always the same party, or the one that a field of `data` names (then `party` of the rule may narrow it). */
  readonly party:
    | { readonly by: 'rule'; readonly party: PartyId }
    | { readonly by: 'field'; readonly field: string; readonly only: PartyId | null };
  /** Facts from the start of the term until this instant count (the term's end, or later where the duty outlives it). */
  readonly until: Instant;
}

/** Why a breach or a span of time does not count, and which facts say so. */
export interface Excuses {
  /** Force majeure and the like: claimed by a party, decided by the other or the arbiter; the span and what it affects stand in the decision. */
  readonly exemption: {
    readonly claimed: readonly string[];
    readonly accepted: readonly string[];
    readonly rejected: readonly string[];
    readonly fromField: string;
    readonly toField: string;
    /** Field with the list of obligation and standard ids. */
    readonly affectsField: string;
    /** A claim must come within this period from the start of its span, or it does not count; null: no limit. */
    readonly notice: Budget | null;
  } | null;
  /** Both parties (or the arbiter) let a breach go; `instance` is `obligation/subject/number`. */
  readonly waiver: {
    readonly agreed: readonly string[];
    readonly revoked: readonly string[];
    readonly instanceField: string;
  } | null;
  /** Who accepts or rejects evidence that came late; the field holds {source, id}. */
  readonly evidence: {
    readonly accepted: readonly string[];
    readonly rejected: readonly string[];
    readonly factField: string;
  } | null;
  /** Shared fault: while the other party is late with a duty, named clocks stand still. */
  readonly waits: readonly Wait[];
  /** Agreed windows in which clocks stand still and items of standards do not count. */
  readonly windows: readonly ExcusedWindow[];
}

/** From the due instant of an instance of `duty` (an obligation) to its stop, the clocks of `standstill` do not run. */
export interface Wait {
  readonly duty: string;
  readonly standstill: readonly string[];
  /** `all` subjects, or those that the field of the duty's starting fact lists; without the field: none. */
  readonly subjects: { readonly by: 'all' } | { readonly by: 'field'; readonly field: string };
}

export interface ExcusedWindow {
  readonly id: string;
  /** Obligation and standard ids. */
  readonly affects: readonly string[];
  /** Spans within the term, merged and in order. */
  readonly spans: readonly { readonly from: Instant; readonly to: Instant }[];
}
