import type { Calendar, Instant } from '#libs/calendar';
import type { Duty, Excuses, Period, Prohibition } from './duties.js';
import type { Fact, JsonObject } from './fact.js';
import type { MaterialBreach, Money, Right } from './money.js';
import type { Budget, Language, PartyId, RuleHead, Text, Trigger, Warning } from './rule.js';
import type { Standard } from './standard.js';

export type { Budget, Language, PartyId, RuleHead, Standing, Text, Trigger, Warning } from './rule.js';

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
  readonly duties: readonly Duty[];
  readonly prohibitions: readonly Prohibition[];
  readonly standards: readonly Standard[];
  readonly excuses: Excuses;
  readonly money: Money;
  readonly rights: readonly Right[];
  readonly materialBreaches: readonly MaterialBreach[];
  /** Service cycles of the term, in order; a cycle bears the name of the month (quarter, year) it begins in. */
  readonly cycles: readonly Period[];
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
  /** Members whom robots mention in group chats; DingTalk also knows them by `phone`. */
  readonly wecom: string | null;
  readonly dingtalk: string | null;
  readonly feishu: string | null;
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
  /** True where it decides for both sides (an arbiter, a court). */
  readonly arbiter: boolean;
  /** Agreed delay as it stands in the file (ISO 8601, or working days). */
  readonly delay: string;
  /** The agreed delay as it counts; null where none is agreed: nothing from it is late. */
  readonly delayPeriod: Budget | null;
  readonly precision: 'instant' | 'date';
  readonly heartbeat: string | null;
  /** Types of event that it reports; null: any. A gap of its feed leaves unknown what these decide. */
  readonly sends: readonly string[] | null;
  /** What an instance counts as that falls due in a gap of its feed; it is shown as `unknown` in either case. */
  readonly whenSilent: 'unknown' | 'not-kept';
  readonly door: string | null;
  /** True where records of this source without `contractid` belong to this contract. */
  readonly isDefault: boolean;
}

/** A type of event the contract knows, with the check of its `data`. */
export interface EventType {
  readonly type: string;
  readonly title: Text;
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

/**
 * Kinds: a subject kind; `duty:ID` by period; `prohibition:ID` by subject; `measured:ID` of a standard over facts, by the
 * fact itself (`source id`); `exemption:` by subject, `waiver:` by instance, `evidence:` by fact (`source id`), `notice:`
 * by what it is about, `feed:` by source (a silence of its feed, and what fills it). A kind with a colon is never one of the contract's own.
 */
export interface Feed {
  readonly kind: string;
  /** The subject's id: the event's `subject`, or the field of `data` named in the contract. Undefined: the fact feeds nothing here. */
  readonly keyOf: (fact: Pick<Fact, 'source' | 'id' | 'subject' | 'data'>) => string | undefined;
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

/** Where the due instant of a clock comes from. */
export type Target =
  | { readonly by: 'budget'; readonly budget: Budget }
  | { readonly by: 'priority'; readonly budgets: Readonly<Record<string, Budget>> }
  /** An instant (or a date: 24:00 of it) in a field of `data`; the latest of the named types that carries it holds. Missing: never due. */
  | { readonly by: 'fact'; readonly field: string; readonly setBy: readonly string[]; readonly budget: Budget };

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
export interface Obligation extends RuleHead {
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
  /** What a later version does to instances that run when it takes effect: nothing, or they move to its target with their pauses kept. */
  readonly onAmendment: 'keep' | 'move';
  /** Unit of `overdueBy` where it counts days; null: as the rule counts. */
  readonly overdueUnit: 'working-days' | 'calendar-days' | 'hours' | null;
}
