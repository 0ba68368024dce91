import type { Instant } from '#libs/calendar';
import type { PartyId, Period, RemedyName } from '#libs/contract';
import type { Decimal } from './decimal.js';

/** One remedy applied, or one limit or waiver that takes back. `amount` is what the party owes; caps and waivers are negative. */
export interface Line {
  readonly party: PartyId;
  readonly remedy: RemedyName;
  readonly clause: string;
  /** Obligation, duty, prohibition or standard; of a limit its name, such as `cap-cycle`. */
  readonly about: string;
  /** Case, request, round, period or cycle. */
  readonly subject: string;
  /** Number of the instance; null where there is none (standards, limits). */
  readonly instance: number | null;
  /** What the rate applies to, as text: the fee, the unpaid sum, the sum per unit. */
  readonly base: string;
  readonly rate: string;
  readonly quantity: string;
  readonly amount: Decimal;
}

/** All liability of one service cycle, before its life (frozen, disputed, final) is laid over it. */
export interface Statement {
  readonly contract: string;
  readonly cycle: Period;
  readonly state: 'provisional' | 'frozen';
  readonly currency: string;
  readonly lines: readonly Line[];
  readonly totals: Readonly<Record<PartyId, Decimal>>;
  readonly net: { readonly from: PartyId | 'none'; readonly amount: Decimal };
  /** Limits that took something back in this cycle, e.g. `cap-cycle`. */
  readonly capped: readonly string[];
}

/** Something a party may do since an instant. */
export interface RaisedRight {
  readonly contract: string;
  readonly party: PartyId;
  readonly right: 'terminate';
  readonly clause: string;
  readonly about: string;
  readonly since: Instant;
  /** The end of the period to exercise it, once that is over. */
  readonly expiredAt: Instant | null;
  readonly because: {
    readonly rule: string;
    readonly version: number;
    readonly contractHash: string;
    readonly facts: readonly string[];
  };
}

/** The public record of `evaluate --format json` for a statement. */
export interface StatementRecord {
  readonly kind: 'statement';
  readonly contract: string;
  readonly cycle: string;
  readonly state: 'provisional' | 'frozen' | 'final';
  readonly lines: readonly {
    readonly party: PartyId;
    readonly remedy: string;
    readonly clause: string;
    readonly about: string;
    readonly subject: string;
    readonly base: string;
    readonly rate: string;
    readonly quantity: string;
    readonly amount: string;
  }[];
  readonly totals: Readonly<Record<PartyId, string>>;
  readonly net: { readonly from: PartyId | 'none'; readonly amount: string };
}

export interface RightRecord {
  readonly kind: 'right';
  readonly contract: string;
  readonly party: PartyId;
  readonly right: 'terminate';
  readonly clause: string;
  readonly about: string;
  readonly since: string;
  /** Only of a right that has lapsed. */
  readonly expiredAt?: string;
  readonly because: RaisedRight['because'];
}
