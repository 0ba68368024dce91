import type { Budget, PartyId, Trigger } from './rule.js';

/** Share of the fee as a decimal: 0.02 is 2 %. Amounts and rates are decimal strings as written. */
export type Sum =
  { readonly by: 'amount'; readonly amount: string } | { readonly by: 'fee-share'; readonly share: string };

/** Names that statement lines carry. */
export type RemedyName =
  | 'per-breach'
  | 'per-day-late'
  | 'per-unit-late'
  | 'per-point'
  | 'per-step'
  | 'tier'
  | 'fee-share'
  | 'bonus'
  | 'interest'
  | 'service-extension'
  | 'cap'
  | 'floor'
  | 'waiver'
  | 'earn-back'
  | 'adjustment';

/** What the contract attaches to a breach of a rule (an obligation, duty, prohibition or standard). One line per remedy applied. */
export type Remedy =
  /** A fixed sum per breach, by the priority that set the due instant where named. */
  | { readonly remedy: 'per-breach'; readonly sum: Sum; readonly byPriority: Readonly<Record<string, Sum>> }
  /** A sum for each `per` started or completed units of delay. Days of `unit` count as `overdueBy` counts them (readings 23). */
  | {
      readonly remedy: 'per-day-late' | 'per-unit-late';
      readonly sum: Sum;
      readonly unit: 'working-days' | 'calendar-days' | 'hours' | 'weeks';
      /** How many units each sum is for, from 1. */
      readonly per: number;
      readonly counted: 'started' | 'completed';
      readonly cap: Sum | null;
    }
  /** Per percentage point (100 x ratio) below target. */
  | {
      readonly remedy: 'per-point';
      readonly sum: Sum;
      readonly counted: 'started' | 'completed';
      readonly cap: Sum | null;
    }
  /** Per step of the standard's own unit below target. */
  | {
      readonly remedy: 'per-step';
      readonly sum: Sum;
      readonly step: string;
      readonly counted: 'started' | 'completed';
      readonly cap: Sum | null;
    }
  /** Only the worst tier reached applies, whose bound the value is beyond: below it under `at-least`, above it under `at-most`. From the mildest on. */
  | { readonly remedy: 'tier'; readonly tiers: readonly { readonly bound: string; readonly sum: Sum }[] }
  | { readonly remedy: 'fee-share'; readonly sum: Sum }
  /** Owed by the other party: rises in a straight line from 0 at the target to the whole sum at the challenge value. */
  | { readonly remedy: 'bonus'; readonly sum: Sum }
  /** On the unpaid sum per local day late, no compounding; the cap is a share of the fee of the cycle that is owed. */
  | { readonly remedy: 'interest'; readonly dailyRate: string; readonly cap: Sum | null }
  /** Extra service: so many days per breach; no money. */
  | { readonly remedy: 'service-extension'; readonly days: number };

export interface RuleRemedies {
  /** Obligation, duty, prohibition or standard. */
  readonly rule: string;
  readonly clause: string;
  /** All apply, or (either-or between remedies) the greatest or the smallest of them. */
  readonly combine: 'all' | 'greatest' | 'smallest';
  readonly remedies: readonly Remedy[];
  /** What a miss cost is given back when each of the next so many periods is met; null: not agreed. */
  readonly earnBack: { readonly periods: number } | null;
}

/** Cap (or floor) over many lines; it becomes a negative (positive) line of its own. */
export interface Limit {
  readonly kind: 'cap' | 'floor';
  /** `cap-cycle`, `cap-rolling`, `cap-contract`: the `about` of its line. */
  readonly about: string;
  readonly clause: string;
  readonly party: PartyId | 'both';
  readonly over: 'cycle' | 'rolling-12-months' | 'contract';
  readonly sum: Sum;
  /** For a share over the contract: of how many months' fees. */
  readonly feeMonths: number | null;
  /** Rules whose lines do not count into it. */
  readonly except: readonly string[];
}

export interface Money {
  readonly rules: readonly RuleRemedies[];
  /** In the order of application. */
  readonly limits: readonly Limit[];
  /** To the fen: half-up, half-even or down, once per line. */
  readonly rounding: 'half-up' | 'half-even' | 'down';
  /** Signed-off or unopposed: working days after freezing until a statement without open disputes is final. */
  readonly finalAfter: Budget | null;
  /** Event types of the life of a statement; null where the contract names none. */
  readonly statementEvents: { readonly disputed: string; readonly decided: string; readonly signed: string } | null;
}

/** Something that a party may do once a condition holds, e.g. terminate. */
export type Right = {
  readonly id: string;
  readonly right: 'terminate';
  readonly clause: string;
  /** Who has it; null: the party that did not breach. */
  readonly party: PartyId | null;
  readonly when: RightCondition;
  /** How long it can be exercised from when it arises, after which it lapses; null: not limited. */
  readonly expires: Budget | null;
};

export type RightCondition =
  /** The same standard missed so many periods running; a period not judged interrupts; one right per run. */
  | { readonly by: 'missed-running'; readonly standards: readonly string[]; readonly periods: number }
  /** A limit reached in so many of any `of` consecutive cycles; once. */
  | { readonly by: 'capped'; readonly limit: string; readonly times: number; readonly of: number }
  /** Each breach of the rule. */
  | { readonly by: 'breach'; readonly rule: string }
  /** So many breaches of the rules, in all or within consecutive cycles. */
  | {
      readonly by: 'breaches';
      readonly rules: readonly string[];
      readonly times: number;
      readonly cycles: number | null;
    }
  /** A breach that is not made good within a period after a notice about it; the notice comes after due and names `rule/subject`. */
  | {
      readonly by: 'uncured';
      readonly rule: string;
      readonly notice: readonly Trigger[];
      readonly aboutField: string;
      readonly within: Budget;
    };

/** After a notice and a further period a breach becomes material: shown in its `because`, and as an alert. */
export interface MaterialBreach {
  readonly rule: string;
  readonly notice: readonly Trigger[];
  readonly aboutField: string;
  readonly within: Budget;
}
