import type { Calendar, Instant } from '#libs/calendar';
import type { JsonObject } from './fact.js';

export type Language = 'zh-CN' | 'en';
export type PartyId = 'client' | 'provider';
export type Text = Readonly<Record<Language, string>>;

/** What every rule has. Ids are unique over obligations, duties, prohibitions and standards. */
export interface RuleHead {
  readonly id: string;
  /** Clauses it comes from, general to specific. The last one stands in records. */
  readonly clauses: readonly [string, ...string[]];
  readonly title: Text;
  readonly quote: string;
  /** Who owes it. */
  readonly party: PartyId;
}

/**
 * A condition on an event. `holds` never throws: a failing expression does not hold. `occurredAt` is the instant of the
 * event; an expression that asks for its local time (`at`) holds only where it is given.
 */
export interface Trigger {
  readonly on: string;
  /** The CEL expression as written, null where there is none. */
  readonly where: string | null;
  readonly holds: (data: JsonObject, standing: Standing, occurredAt?: Instant) => boolean;
}

/** Where a case stands; CEL reads it as `case`. */
export interface Standing {
  readonly answered: boolean;
  readonly solved: boolean;
  readonly cancelled: boolean;
  /** Empty where the case has none. */
  readonly priority: string;
}

/** How long something may take, in one of the ways of counting. */
export type Budget =
  /** Hours round the clock. */
  | { readonly counting: 'elapsed-time'; readonly millis: number; readonly text: string }
  /** Consumed only while the calendar is open. */
  | { readonly counting: 'working-time'; readonly millis: number; readonly calendar: Calendar; readonly text: string }
  /** PRC Civil Code 200-204; ends at close of business or at 24:00. */
  | {
      readonly counting: 'working-days' | 'calendar-days' | 'months' | 'years';
      readonly count: number;
      readonly calendar: Calendar;
      readonly endsAt: 'close' | '24:00';
      readonly text: string;
    };

export type Warning =
  | { readonly kind: 'fraction'; readonly fraction: number; readonly text: string }
  /** So much before due, in the clock's own counting for time budgets, else round the clock. */
  | { readonly kind: 'before-due'; readonly millis: number; readonly text: string };
