import { parseDay, parseInstant, type Instant } from '#libs/calendar';
import type { Budget, Contract, JsonObject, Obligation, Standing, SubjectKind, Trigger } from '#libs/contract';
import { suspensionsOf, type Circumstances } from './circumstances.js';
import { dueInstant, type Pause } from './counting.js';
import type { EffectiveFact } from './effective-facts.js';
import { effectsOn, rulesOfKind, type Effects, type RuleInForce, type RulesOfKind } from './effects-of-type.js';
import { cutAt, mergeSpans, type NamedFact, type Suspension } from './suspension.js';
import type { FactRole } from './verdict.js';

export interface UsedFact extends NamedFact {
  readonly role: FactRole;
}

/** One concrete run of an obligation. Pauses are closed by whatever ends the run. */
export interface Instance {
  /** The rule and the version of the contract it is judged by; a later version may take it over. */
  contract: Contract;
  obligation: Obligation;
  readonly number: number;
  startedAt: Instant;
  /** Data of the fact that started it. */
  readonly startData: JsonObject;
  /** Spans excused for reasons outside the case, whole; `standstill` puts them together with the pauses. */
  readonly suspensions: readonly Suspension[];
  /** The budget in force; null where the due instant is carried by a fact. */
  budget: Budget;
  priority: string;
  /** In order; changed by putting another list in its place. */
  pauses: readonly Pause[];
  end: { readonly how: 'stopped' | 'cancelled'; readonly at: Instant; readonly dateOnly: boolean } | null;
  /** The instant of a change of priority that would have been due before it (readings 13); due is never earlier. */
  dueNotBefore: Instant | null;
  /** Due instant carried by a fact; null where none has said one. */
  carriedDue: Instant | null;
  /** A change of priority after the stop: acts if a reopening continues the run. */
  pendingPriority: readonly { readonly at: Instant; readonly priority: string }[];
  used: UsedFact[];
}

/** A subject after its facts up to some point: fold more facts into it, or ask for its verdicts. */
export interface FoldedSubject {
  readonly contract: Contract;
  readonly kind: SubjectKind;
  readonly subject: string;
  readonly circumstances: Circumstances;
  /** Of the version it opened under. */
  readonly law: RulesOfKind;
  /** In the order of the contract, as far as versions have taken effect. */
  rules: readonly RuleInForce[];
  /** A later version may move its rules, and count from other types of facts. */
  readonly isAmendable: boolean;
  opened: boolean;
  answered: boolean;
  solved: boolean;
  cancelled: boolean;
  priority: string;
  dimensions: Record<string, string>;
  /** Latest instant of each type of fact that a period for reopening may count from; null before the first. */
  latest: Map<string, Instant> | null;
  /** By place of the rule: its runs in order of start; undefined where there is none. */
  readonly runs: (Instance[] | undefined)[];
  /** Facts that counted for nothing: before the opening, or another opening (readings 8). */
  strays: readonly NamedFact[];
  /** What was used last: the rules of a case mostly use one fact in one role. */
  lastUsed: UsedFact | null;
}

const NONE: readonly never[] = [];

export function startFold(
  contract: Contract,
  kind: SubjectKind,
  subject: string,
  circumstances: Circumstances,
  isAmendable: boolean,
): FoldedSubject {
  const law = rulesOfKind(contract, kind.id);
  return {
    contract,
    kind,
    subject,
    circumstances,
    law,
    rules: law.rules,
    isAmendable,
    opened: false,
    answered: false,
    solved: false,
    cancelled: false,
    priority: '',
    dimensions: {},
    latest: null,
    runs: law.rules.map(() => undefined),
    strays: NONE,
    lastUsed: null,
  };
}

/** The runs of an obligation, in order of start. */
export function runsOf({ rules, runs }: FoldedSubject, obligation: string): readonly Instance[] {
  return runs[rules.findIndex((rule) => rule.obligation.id === obligation)] ?? NONE;
}

