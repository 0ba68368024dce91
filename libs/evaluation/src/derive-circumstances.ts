import { parseDay, parseInstant, type Instant } from '#libs/calendar';
import type { Contract, JsonObject, Wait } from '#libs/contract';
import { otherParty, speaker, type Circumstances, type Finding, type Said } from './circumstances.js';
import { versionFor, type ContractVersions } from './contract-versions.js';
import { dueInstant } from './counting.js';
import type { Now } from './derive-clock.js';
import { deriveSubject } from './derive-subject.js';
import { runsOf } from './fold-subject.js';
import { effectiveFacts, type EffectiveFact } from './effective-facts.js';
import { gapsOf, rulesTouchedBy } from './gaps.js';
import { compareCodePoints } from './order-facts.js';
import type { SubjectState } from './subject-state.js';
import type { NamedFact, Suspension } from './suspension.js';

type State = Pick<SubjectState, 'kind' | 'subject' | 'facts' | 'corrections'>;

type Growing<K extends 'ofRules' | 'ofSubjects' | 'waivers' | 'evidence' | 'notices' | 'gaps'> =
  Circumstances[K] extends ReadonlyMap<string, readonly (infer T)[]> ? Map<string, T[]> : never;

interface Draft {
  readonly ofRules: Growing<'ofRules'>;
  readonly ofSubjects: Growing<'ofSubjects'>;
  readonly waivers: Growing<'waivers'>;
  readonly evidence: Growing<'evidence'>;
  readonly notices: Growing<'notices'>;
  readonly gaps: Growing<'gaps'>;
  readonly findings: Finding[];
}

/**
 * What bears on the subjects of a contract from outside them, as of an instant. Of the states given it reads those of
 * exemptions, waivers, evidence, notices and silent feeds, and of the subjects of every duty that others wait for.
 */
export function deriveCircumstances(versions: ContractVersions, states: Iterable<State>, now: Now): Circumstances {
  const draft: Draft = {
    ofRules: new Map(),
    ofSubjects: new Map(),
    waivers: new Map(),
    evidence: new Map(),
    notices: new Map(),
    gaps: new Map(),
    findings: [],
  };
  const waits = waitsInOrder(versions);
  const waitedFor = new Set(waits.map(({ kind }) => kind));
  const cases = new Map<string, State[]>();
  // They are held in the order in which they came, or were loaded; what is said of them has one order.
  for (const state of inOrder(states, ({ kind }) => waitedFor.has(kind) || kind.endsWith(':'))) {
    if (waitedFor.has(state.kind)) append(cases, state.kind, state);
    else takeExcuse(draft, versions, state, now);
  }
  for (const wait of waits) takeWaits(draft, versions, wait, cases.get(wait.kind) ?? [], now);
  return draft;
}

/** Those that are read, by kind and subject. */
function inOrder(states: Iterable<State>, isRead: (state: State) => boolean): State[] {
  const found: State[] = [];
  for (const state of states) if (isRead(state)) found.push(state);
  return found.sort((a, b) => compareCodePoints(a.kind, b.kind) || compareCodePoints(a.subject, b.subject));
}

function append<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}

function takeExcuse(draft: Draft, versions: ContractVersions, state: State, now: Now): void {
  const law = versions[versions.length - 1]!;
  const facts = effectiveFacts(law, state.facts, state.corrections).filter((fact) => fact.occurredAt <= now.at);
  const first = facts[0];
  if (first === undefined) return;
  const contract = versionFor(versions, first.occurredAt);
  switch (state.kind) {
    case 'exemption:':
      return takeExemption(draft, contract, state.subject, facts);
    case 'waiver:':
      return takeWaivers(draft, contract, state.subject, facts);
    case 'evidence:':
      return takeEvidence(draft, contract, state.subject, facts);
    case 'notice:':
      for (const fact of facts) append(draft.notices, state.subject, { ...named(fact), data: fact.data });
      return;
    case 'feed:':
      for (const gap of gapsOf(versions, state.subject, facts))
        for (const rule of rulesTouchedBy(versions, gap)) append(draft.gaps, rule, gap);
  }
}

/**
 * The last decision of the other party or the arbiter holds; the span and what it affects are those of the decision. A
 * claim that came after its notice period does not count.
 */
function takeExemption(draft: Draft, contract: Contract, subject: string, facts: readonly EffectiveFact[]): void {
  const rules = contract.excuses.exemption;
  if (rules === null) return;
  const claim = facts.find((fact) => rules.claimed.includes(fact.type) && isInNotice(contract, fact));
  const claimant = claim === undefined ? null : speaker(contract, claim.source);
  const decisions = facts.filter((fact) => rules.accepted.includes(fact.type) || rules.rejected.includes(fact.type));
  let last: EffectiveFact | undefined;
  for (const fact of decisions) {
    const by = speaker(contract, fact.source);
    const entitled =
      by === 'arbiter' || (by !== null && claimant !== null && claimant !== 'arbiter' && by === otherParty(claimant));
    if (entitled) last = fact;
    else if (claim !== undefined) draft.findings.push({ ...named(fact), finding: 'NO_STANDING', about: subject });
  }
  if (claim === undefined || last === undefined || !rules.accepted.includes(last.type)) return;
  const data = { ...claim.data, ...last.data };
  const from = instantIn(contract, data, rules.fromField, false);
  const to = instantIn(contract, data, rules.toField, true);
  const affects = data[rules.affectsField];
  if (from === undefined || to === undefined || from >= to || !Array.isArray(affects)) return;
  const suspension: Suspension = { from, to, reason: 'exemption', about: subject, facts: [named(claim), named(last)] };
  for (const rule of new Set(affects)) if (typeof rule === 'string') append(draft.ofRules, rule, suspension);
}

