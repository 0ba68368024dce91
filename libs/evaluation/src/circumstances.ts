import type { Instant } from '#libs/calendar';
import type { Contract, JsonObject, PartyId, Trigger } from '#libs/contract';
import type { Gap } from './gaps.js';
import type { NamedFact, Suspension } from './suspension.js';
import { NO_CASE } from './no-case.js';

/** What a party or the arbiter has said about a waiver or about late evidence. */
export interface Said extends NamedFact {
  /** Agreed or accepted; else revoked or rejected. */
  readonly yes: boolean;
  /** Who said it; null: somebody whose word does not count here. */
  readonly by: PartyId | 'arbiter' | null;
}

/** A notice with what it says. */
interface ServedNotice extends NamedFact {
  readonly data: JsonObject;
}

/** A decision that does not act, since it comes from nobody entitled to it (readings 6). */
export interface Finding extends NamedFact {
  readonly finding: 'NO_STANDING';
  /** What it decides: the exemption's subject, the waived instance, `source id` of the evidence. */
  readonly about: string;
}

/**
 * What lies outside a case and bears on it, as of an instant: a value, derived from the facts by `deriveCircumstances`.
 * Everything in it is already limited to what had happened by then.
 */
export interface Circumstances {
  /** By rule: accepted exemptions, and waits of all its subjects. Standards are rules too. */
  readonly ofRules: ReadonlyMap<string, readonly Suspension[]>;
  /** By `rule/subject`: waits of listed subjects. */
  readonly ofSubjects: ReadonlyMap<string, readonly Suspension[]>;
  /** By `obligation/subject/number`, in order of time. */
  readonly waivers: ReadonlyMap<string, readonly Said[]>;
  /** By `source id` of the fact decided on, in order of time. */
  readonly evidence: ReadonlyMap<string, readonly Said[]>;
  /** By what they are about (`rule/subject`), in order of time. */
  readonly notices: ReadonlyMap<string, readonly ServedNotice[]>;
  /** By rule (of standards too): spans of which nobody knows what happened, in order of their sources. */
  readonly gaps: ReadonlyMap<string, readonly Gap[]>;
  readonly findings: readonly Finding[];
}

export const noCircumstances: Circumstances = {
  ofRules: new Map(),
  ofSubjects: new Map(),
  waivers: new Map(),
  evidence: new Map(),
  notices: new Map(),
  gaps: new Map(),
  findings: [],
};

const NONE: readonly never[] = [];

/** Spans in which the clocks of a rule stand still for a subject: exemptions, the other party's delay, agreed windows. */
export function suspensionsOf(
  circumstances: Circumstances,
  contract: Contract,
  rule: string,
  subject: string,
): readonly Suspension[] {
  const { ofRules, ofSubjects } = circumstances;
  const common = ofRules.size === 0 ? NONE : (ofRules.get(rule) ?? NONE);
  const own = ofSubjects.size === 0 ? NONE : (ofSubjects.get(`${rule}/${subject}`) ?? NONE);
  const windows = contract.excuses.windows.length === 0 ? NONE : windowsOf(contract, rule);
  return common.length + own.length + windows.length === 0 ? NONE : [...common, ...own, ...windows];
}

/** Agreed windows per rule; computed once per contract version. */
const windowsByRule = new WeakMap<Contract, Map<string, readonly Suspension[]>>();

function windowsOf(contract: Contract, rule: string): readonly Suspension[] {
  let index = windowsByRule.get(contract);
  if (index === undefined) {
    const lists = new Map<string, Suspension[]>();
    for (const { id, affects, spans } of contract.excuses.windows) {
      const suspensions = spans.map((span): Suspension => ({ ...span, reason: 'window', about: id, facts: [] }));
      for (const affected of affects) lists.set(affected, [...(lists.get(affected) ?? []), ...suspensions]);
    }
    index = lists;
    windowsByRule.set(contract, index);
  }
  return index.get(rule) ?? [];
}

/** Whether an item of a rule (of a standard too) at an instant falls into a suspended span that acts on all its subjects. */
export function isSuspended(circumstances: Circumstances, contract: Contract, rule: string, at: Instant): boolean {
  for (const { from, to } of suspensionsOf(circumstances, contract, rule, '')) if (from <= at && at < to) return true;
  return false;
}

/** Whether a notice is one of those that a rule asks for. */
export function isNotice(
  asked: readonly Trigger[],
  { type, data, at }: { readonly type: string; readonly data: JsonObject; readonly at: Instant },
): boolean {
  return asked.some((trigger) => trigger.on === type && trigger.holds(data, NO_CASE, at));
}

/** Who a source speaks for; null: for none of the two. */
export function speaker(contract: Contract, source: string): PartyId | 'arbiter' | null {
  const known = contract.sources.get(source);
  if (known === undefined) return null;
  return known.arbiter ? 'arbiter' : known.party;
}

/** The last word of those entitled: of the arbiter, or of a party against which it goes. */
export function lastWord(said: readonly Said[] | undefined, entitled: (by: PartyId) => boolean): Said | undefined {
  return said?.findLast(({ by }) => by === 'arbiter' || (by !== null && entitled(by)));
}

export function otherParty(party: PartyId): PartyId {
  return party === 'client' ? 'provider' : 'client';
}