/** Reads one more fact; facts come in the order of `orderFacts`. */
export function foldFact(subject: FoldedSubject, fact: EffectiveFact): void {
  const { law } = subject;
  const at = fact.occurredAt;
  const effects = law.effectsOf(fact.type);
  const opens = !subject.opened && holds(effects.opened, fact, subject);
  if (!opens && (!subject.opened || effects.opened.length > 0)) {
    subject.strays = [...subject.strays, { source: fact.source, id: fact.id, type: fact.type, at }];
    return;
  }
  if (subject.cancelled) return;

  if (effects.setsPriority) takePriority(subject, fact);
  takeDimensions(subject, fact);
  const cancels = holds(effects.cancelled, fact, subject);
  const reopens = !cancels && kindAllowsReopen(subject) && holds(effects.reopened, fact, subject);
  const amended = subject.rules !== law.rules;
  if (amended || cancels || reopens || effects.setsPriority) {
    for (let place = 0; place < subject.rules.length; place++) {
      const own = amended ? effectsOn(subject.rules[place]!.obligation, fact.type) : effects.onRules[place]!;
      applyToRule(subject, place, own, fact, cancels, reopens);
    }
  } else {
    for (const place of effects.touched) applyToRule(subject, place, effects.onRules[place]!, fact, false, false);
  }
  if (effects.isCountedFrom || subject.isAmendable) (subject.latest ??= new Map<string, Instant>()).set(fact.type, at);
  if (opens) subject.opened = true;
  if (holds(effects.answered, fact, subject)) subject.answered = true;
  if (holds(effects.solved, fact, subject)) subject.solved = true;
  else if (reopens) subject.solved = false;
  if (cancels) subject.cancelled = true;
}

/** Whether one of the triggers, all of the fact's type, fires. */
function holds(triggers: readonly Trigger[], fact: EffectiveFact, standing: Standing): boolean {
  for (const trigger of triggers) if (trigger.holds(fact.data, standing, fact.occurredAt)) return true;
  return false;
}

function takePriority(subject: FoldedSubject, fact: EffectiveFact): void {
  const { field, values } = subject.kind.priority!;
  const value = fact.data[field];
  if (typeof value === 'string' && values.includes(value)) subject.priority = value;
}

function takeDimensions(subject: FoldedSubject, fact: EffectiveFact): void {
  for (const field of subject.kind.dimensions) {
    const value = fact.data[field];
    if (typeof value === 'string') subject.dimensions[field] = value;
    else if (typeof value === 'number' || typeof value === 'boolean') subject.dimensions[field] = String(value);
  }
}

/** Notes that the run rests on the fact, and on the correction that made it what it is. */
function use(subject: FoldedSubject, instance: Instance, fact: EffectiveFact, role: FactRole): void {
  const { source, id, type, occurredAt: at, correctedBy } = fact;
  let used = subject.lastUsed;
  if (used === null || used.role !== role || used.id !== id || used.source !== source) {
    used = { source, id, type, at, role };
    subject.lastUsed = used;
  }
  instance.used.push(used);
  if (correctedBy === undefined) return;
  instance.used.push({
    source: correctedBy.source,
    id: correctedBy.id,
    type: subject.contract.vocabulary.correction ?? '',
    at: correctedBy.occurredAt,
    role: 'correction',
  });
}

/** @param ofRule what the fact's type may do by the rule in force */
function applyToRule(
  subject: FoldedSubject,
  place: number,
  ofRule: Effects,
  fact: EffectiveFact,
  cancels: boolean,
  reopens: boolean,
): void {
  const at = fact.occurredAt;
  const rule = subject.rules[place]!;
  const runs = subject.runs[place];
  const last = runs === undefined ? undefined : runs[runs.length - 1];
  // What has not moved to a later version goes on by its own rule.
  const obligation = last?.obligation ?? rule.obligation;
  const effects = obligation === rule.obligation ? ofRule : effectsOn(obligation, fact.type);
  const running = last !== undefined && last.end === null ? last : undefined;

  if (last !== undefined && setsPriority(subject, fact)) changePriority(subject, last, fact);
  if (last !== undefined && effects.due && carriesDue(obligation, fact)) {
    last.carriedDue = dueFrom(subject.contract, obligation, fact);
    use(subject, last, fact, 'due');
  }
  if (running !== undefined) {
    if (cancels || holds(effects.cancel, fact, subject)) {
      end(subject, running, 'cancelled', fact);
      use(subject, running, fact, 'cancel');
      return;
    }
    if (holds(effects.stop, fact, subject)) {
      end(subject, running, 'stopped', fact);
      use(subject, running, fact, 'stop');
      return;
    }
    if (holds(effects.reset, fact, subject)) {
      running.startedAt = at;
      running.pauses = NONE;
      running.dueNotBefore = null;
      use(subject, running, fact, 'reset');
    }
    const openPause = running.pauses[running.pauses.length - 1]?.to === Infinity;
    if (!openPause && holds(effects.pause, fact, subject)) {
      running.pauses = [...running.pauses, { from: at, to: Infinity }];
      use(subject, running, fact, 'pause');
    } else if (openPause && holds(effects.resume, fact, subject)) {
      closePause(running, at);
      use(subject, running, fact, 'resume');
    }
  }
  if (cancels) return;
  if (reopens || holds(effects.reopen, fact, subject)) {
    if (kindAllowsReopen(subject)) reopen(subject, place, obligation, effects, fact);
    return;
  }
  if (
    running === undefined &&
    (rule.obligation.turns === 'each-turn' || last === undefined) &&
    holds(ofRule.start, fact, subject)
  ) {
    start(subject, place, fact);
  }
}

