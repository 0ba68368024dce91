import { parseDay, parseInstant, type Instant } from '#libs/calendar';
import type { Budget, Contract, JsonObject, Obligation, Standing, SubjectKind, Trigger } from '#libs/contract';
import { suspensionsOf, type Circumstances } from './circumstances.js';
import { dueInstant, type Pause } from './counting.js';
import type { EffectiveFact } from './effective-facts.js';
import { cutAt, mergeSpans, type NamedFact, type Suspension } from './suspension.js';
import type { FactRole } from './verdict.js';

export interface UsedFact extends NamedFact {
  readonly role: FactRole;
}

/** A rule as it is in force for the runs that start now: the version that the case opened under, or one it moved to. */
interface RuleInForce {
  readonly contract: Contract;
  readonly obligation: Obligation;
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
  pauses: Pause[];
  end: { readonly how: 'stopped' | 'cancelled'; readonly at: Instant; readonly dateOnly: boolean } | null;
  /** The instant of a change of priority that would have been due before it (readings 13); due is never earlier. */
  dueNotBefore: Instant | null;
  /** Due instant carried by a fact; null where none has said one. */
  carriedDue: Instant | null;
  /** A change of priority after the stop: acts if a reopening continues the run. */
  pendingPriority: { readonly at: Instant; readonly priority: string }[];
  used: UsedFact[];
}

/** A subject after its facts up to some point: fold more facts into it, or ask for its verdicts. */
export interface FoldedSubject {
  readonly contract: Contract;
  readonly kind: SubjectKind;
  readonly subject: string;
  readonly circumstances: Circumstances;
  /** By obligation. */
  readonly rules: Map<string, RuleInForce>;
  opened: boolean;
  answered: boolean;
  solved: boolean;
  cancelled: boolean;
  priority: string;
  dimensions: Record<string, string>;
  /** Latest instant of each type of fact read. */
  latest: Map<string, Instant>;
  /** Runs per obligation, in order of start. */
  runs: Map<string, Instance[]>;
  /** Facts that counted for nothing: before the opening, or another opening (readings 8). */
  strays: NamedFact[];
}

export function startFold(
  contract: Contract,
  kind: SubjectKind,
  subject: string,
  circumstances: Circumstances,
): FoldedSubject {
  return {
    contract,
    kind,
    subject,
    circumstances,
    rules: new Map(obligationsOf(contract, kind.id).map((one) => [one.id, { contract, obligation: one }])),
    opened: false,
    answered: false,
    solved: false,
    cancelled: false,
    priority: '',
    dimensions: {},
    latest: new Map(),
    runs: new Map(),
    strays: [],
  };
}

/** The obligations about a kind of subject; computed once per contract version. */
const byKind = new WeakMap<Contract, Map<string, readonly Obligation[]>>();

export function obligationsOf(contract: Contract, kind: string): readonly Obligation[] {
  let index = byKind.get(contract);
  if (index === undefined) {
    index = new Map();
    for (const id of contract.subjectKinds.keys()) {
      index.set(
        id,
        contract.obligations.filter((obligation) => obligation.kind === id),
      );
    }
    byKind.set(contract, index);
  }
  return index.get(kind) ?? [];
}

/** Reads one more fact; facts come in the order of `orderFacts`. */
export function foldFact(subject: FoldedSubject, fact: EffectiveFact): void {
  const { kind } = subject;
  const at = fact.occurredAt;
  const opens = !subject.opened && holds(kind.opened, fact, subject);
  if (!subject.opened && !opens) {
    subject.strays.push({ source: fact.source, id: fact.id, type: fact.type, at });
    return;
  }
  if (subject.opened && kind.opened.some((trigger) => trigger.on === fact.type)) {
    subject.strays.push({ source: fact.source, id: fact.id, type: fact.type, at });
    return;
  }
  if (subject.cancelled) return;

  takePriority(subject, fact);
  takeDimensions(subject, fact);
  const cancels = holds(kind.cancelled, fact, subject);
  const reopens = !cancels && (kind.solved.length === 0 || subject.solved) && holds(kind.reopened, fact, subject);
  for (const rule of subject.rules.values()) applyToRule(subject, rule, fact, cancels, reopens);
  subject.latest.set(fact.type, at);
  if (opens) subject.opened = true;
  if (holds(kind.answered, fact, subject)) subject.answered = true;
  if (holds(kind.solved, fact, subject)) subject.solved = true;
  else if (reopens) subject.solved = false;
  if (cancels) subject.cancelled = true;
}