function isInNotice(contract: Contract, claim: EffectiveFact): boolean {
  const { notice, fromField } = contract.excuses.exemption!;
  const from = instantIn(contract, claim.data, fromField, false);
  if (notice === null || from === undefined) return true;
  return claim.occurredAt <= (dueInstant(notice, from, []) ?? Infinity);
}

/** An instant as it stands; a date begins at its midnight, and ends at its 24:00. */
function instantIn(contract: Contract, data: JsonObject, field: string, ends: boolean): Instant | undefined {
  const value = data[field];
  if (typeof value !== 'string') return undefined;
  const at = parseInstant(value);
  if (at !== undefined) return at;
  const day = parseDay(value);
  return day === undefined ? undefined : contract.calendar.dayStart(ends ? day + 1 : day);
}

/** Who breached a prohibition is known only where the breach is; there it is asked again whether the word counts. */
function takeWaivers(draft: Draft, contract: Contract, instance: string, facts: readonly EffectiveFact[]): void {
  const rules = contract.excuses.waiver;
  if (rules === null) return;
  const [id = ''] = instance.split('/');
  const owes = [...contract.obligations, ...contract.duties].find((one) => one.id === id)?.party;
  for (const fact of facts) {
    if (fact.data[rules.instanceField] !== instance) continue;
    takeWord(draft, draft.waivers, contract, instance, fact, rules.agreed, rules.revoked);
    if (owes !== undefined && speaker(contract, fact.source) === owes)
      draft.findings.push({ ...named(fact), finding: 'NO_STANDING', about: instance });
  }
}

function takeEvidence(draft: Draft, contract: Contract, about: string, facts: readonly EffectiveFact[]): void {
  const rules = contract.excuses.evidence;
  if (rules === null) return;
  for (const fact of facts) takeWord(draft, draft.evidence, contract, about, fact, rules.accepted, rules.rejected);
}

function takeWord(
  draft: Draft,
  words: Map<string, Said[]>,
  contract: Contract,
  about: string,
  fact: EffectiveFact,
  yes: readonly string[],
  no: readonly string[],
): void {
  if (!yes.includes(fact.type) && !no.includes(fact.type)) return;
  const by = speaker(contract, fact.source);
  if (by === null) draft.findings.push({ ...named(fact), finding: 'NO_STANDING', about });
  append(words, about, { ...named(fact), yes: yes.includes(fact.type), by });
}

function named({ source, id, type, occurredAt }: EffectiveFact): NamedFact {
  return { source, id, type, at: occurredAt };
}

interface OrderedWait {
  readonly contract: Contract;
  readonly wait: Wait;
  /** Kind of the subjects of the duty waited for. */
  readonly kind: string;
}

/** Waits of all versions, those first that others hang on: a duty that itself stands still is judged after what it waits for. */
function waitsInOrder(versions: ContractVersions): OrderedWait[] {
  const left: OrderedWait[] = versions.flatMap((contract) =>
    contract.excuses.waits.flatMap((wait) => {
      const kind = contract.obligations.find((one) => one.id === wait.duty)?.kind;
      return kind === undefined ? [] : [{ contract, wait, kind }];
    }),
  );
  const ordered: OrderedWait[] = [];
  while (left.length > 0) {
    const free = left.findIndex(
      (one) => !left.some((other) => other !== one && other.wait.standstill.includes(one.wait.duty)),
    );
    if (free < 0) {
      const names = left.map(({ wait }) => wait.duty).join(', ');
      throw new Error(`contract ${versions[0].id}: duties wait for each other in a circle (${names})`);
    }
    ordered.push(...left.splice(free, 1));
  }
  return ordered;
}

/** While an instance of the duty is late, the named clocks stand still: of all subjects, or of those that its start lists. */
function takeWaits(
  draft: Draft,
  versions: ContractVersions,
  { contract, wait }: OrderedWait,
  states: readonly State[],
  now: Now,
): void {
  for (const state of states) {
    const derived = deriveSubject(versions, state, now, draft);
    if (derived.contract !== contract) continue;
    const runs = derived.folded === null ? [] : runsOf(derived.folded, wait.duty);
    for (const verdict of derived.verdicts) {
      const { rule, number, dueAt, stoppedAt, used } = verdict;
      const late = verdict.state === 'breached' || verdict.state === 'excused';
      if (rule.id !== wait.duty || !late || dueAt === null) continue;
      const suspension: Suspension = {
        from: dueAt,
        to: stoppedAt ?? Infinity,
        reason: 'other-party-late',
        about: `${rule.id}/${state.subject}`,
        facts: used.filter(({ role }) => role === 'start' || role === 'stop' || role === 'cancel').map(without),
      };
      if (wait.subjects.by === 'all') {
        for (const id of wait.standstill) append(draft.ofRules, id, suspension);
        continue;
      }
      const listed = runs.find((run) => run.number === number)?.startData[wait.subjects.field];
      const subjects = new Set(Array.isArray(listed) ? listed : []);
      for (const id of wait.standstill) {
        for (const subject of subjects)
          if (typeof subject === 'string') append(draft.ofSubjects, `${id}/${subject}`, suspension);
      }
    }
  }
}

function without({ source, id, type, at }: NamedFact): NamedFact {
  return { source, id, type, at };
}