function kindAllowsReopen(subject: FoldedSubject): boolean {
  return subject.kind.solved.length === 0 || subject.solved;
}

function setsPriority(subject: FoldedSubject, fact: EffectiveFact): boolean {
  const rule = subject.kind.priority;
  return rule !== null && rule.setBy.includes(fact.type) && typeof fact.data[rule.field] === 'string';
}

function start(subject: FoldedSubject, place: number, fact: EffectiveFact): void {
  const { contract, obligation } = subject.rules[place]!;
  const at = fact.occurredAt;
  const { term } = contract;
  if (at < term.from || at >= term.to) return;
  const budget = budgetFor(obligation, subject.priority);
  if (budget === undefined) return;
  const runs = subject.runs[place];
  const instance: Instance = {
    contract,
    obligation,
    number: (runs?.length ?? 0) + 1,
    startedAt: at,
    startData: fact.data,
    suspensions: suspensionsOf(subject.circumstances, contract, obligation.id, subject.subject),
    budget,
    priority: obligation.target.by === 'priority' ? subject.priority : '',
    pauses: NONE,
    end: null,
    dueNotBefore: null,
    carriedDue: carriesDue(obligation, fact) ? dueFrom(contract, obligation, fact) : null,
    pendingPriority: NONE,
    used: [],
  };
  use(subject, instance, fact, runs === undefined || obligation.turns === 'each-turn' ? 'start' : 'reopen');
  if (runs === undefined) subject.runs[place] = [instance];
  else runs.push(instance);
}

/** Undefined where the priority has no target: the rule does not apply to the case. */
function budgetFor(obligation: Obligation, priority: string): Budget | undefined {
  return obligation.target.by === 'priority' ? obligation.target.budgets[priority] : obligation.target.budget;
}

function end(subject: FoldedSubject, instance: Instance, how: 'stopped' | 'cancelled', fact: EffectiveFact): void {
  closePause(instance, fact.occurredAt);
  const precision = subject.contract.sources.get(fact.source)?.precision;
  instance.end = { how, at: fact.occurredAt, dateOnly: precision === 'date' };
}

/** A stop ends every pause; one of no length leaves no trace. */
function closePause(instance: Instance, at: Instant): void {
  const last = instance.pauses[instance.pauses.length - 1];
  if (last === undefined || last.to !== Infinity) return;
  const before = instance.pauses.slice(0, -1);
  instance.pauses = at > last.from ? [...before, { from: last.from, to: at }] : before;
}

function reopen(
  subject: FoldedSubject,
  place: number,
  obligation: Obligation,
  effects: Effects,
  fact: EffectiveFact,
): void {
  const policy = obligation.reopen;
  if (policy === null || effects.reopen.length === 0) return;
  const at = fact.occurredAt;
  const from = Math.max(...policy.from.map((type) => subject.latest?.get(type) ?? -Infinity));
  if (from === -Infinity) return;
  const limit = dueInstant(policy.within, from, []);
  const action = limit !== null && at <= limit ? policy.inside : policy.after;
  const last = subject.runs[place]?.at(-1);
  if (action === 'new-instance') {
    if (last === undefined || last.end !== null) start(subject, place, fact);
  } else if (action === 'continue') {
    if (last?.end?.how !== 'stopped') return;
    const stoppedAt = last.end.at;
    last.end = null;
    if (at > stoppedAt) joinPause(last, { from: stoppedAt, to: at });
    use(subject, last, fact, 'reopen');
    const pending = last.pendingPriority;
    last.pendingPriority = NONE;
    for (const change of pending) retarget(last, change.at, change.priority);
  } else if (action === 'restart') {
    if (last?.end?.how !== 'stopped') return;
    last.end = null;
    last.startedAt = at;
    last.pauses = NONE;
    last.dueNotBefore = null;
    use(subject, last, fact, 'reopen');
  }
}

/** A gap that begins where a pause ended is one pause with it. */
function joinPause(instance: Instance, gap: Pause): void {
  const last = instance.pauses[instance.pauses.length - 1];
  if (last !== undefined && last.to === gap.from) {
    instance.pauses = [...instance.pauses.slice(0, -1), { from: last.from, to: gap.to }];
  } else {
    instance.pauses = [...instance.pauses, gap];
  }
}

