import { compileHead } from './compile-head.js';
import { compileTriggers, type CompiledTrigger, type LooseTrigger } from './compile-trigger.js';
import { compileGrace, compileWarnings } from './compile-warnings.js';
import type { Budget, Obligation, ReopenPolicy, SubjectKind, Target, Trigger } from './model.js';
import { unknownName } from './nearest-name.js';
import { periodAt, typeNames, type LooseObligation, type Path, type Reading } from './reading.js';

type Clock = Readonly<Record<(typeof TRIGGERS)[number], readonly Trigger[]>>;

/** An obligation with what it reads: event types, and fields of their data. */
export interface CompiledObligation {
  readonly id: string;
  readonly clock: Clock;
  /** Undefined where a part of it is missing or wrong. */
  readonly obligation: Obligation | undefined;
  readonly kind: string | undefined;
  readonly types: ReadonlySet<string>;
  readonly fieldsRead: readonly { readonly type: string; readonly field: string }[];
}

const TRIGGERS = ['start', 'stop', 'pause', 'resume', 'reset', 'cancel'] as const;

/** Compiles one rule with a clock. A part that is missing or wrong leaves the obligation out; the rest is still checked. */
export function compileObligation(
  reading: Reading,
  id: string,
  written: LooseObligation,
  kinds: ReadonlyMap<string, SubjectKind>,
): CompiledObligation {
  const path: Path = ['obligations', id];
  const triggers = new Map<string, readonly CompiledTrigger[]>(
    TRIGGERS.map((name) => [
      name,
      compileTriggers(reading, [...path, name], written[name] as LooseTrigger | undefined),
    ]),
  );
  const of = (name: (typeof TRIGGERS)[number]): Trigger[] => (triggers.get(name) ?? []).map(({ trigger }) => trigger);
  const clock: Clock = {
    start: of('start'),
    stop: of('stop'),
    pause: of('pause'),
    resume: of('resume'),
    reset: of('reset'),
    cancel: of('cancel'),
  };
  const kind = written.subject === undefined ? undefined : kinds.get(written.subject);
  if (written.subject !== undefined && kind === undefined) {
    reading.report([...path, 'subject'], unknownName('kind of subject', written.subject, kinds.keys()));
  }
  const head = compileHead(reading, path, id, written);
  const target = compileTarget(reading, path, written, kind, clock.start);
  const reopen = compileReopen(reading, path, written, kind);
  const warnings = compileWarnings(reading, path, written.warnings);
  const graceMillis = compileGrace(reading, path, written.grace);
  const fired = [...triggers.values(), reopen?.on ?? []].flat();
  const due = target?.by === 'fact' ? target : undefined;
  const complete =
    head !== undefined &&
    written.party !== undefined &&
    kind !== undefined &&
    target !== undefined &&
    written.start !== undefined;
  return {
    id,
    clock,
    kind: kind?.id,
    types: new Set([...fired.map(({ trigger }) => trigger.on), ...(reopen?.from ?? []), ...(due?.setBy ?? [])]),
    fieldsRead: [
      ...fired.flatMap(({ trigger, fieldsRead }) => fieldsRead.map((field) => ({ type: trigger.on, field }))),
      ...(due?.setBy ?? []).map((type) => ({ type, field: due?.field ?? '' })),
    ],
    obligation: complete
      ? {
          ...head,
          party: written.party,
          kind: kind.id,
          ...clock,
          cancel: distinct([...clock.cancel, ...kind.cancelled]),
          turns: written.turns ?? 'once',
          target,
          reopen: reopen === undefined ? null : reopen.policy,
          warnings,
          graceMillis,
          onAmendment: written.onAmendment ?? 'keep',
          overdueUnit: written.overdueIn ?? null,
        }
      : undefined,
  };
}

