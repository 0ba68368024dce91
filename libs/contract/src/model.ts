import type { Calendar, Instant } from '#libs/calendar';
import type { Fact, JsonObject } from './fact.js';

export type Language = 'zh-CN' | 'en';
export type PartyId = 'client' | 'provider';
export type Text = Readonly<Record<Language, string>>;

/**
 * One version of a contract, read, checked and frozen. Everything that judging needs, nothing that it must look up.
 */
export interface Contract {
  readonly id: string;
  readonly version: number;
  /** SHA-256 (hex) of the file's bytes. */
  readonly hash: string;
  /** Ids of the calendars it uses with the SHA-256 of their files' bytes. */
  readonly calendarHashes: Readonly<Record<string, string>>;
  readonly title: Text;
  readonly language: Language;
  /** IANA zone of all local dates. */
  readonly zone: string;
  readonly currency: string;
  readonly parties: Readonly<Record<PartyId, Party>>;
  /** Link template of the platform's own page of a case, with `{subject}`; null where there is none. */
  readonly caseLink: string | null;
  readonly term: Term;
  /** When this version takes effect; the first version: the start of the term. */
  readonly inForceFrom: Instant;
  readonly cycle: ServiceCycle;
  readonly fees: readonly { readonly from: Instant; readonly amount: string }[];
  readonly sources: ReadonlyMap<string, Source>;
  /** Event types with a meaning of their own for this contract. */
  readonly vocabulary: { readonly correction: string | null; readonly heartbeat: string | null };
  readonly eventTypes: ReadonlyMap<string, EventType>;
  readonly subjectKinds: ReadonlyMap<string, SubjectKind>;
  readonly obligations: readonly Obligation[];
  /** The calendar in whose days local dates, rest days and the case's day counting are read by default. */
  readonly calendar: Calendar;
}

export interface Party {
  readonly name: string;
  readonly contacts: Readonly<Record<string, Contact>>;
}

/** Role -> contact, e.g. `account-manager`, `supervisor`, `legal`. */
export interface Contact {
  readonly name: string;
  readonly email: string | null;
  readonly phone: string | null;
  readonly webhook: string | null;
  readonly language: Language | null;
}

/** Half-open [from, to) as instants of the contract's zone; facts are plausible from a year before `from` until `survivesUntil`. */
export interface Term {
  readonly from: Instant;
  readonly to: Instant;
  readonly survivesUntil: Instant;
  readonly plausibleFrom: Instant;
}

interface ServiceCycle {
  readonly every: 'month' | 'quarter' | 'year';
  readonly startsOn: number;
}

export interface Source {
  readonly uri: string;
  readonly trust: 'trusted' | 'asserted';
  /** Whose side an asserted source is on; null for neutral ones. */
  readonly party: PartyId | null;
  /** Agreed delay as it stands in the file (ISO 8601, or working days). */
  readonly delay: string;
  readonly precision: 'instant' | 'date';
  readonly heartbeat: string | null;
  readonly door: string | null;
  /** True where records of this source without `contractid` belong to this contract. */
  readonly isDefault: boolean;
}

/** A type of event the contract knows, with the check of its `data`. */
export interface EventType {
  readonly type: string;
  readonly needsSubject: boolean;
  /** Undefined when the data are fine; else one sentence that names field, value and what is allowed (`data.priority is not allowed: 'x' (allowed: …)`). */
  readonly refuse: (data: JsonObject) => string | undefined;
  /** JSON Schema (draft 2020-12) of `data`, as published. */
  readonly schema: JsonObject;
  /** Subjects whose state a fact of this type feeds: a kind, and the key of the subject within it. */
  readonly feeds: readonly Feed[];
  /** Names of the top-level fields of `data` that any rule reads: what a packed state keeps. */
  readonly fieldsRead: readonly string[];
}

export interface Feed {
  readonly kind: string;
  /** The subject's id: the event's `subject`, or the field of `data` named in the contract. Undefined: the fact feeds nothing here. */
  readonly keyOf: (fact: Pick<Fact, 'subject' | 'data'>) => string | undefined;
}

/** What obligations are about: cases, requests, survey rounds … and where a case of the kind stands. */
export interface SubjectKind {
  readonly id: string;
  readonly title: Text;
  readonly opened: readonly Trigger[];
  readonly answered: readonly Trigger[];
  readonly solved: readonly Trigger[];
  readonly reopened: readonly Trigger[];
  readonly cancelled: readonly Trigger[];
  /** Field of `data` that carries the priority, and the event types that set it; null where cases have none. */
  readonly priority: {
    readonly field: string;
    readonly setBy: readonly string[];
    readonly values: readonly string[];
  } | null;
  /** Fields of the case that go along into verdicts, lists and alerts; the latest fact that carries one sets it. */
  readonly dimensions: readonly string[];
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

/** Where the due instant of a clock comes from. */
export type Target =
  | { readonly by: 'budget'; readonly budget: Budget }
  | { readonly by: 'priority'; readonly budgets: Readonly<Record<string, Budget>> }
  /** An instant (or a date: 24:00 of it) in a field of `data`; the latest of the named types that carries it holds. Missing: never due. */
  | { readonly by: 'fact'; readonly field: string; readonly setBy: readonly string[]; readonly budget: Budget };

export type Warning =
  | { readonly kind: 'fraction'; readonly fraction: number; readonly text: string }
  /** So much before due, in the clock's own counting for time budgets, else round the clock. */
  | { readonly kind: 'before-due'; readonly millis: number; readonly text: string };

type ReopenAction = 'continue' | 'restart' | 'new-instance' | 'ignore';

export interface ReopenPolicy {
  readonly on: readonly Trigger[];
  /** Types of the fact the period counts from (the latest before the reopening). */
  readonly from: readonly string[];
  readonly within: Budget;
  readonly inside: ReopenAction;
  readonly after: ReopenAction;
}

/** A rule with a clock: once it starts it must stop by its due instant. */
export interface Obligation {
  readonly id: string;
  /** Clauses it comes from, general to specific. The last one stands in records. */
  readonly clauses: readonly [string, ...string[]];
  readonly title: Text;
  readonly quote: string;
  readonly party: PartyId;
  readonly kind: string;
  readonly start: readonly Trigger[];
  readonly stop: readonly Trigger[];
  readonly pause: readonly Trigger[];
  readonly resume: readonly Trigger[];
  /** Starts the clock anew from its own instant, pauses forgotten. */
  readonly reset: readonly Trigger[];
  readonly cancel: readonly Trigger[];
  readonly turns: 'once' | 'each-turn';
  readonly target: Target;
  readonly reopen: ReopenPolicy | null;
  readonly warnings: readonly Warning[];
  readonly graceMillis: number;
  /** Unit of `overdueBy` where it counts days; null: as the rule counts. */
  readonly overdueUnit: 'working-days' | 'calendar-days' | 'hours' | null;
}