function holds(triggers: readonly Trigger[], fact: EffectiveFact, standing: Standing): boolean {
  return triggers.some((trigger) => trigger.on === fact.type && trigger.holds(fact.data, standing, fact.occurredAt));
}

function takePriority(subject: FoldedSubject, fact: EffectiveFact): void {
  const rule = subject.kind.priority;
  if (rule === null || !rule.setBy.includes(fact.type)) return;
  const value = fact.data[rule.field];
  if (typeof value === 'string' && rule.values.includes(value)) subject.priority = value;
}

function takeDimensions(subject: FoldedSubject, fact: EffectiveFact): void {
  for (const field of subject.kind.dimensions) {
    const value = fact.data[field];
    if (typeof value === 'string') subject.dimensions[field] = value;
    else if (typeof value === 'number' || typeof value === 'boolean') subject.dimensions[field] = String(value);
  }
}

function applyToRule(
  subject: FoldedSubject,
  rule: RuleInForce,
  fact: EffectiveFact,
  cancels: boolean,
  reopens: boolean,
): void {
  const at = fact.occurredAt;
  const runs = subject.runs.get(rule.obligation.id) ?? [];
  const last = runs[runs.length - 1];
  // What has not moved to a later version goes on by its own rule.
  const obligation = last?.obligation ?? rule.obligation;
  const running = last !== undefined && last.end === null ? last : undefined;
  const use = (instance: Instance, role: FactRole): void => {
    instance.used.push({ source: fact.source, id: fact.id, type: fact.type, at, role });
    if (fact.correctedBy !== undefined) {
      const { source, id, occurredAt } = fact.correctedBy;
      instance.used.push({
        source,
        id,
        type: subject.contract.vocabulary.correction ?? '',
        at: occurredAt,
        role: 'correction',
      });
    }
  };

  if (last !== undefined && setsPriority(subject, fact)) changePriority(subject, last, at, use);
  if (last !== undefined && carriesDue(obligation, fact)) {
    last.carriedDue = dueFrom(subject.contract, obligation, fact);
    use(last, 'due');
  }
  if (running !== undefined) {
    if (cancels || holds(obligation.cancel, fact, subject)) {
      end(subject, running, 'cancelled', fact);
      use(running, 'cancel');
      return;
    }
    if (holds(obligation.stop, fact, subject)) {
      end(subject, running, 'stopped', fact);
      use(running, 'stop');
      return;
    }
    if (holds(obligation.reset, fact, subject)) {
      running.startedAt = at;
      running.pauses = [];
      running.dueNotBefore = null;
      use(running, 'reset');
    }
    const openPause = running.pauses[running.pauses.length - 1]?.to === Infinity;
    if (!openPause && holds(obligation.pause, fact, subject)) {
      running.pauses.push({ from: at, to: Infinity });
      use(running, 'pause');
    } else if (openPause && holds(obligation.resume, fact, subject)) {
      closePause(running, at);
      use(running, 'resume');
    }
  }
  if (cancels) return;
  if (reopens || holds(obligation.reopen?.on ?? [], fact, subject)) {
    if (kindAllowsReopen(subject)) reopen(subject, rule, obligation, runs, fact, use);
    return;
  }
  if (
    running === undefined &&
    (rule.obligation.turns === 'each-turn' || runs.length === 0) &&
    holds(rule.obligation.start, fact, subject)
  ) {
    start(subject, rule, runs, fact, use);
  }
}

function kindAllowsReopen(subject: FoldedSubject): boolean {
  return subject.kind.solved.length === 0 || subject.solved;
}

