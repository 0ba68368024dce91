import type { Instant } from '#libs/calendar';
import type { PartyId } from '#libs/contract';

export type VerdictState =
  | 'met'
  | 'breached'
  | 'running'
  | 'paused'
  | 'cancelled'
  | 'excused'
  | 'unknown'
  /** Online only: judging failed; judged again when contract, calendar or engine change. */
  | 'faulted'
  /** Online only: the instance no longer exists. */
  | 'withdrawn';

/** The outcome of one instance of an obligation, as of an instant. Instants are epoch milliseconds; durations ISO 8601. */
export interface Verdict {
  readonly contract: string;
  readonly obligation: string;
  readonly clause: string;
  readonly party: PartyId;
  readonly subject: string;
  readonly instance: number;
  readonly state: VerdictState;
  readonly startedAt: Instant;
  readonly dueAt: Instant | null;
  readonly stoppedAt: Instant | null;
  /** Null where nothing is counted but the end of a period. */
  readonly elapsed: string | null;
  readonly allowed: string | null;
  readonly overdueBy: string;
  /** When what the verdict says became true: the stop, the due instant of a breach, the start of a pause … */
  readonly effectiveAt: Instant;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly because: Because;
}

/** Everything needed to say why and to compute it again (semantics: verdict record). */
export interface Because {
  readonly version: number;
  readonly contractHash: string;
  readonly clauses: readonly string[];
  readonly rule: string;
  readonly priority?: string;
  readonly calendar?: { readonly id: string; readonly hash: string; readonly data: string };
  /** Facts used, in the order they were read. */
  readonly facts: readonly (NamedFact & { readonly role: FactRole })[];
  /** Half-open spans from the start to the stop (or the as-of instant). */
  readonly spans: readonly Span[];
  readonly sums: {
    readonly running: string;
    readonly paused: string;
    readonly closed: string;
    /** Only where time is excused; without what is paused anyway. */
    readonly excused?: string;
  };
  readonly counting: string;
  /** Of a duty to pay: what is owed, and what was paid up to the as-of instant, in order; decimals. */
  readonly sum?: {
    readonly owed: string;
    readonly payments: readonly {
      readonly source: string;
      readonly id: string;
      readonly at: string;
      readonly amount: string;
    }[];
  };
  /** Gaps of feeds in which it fell due: while they are not filled it is unknown. `to` null while the source is silent. */
  readonly gaps?: readonly {
    readonly source: string;
    readonly from: string;
    readonly to: string | null;
    readonly countsAs: 'unknown' | 'not-kept';
    readonly facts: readonly { readonly source: string; readonly id: string }[];
  }[];
  /** Late evidence that would change this verdict, and takes no part until it is accepted. */
  readonly awaiting?: readonly NamedFact[];
  /** Since when the breach is material: not made good within the agreed period after this notice. */
  readonly material?: { readonly since: string; readonly notice: NamedFact };
  /** Why judging failed; only where the state is `faulted`. */
  readonly fault?: string;
}

interface NamedFact {
  readonly source: string;
  readonly id: string;
  readonly type: string;
  readonly at: string;
}

type Span =
  | { readonly kind: 'running' | 'paused'; readonly from: string; readonly to: string }
  | {
      readonly kind: 'excused';
      readonly from: string;
      readonly to: string;
      /** Everything that excuses the span. */
      readonly reasons: readonly ExcuseReason[];
    };

export interface ExcuseReason {
  /** An accepted exemption, the other party's own delay, or an agreed window. */
  readonly reason: 'exemption' | 'other-party-late' | 'window';
  /** The exemption's subject, the late instance (`obligation/subject`), or the window's id. */
  readonly about: string;
  readonly facts: readonly { readonly source: string; readonly id: string }[];
}

export type FactRole =
  | 'start'
  | 'stop'
  | 'pause'
  | 'resume'
  | 'reset'
  | 'cancel'
  | 'reopen'
  | 'priority'
  | 'due'
  | 'correction'
  /** Pays a part of what is owed. */
  | 'payment'
  /** Is itself the breach of a prohibition. */
  | 'breach'
  /** Lets time not count: the decision on an exemption, or the facts that show the other party late. */
  | 'excuse'
  /** Lets the breach go. */
  | 'waiver'
  /** Accepts evidence that came late. */
  | 'acceptance';

export type DecisionType =
  | 'compliance.verdict.opened'
  | 'compliance.verdict.met'
  | 'compliance.verdict.paused'
  | 'compliance.verdict.resumed'
  | 'compliance.verdict.rescheduled'
  | 'compliance.verdict.cancelled'
  | 'compliance.verdict.excused'
  | 'compliance.verdict.unknown'
  | 'compliance.verdict.faulted'
  | 'compliance.verdict.withdrawn'
  | 'compliance.breach.declared'
  | 'compliance.breach.revised'
  | 'compliance.breach.withdrawn'
  | 'compliance.breach.reinstated'
  | 'compliance.deadline.warned';

/** A change of a verdict, numbered without gaps per contract; never rewritten. */
export interface Decision {
  readonly type: DecisionType;
  readonly contract: string;
  /** Gapless per contract, from 1. */
  readonly number: number;
  /** Counts the decisions about one instance, from 1 (a warning has the revision of the verdict it warns of). */
  readonly revision: number;
  /** The number of the decision about the same instance that this one supersedes. */
  readonly supersedes: number | null;
  readonly effectiveAt: Instant;
  readonly verdict: Verdict;
  /** What made it: the fact that was read, the deadline that fired, or the version published when it could not be judged. */
  readonly cause:
    | { readonly kind: 'fact'; readonly source: string; readonly id: string }
    | { readonly kind: 'deadline'; readonly at: Instant }
    | { readonly kind: 'published'; readonly version: number }
    /** A record that asked to judge anew what replay had found different. */
    | { readonly kind: 'replay'; readonly id: string; readonly reason: string };
  /** Present on `compliance.deadline.warned`: which warning, as written in the contract (`50%`, `PT1H`). */
  readonly warning?: string;
  /** Present where an instance in breach ceases to exist: its incident ends. */
  readonly endsBreach?: true;
  /** Present where an instance that was warned of ends without a breach. */
  readonly endsWarning?: true;
  /** The import this decision was made in, and how its alerts go out; absent for live ones. */
  readonly backfill?: { readonly import: string; readonly alerts: 'each' | 'summary' };
}

/** The public record of `evaluate --format json` for a verdict (interfaces: field names and order). */
export interface VerdictRecord {
  readonly kind: 'verdict';
  readonly contract: string;
  readonly obligation: string;
  readonly clause: string;
  readonly party: PartyId;
  readonly subject: string;
  readonly instance: number;
  readonly state: VerdictState;
  readonly startedAt: string;
  readonly dueAt: string | null;
  readonly stoppedAt: string | null;
  readonly elapsed: string | null;
  readonly allowed: string | null;
  readonly overdueBy: string;
  readonly revision: number;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly because: Because;
}