function compileTarget(
  reading: Reading,
  path: Path,
  written: LooseObligation,
  kind: SubjectKind | undefined,
  start: readonly Trigger[],
): Target | undefined {
  const at = [...path, 'target'];
  const target = written.target;
  if (target === undefined) return undefined;
  if (typeof target === 'string') {
    const budget = periodAt(reading, at, target);
    return budget && { by: 'budget', budget };
  }
  if ('byPriority' in target) {
    const budgets: Record<string, Budget> = {};
    for (const [value, period] of Object.entries(target.byPriority ?? {})) {
      const budget = periodAt(reading, [...at, 'byPriority', value], period);
      if (budget !== undefined) budgets[value] = budget;
    }
    if (kind !== undefined) checkPriorities(reading, at, kind, Object.keys(target.byPriority ?? {}));
    return { by: 'priority', budgets };
  }
  if (!('dueField' in target) || target.dueField === undefined) return undefined;
  const field = target.dueField;
  const setBy =
    target.setBy === undefined
      ? [...new Set(start.map(({ on }) => on))]
      : typeNames(reading, [...at, 'setBy'], target.setBy);
  for (const type of setBy) {
    const shape = reading.types.get(type)?.fields.get(field)?.shape;
    const shapes = shape?.is === 'either' ? shape.shapes : [shape];
    if (!shapes.every((one) => one?.is === 'instant' || one?.is === 'date')) {
      reading.report([...at, 'dueField'], `${type} does not declare ${field} as an instant or a date`);
    }
  }
  const budget = noTime(reading, target.counting ?? 'round the clock');
  return budget && { by: 'fact', field, setBy, budget };
}

/** The way of counting beside a due instant that the fact carries: nothing is added to that instant. */
function noTime(reading: Reading, counting: string): Budget | undefined {
  const { calendar } = reading;
  if (calendar === undefined) return undefined;
  switch (counting) {
    case 'working time':
      return { counting: 'working-time', millis: 0, calendar, text: 'PT0S working time' };
    case 'working days':
      return { counting: 'working-days', count: 0, calendar, endsAt: 'close', text: '0 working days' };
    case 'calendar days':
      return { counting: 'calendar-days', count: 0, calendar, endsAt: '24:00', text: '0 calendar days' };
    default:
      return { counting: 'elapsed-time', millis: 0, text: 'PT0S round the clock' };
  }
}

function checkPriorities(reading: Reading, at: Path, kind: SubjectKind, named: readonly string[]): void {
  const values = kind.priority?.values;
  if (values === undefined) {
    reading.report(at, `${kind.id} has no priority (allowed: a period, or a priority under subjects.${kind.id})`);
    return;
  }
  for (const name of named) {
    if (!values.includes(name))
      reading.report([...at, 'byPriority', name], unknownName('priority', name, values), 'key');
  }
  const missing = values.filter((value) => !named.includes(value));
  if (missing.length > 0) {
    reading.report(
      [...at, 'byPriority'],
      `no period for ${missing.join(', ')} (needed: one for each of ${values.join(', ')})`,
      'key',
    );
  }
}

interface CompiledReopen {
  readonly on: readonly CompiledTrigger[];
  readonly from: readonly string[];
  readonly policy: ReopenPolicy | null;
}

function compileReopen(
  reading: Reading,
  path: Path,
  written: LooseObligation,
  kind: SubjectKind | undefined,
): CompiledReopen | undefined {
  const { reopen } = written;
  if (reopen === undefined) return undefined;
  const at = [...path, 'reopen'];
  const own = compileTriggers(reading, [...at, 'on'], reopen.on as LooseTrigger | undefined);
  const on = reopen.on === undefined ? (kind?.reopened ?? []).map((trigger) => ({ trigger, fieldsRead: [] })) : own;
  if (kind !== undefined && reopen.on === undefined && on.length === 0) {
    reading.report(at, `nothing reopens ${kind.id} (needed: on here, or reopened under subjects.${kind.id})`, 'key');
  }
  const from = typeNames(reading, [...at, 'countedFrom'], reopen.countedFrom);
  const within = periodAt(reading, [...at, 'within'], reopen.within);
  const { inside, after } = reopen;
  const policy =
    within === undefined || inside === undefined || after === undefined
      ? null
      : { on: on.map(({ trigger }) => trigger), from, within, inside, after };
  return { on, from, policy };
}

function distinct(triggers: readonly Trigger[]): Trigger[] {
  return triggers.filter(
    (one, index) => triggers.findIndex(({ on, where }) => on === one.on && where === one.where) === index,
  );
}
