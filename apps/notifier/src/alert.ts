import type { Instant } from '#libs/calendar';
import type { PartyId } from '#libs/contract';
import type { Verdict } from '#libs/evaluation';

/** `revision`: still a breach, but something about it changed, such as that it is done now. */
export const ALERT_KINDS = [
  'warning',
  'breach',
  'revision',
  'withdrawal',
  'faulted',
  'import-summary',
  'feed.silent',
] as const;
export type AlertKind = (typeof ALERT_KINDS)[number];

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
  readonly summary: ImportSummary | null;
  readonly feed: SilentFeed | null;
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

/** Tells alerts of one kind apart that stand beside the same decision: which warning, which feed. */
export function variantOf({ warning, feed }: Alert): string {
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
