import type { Instant } from '#libs/calendar';
import type { Language, PartyId } from '#libs/contract';
import type { StandardRecord, Verdict } from '#libs/evaluation';
import type { StatementLifeRecord } from '#libs/liability';

/**
 * `revision`: still a breach, but something about it changed, such as that it is done now; `resolved`: what was warned of ended
 * in time. From `acknowledged` on: what people and the notifier itself did, as the stream tells it.
 */
export const ALERT_KINDS = [
  'warning',
  'breach',
  'revision',
  'withdrawal',
  'resolved',
  'faulted',
  'import-summary',
  'feed.silent',
  'standard.missed',
  'statement.frozen',
  'acknowledged',
  'escalation',
  'silenced',
  'delivery.failed',
  'test',
] as const;
export type AlertKind = (typeof ALERT_KINDS)[number];

/** From the least to the most urgent. `critical`: a material breach, or the product itself cannot do its work. */
export const SEVERITIES = ['notice', 'warning', 'breach', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** A change of an incident, as it came over `compliance.alerts`. */
export interface Alert {
  readonly kind: AlertKind;
  /** `contract/obligation/subject/instance`, or the import that is summed up: messages about it form one thread. */
  readonly incident: string;
  readonly change: number;
  readonly contract: string;
  readonly contractHash: string;
  readonly generation: number;
  /** Number of the decision, gapless per contract. */
  readonly number: number;
  /** `each`: sent by itself; `summary`: it took effect long before it was decided. */
  readonly mode: 'each' | 'summary';
  /** The back-fill it was decided in; null for live ones. */
  readonly import: string | null;
  readonly effectiveAt: Instant;
  readonly decidedAt: Instant;
  /** Which warning, as the contract writes it (`80%`, `PT1H`); null for all other kinds. */
  readonly warning: string | null;
  readonly verdict: Verdict | null;
  /** Id of the fact that it tells of; null where it tells of a decision. */
  readonly fact: string | null;
  readonly summary: ImportSummary | null;
  readonly feed: SilentFeed | null;
  readonly standard: StandardRecord | null;
  readonly statement: StatementLifeRecord | null;
  /** Of `acknowledged` and `silenced`: who did it. */
  readonly act: Act | null;
  /** Of `silenced`. */
  readonly silence: Silence | null;
  /** Of `escalation`: the step of which route. */
  readonly step: EscalationStep | null;
  /** Of `escalation`, once it is known whom it goes to. */
  readonly escalation: { readonly since: Instant; readonly role: string } | null;
  readonly failure: FailedDelivery | null;
  readonly test: { readonly route: string; readonly language: Language | null } | null;
  /** JSON text of the data as they came. */
  readonly record: string;
}

/** A feed that fell silent, or is heard again. */
export interface SilentFeed {
  readonly kind: 'door' | 'source';
  readonly name: string;
  readonly state: 'silent' | 'heard';
  /** The last one before the silence. */
  readonly lastSign: Instant;
  readonly noticedAt: Instant;
  /** ISO 8601: so long without a sign is allowed. */
  readonly limit: string;
}

/** `note`: what was said with it, of a silence its reason; `until`: the end of a silence. */
interface Act {
  readonly by: string;
  readonly at: Instant;
  readonly note: string | null;
  readonly until: Instant | null;
}

/** Alerts that match are kept and not sent. A field that is absent allows all. */
export interface SilenceMatch {
  readonly incidents?: readonly string[] | undefined;
  readonly obligations?: readonly string[] | undefined;
  readonly clauses?: readonly string[] | undefined;
  readonly subjects?: readonly string[] | undefined;
  readonly parties?: readonly PartyId[] | undefined;
  readonly kinds?: readonly AlertKind[] | undefined;
}

interface Silence {
  /** Of the fact that asked for it. */
  readonly id: string;
  readonly match: SilenceMatch;
  readonly from: Instant;
  readonly to: Instant;
}

interface EscalationStep {
  readonly route: string;
  /** From 1. */
  readonly step: number;
  readonly run: number;
}

/** A delivery that was given up. */
interface FailedDelivery {
  readonly channel: string;
  readonly recipient: string;
  /** What it was about: an incident. */
  readonly subject: string;
  readonly attempts: number;
  readonly response: string;
}

/** Tells alerts of one kind apart that stand beside the same decision: which warning, which feed, which fact. */
export function variantOf({ warning, feed, fact }: Pick<Alert, 'warning' | 'feed' | 'fact'>): string {
  if (fact !== null) return fact;
  return warning ?? (feed === null ? '' : [feed.kind, feed.name, feed.lastSign, feed.state].join(' '));
}

/** What a back-fill brought to light. */
export interface ImportSummary {
  readonly import: string;
  readonly from: Instant | null;
  readonly to: Instant | null;
  readonly decisions: number;
  readonly breaches: readonly { readonly obligation: string; readonly party: PartyId; readonly count: number }[];
  /** Clocks that still run or are paused. */
  readonly open: number;
}
