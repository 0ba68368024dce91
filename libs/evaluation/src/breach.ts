import { parseInstant, type Calendar, type Instant } from '#libs/calendar';
import type { Contract, JsonObject, PartyId } from '#libs/contract';
import type { Pause } from './counting.js';
import { countsAsBreach, dayCalendarOf, endOfDate, standstillOf, type Derived } from './derive-clock.js';

/** A breach as money reads it: of an obligation, a duty or a prohibition. One that was waived is there too, and says so. */
export interface Breach {
  /** The version that judged it. */
  readonly contract: Contract;
  readonly rule: string;
  readonly clause: string;
  readonly party: PartyId;
  readonly subject: string;
  readonly instance: number;
  /** Due instant; of a prohibition the time of the fact. Decides the cycle it belongs to. */
  readonly at: Instant;
  /** The stop or cancellation, of a source that only knows dates 24:00 of its date; null while it goes on. */
  readonly stoppedAt: Instant | null;
  /** The priority that set the due instant; empty where there is none. */
  readonly priority: string;
  /** Half-open spans in which the clock did not run. */
  readonly suspended: readonly Pause[];
  /** The calendar whose days count. */
  readonly calendar: Calendar;
  readonly waived: boolean;
  /** Where a sum is owed: the sum, and what was paid when. Decimals as text. */
  readonly owed: {
    readonly sum: string;
    readonly payments: readonly { readonly at: Instant; readonly amount: string }[];
  } | null;
}

/** A notice served about `rule/subject`. */
export interface Notice {
  readonly about: string;
  readonly type: string;
  readonly at: Instant;
  readonly source: string;
  readonly id: string;
  readonly data: JsonObject;
}

/** Undefined where the instance is no breach. */
export function breachOf(derived: Derived, subject: string): Breach | undefined {
  const { contract, rule, clock, state } = derived;
  if (state !== 'excused' && !countsAsBreach(derived)) return undefined;
  const calendar = dayCalendarOf({ contract, budget: clock?.budget ?? null });
  const { end = null, sum = null } = clock ?? {};
  const knowsDates = (source: string): boolean => contract.sources.get(source)?.precision === 'date';
  return {
    contract,
    rule: rule.id,
    clause: rule.clauses[rule.clauses.length - 1]!,
    party: derived.party,
    subject,
    instance: derived.number,
    at: derived.dueAt ?? derived.startedAt,
    stoppedAt: end?.dateOnly === true ? endOfDate(calendar, end.at) : derived.stoppedAt,
    priority: clock?.priority ?? '',
    suspended: clock === null ? [] : standstillOf(clock),
    calendar,
    waived: state === 'excused',
    owed:
      sum === null
        ? null
        : {
            sum: sum.owed,
            payments: sum.payments.map(({ source, at, amount }) => {
              const paidAt = parseInstant(at)!;
              return { at: knowsDates(source) ? endOfDate(calendar, paidAt) : paidAt, amount };
            }),
          },
  };
}