function setsPriority(subject: FoldedSubject, fact: EffectiveFact): boolean {
  const rule = subject.kind.priority;
  return rule !== null && rule.setBy.includes(fact.type) && typeof fact.data[rule.field] === 'string';
}

function start(
  subject: FoldedSubject,
  { contract, obligation }: RuleInForce,
  runs: Instance[],
  fact: EffectiveFact,
  use: (instance: Instance, role: FactRole) => void,
): void {
  const at = fact.occurredAt;
  const { term } = contract;
  if (at < term.from || at >= term.to) return;
  const budget = budgetFor(obligation, subject.priority);
  if (budget === undefined) return;
  const instance: Instance = {
    contract,
    obligation,
    number: runs.length + 1,
    startedAt: at,
    startData: fact.data,
    suspensions: suspensionsOf(subject.circumstances, contract, obligation.id, subject.subject),
    budget,
    priority: obligation.target.by === 'priority' ? subject.priority : '',
    pauses: [],
    end: null,
    dueNotBefore: null,
    carriedDue: carriesDue(obligation, fact) ? dueFrom(contract, obligation, fact) : null,
    pendingPriority: [],
    used: [],
  };
  use(instance, runs.length === 0 || obligation.turns === 'each-turn' ? 'start' : 'reopen');
  runs.push(instance);
  subject.runs.set(obligation.id, runs);
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
  instance.pauses.pop();
  if (at > last.from) instance.pauses.push({ from: last.from, to: at });
}

function reopen(
  subject: FoldedSubject,
  rule: RuleInForce,
  obligation: Obligation,
  runs: Instance[],
  fact: EffectiveFact,
  use: (instance: Instance, role: FactRole) => void,
): void {
  const policy = obligation.reopen;
  if (policy === null || !policy.on.some((trigger) => trigger.on === fact.type)) return;
  const at = fact.occurredAt;
  const from = Math.max(...policy.from.map((type) => subject.latest.get(type) ?? -Infinity));
  if (from === -Infinity) return;
  const limit = dueInstant(policy.within, from, []);
  const action = limit !== null && at <= limit ? policy.inside : policy.after;
  const last = runs[runs.length - 1];
  if (action === 'new-instance') {
    if (last === undefined || last.end !== null) start(subject, rule, runs, fact, use);
  } else if (action === 'continue') {
    if (last?.end?.how !== 'stopped') return;
    const stoppedAt = last.end.at;
    last.end = null;
    if (at > stoppedAt) joinPause(last, { from: stoppedAt, to: at });
    use(last, 'reopen');
    const pending = last.pendingPriority;
    last.pendingPriority = [];
    for (const change of pending) retarget(last, change.at, change.priority);
  } else if (action === 'restart') {
    if (last?.end?.how !== 'stopped') return;
    last.end = null;
    last.startedAt = at;
    last.pauses = [];
    last.dueNotBefore = null;
    use(last, 'reopen');
  }
}

/** A gap that begins where a pause ended is one pause with it. */
function joinPause(instance: Instance, gap: Pause): void {
  const last = instance.pauses[instance.pauses.length - 1];
  if (last !== undefined && last.to === gap.from) {
    instance.pauses.pop();
    instance.pauses.push({ from: last.from, to: gap.to });
  } else {
    instance.pauses.push(gap);
  }
}

function changePriority(
  subject: FoldedSubject,
  instance: Instance,
  at: Instant,
  use: (instance: Instance, role: FactRole) => void,
): void {
  if (instance.obligation.target.by !== 'priority') return;
  if (instance.end?.how === 'cancelled') return;
  if (instance.end !== null) {
    instance.pendingPriority.push({ at, priority: subject.priority });
    return;
  }
  if (retarget(instance, at, subject.priority)) use(instance, 'priority');
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
  for (const obligation of obligationsOf(version, subject.kind.id)) {
    if (obligation.onAmendment !== 'move' || !subject.rules.has(obligation.id)) continue;
    subject.rules.set(obligation.id, { contract: version, obligation });
    const last = subject.runs.get(obligation.id)?.at(-1);
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