function changePriority(subject: FoldedSubject, instance: Instance, fact: EffectiveFact): void {
  const at = fact.occurredAt;
  if (instance.obligation.target.by !== 'priority') return;
  if (instance.end?.how === 'cancelled') return;
  if (instance.end !== null) {
    instance.pendingPriority = [...instance.pendingPriority, { at, priority: subject.priority }];
    return;
  }
  if (retarget(instance, at, subject.priority)) use(subject, instance, fact, 'priority');
}

/** The new target counts from the start with all pauses kept; an instance overdue at the change keeps the old one. */
function retarget(instance: Instance, at: Instant, priority: string): boolean {
  const { target } = instance.obligation;
  if (target.by !== 'priority' || priority === instance.priority) return false;
  const budget = target.budgets[priority];
  if (budget === undefined) return false;
  const due = dueOf(instance);
  if (due !== null && due < at) return false;
  instance.budget = budget;
  instance.priority = priority;
  dueNotBefore(instance, at);
  return true;
}

/** A change of the target never makes due what was not due at the change. */
function dueNotBefore(instance: Instance, at: Instant): void {
  instance.dueNotBefore = null;
  const newDue = dueInstant(instance.budget, instance.startedAt, standstill(instance));
  if (newDue !== null && newDue < at) instance.dueNotBefore = at;
}

/**
 * A later version takes effect: rules of which it says so are its own from now on, and what runs under them moves to its
 * target, with the start and all pauses kept. What has stopped, or is overdue, stays where it is.
 */
export function amend(subject: FoldedSubject, version: Contract): void {
  const at = version.inForceFrom;
  for (const next of rulesOfKind(version, subject.kind.id).rules) {
    const { obligation } = next;
    const place = subject.rules.findIndex((rule) => rule.obligation.id === obligation.id);
    if (obligation.onAmendment !== 'move' || place < 0) continue;
    subject.rules = subject.rules.with(place, next);
    const last = subject.runs[place]?.at(-1);
    if (last === undefined || last.end !== null) continue;
    const due = dueOf(last);
    const budget = budgetFor(obligation, subject.priority);
    if (budget === undefined || (due !== null && due < at)) continue;
    last.contract = version;
    last.obligation = obligation;
    last.budget = budget;
    last.priority = obligation.target.by === 'priority' ? subject.priority : '';
    if (obligation.target.by !== 'fact') dueNotBefore(last, at);
  }
}

function carriesDue(obligation: Obligation, fact: EffectiveFact): boolean {
  const { target } = obligation;
  return (
    target.by === 'fact' &&
    target.setBy.includes(fact.type) &&
    fact.data[target.field] !== undefined &&
    fact.data[target.field] !== null
  );
}

/** An instant as it stands; a date ends at 24:00 of the contract's zone. */
function dueFrom(contract: Contract, obligation: Obligation, fact: EffectiveFact): Instant | null {
  if (obligation.target.by !== 'fact') return null;
  const value = fact.data[obligation.target.field];
  if (typeof value !== 'string') return null;
  const at = parseInstant(value);
  if (at !== undefined) return at;
  const day = parseDay(value);
  return day === undefined ? null : contract.calendar.dayStart(day + 1);
}

/** Spans in which the clock of a run stands still: its pauses, and what is excused up to its end. */
function standstill(instance: Instance): readonly Pause[] {
  const { pauses, suspensions, end } = instance;
  if (suspensions.length === 0) return pauses;
  return mergeSpans([...pauses, ...(end === null ? suspensions : cutAt(suspensions, end.at))]);
}

/** Due instant with the pauses known so far; null while an open pause hides it, or where none was set. */
export function dueOf(instance: Instance): Instant | null {
  const spans = standstill(instance);
  const due =
    instance.obligation.target.by === 'fact'
      ? dueOfCarried(instance, spans)
      : dueInstant(instance.budget, instance.startedAt, spans);
  if (due === null || instance.dueNotBefore === null || due >= instance.dueNotBefore) return due;
  return instance.dueNotBefore;
}

/** A due instant that a fact carries moves only where time is excused: the case's own pauses were known to whoever set it. */
function dueOfCarried(instance: Instance, spans: readonly Pause[]): Instant | null {
  const due = instance.carriedDue;
  const last = spans[spans.length - 1];
  if (due === null || (last?.to === Infinity && due >= last.from)) return null;
  const excused = instance.end === null ? instance.suspensions : cutAt(instance.suspensions, instance.end.at);
  return extendedDue(instance.startedAt, due, mergeSpans(excused));
}

/** A fixed due instant, moved by the excused time before it; null while that lasts. */
export function extendedDue(from: Instant, due: Instant, excused: readonly Pause[]): Instant | null {
  if (!excused.some((span) => span.from < due && span.to > from)) return due;
  return dueInstant({ counting: 'elapsed-time', millis: Math.max(0, due - from), text: '' }, from, excused);
}
