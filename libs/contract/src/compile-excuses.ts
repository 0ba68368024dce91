import { Temporal } from 'temporal-polyfill';
import { parseInstant, type Instant } from '#libs/calendar';
import type { CompiledTerm } from './compile-term.js';
import type { ContractFile } from './contract-file.js';
import { declaredField, FACT_NAME, INSTANT, NAME, NAMES, type Wanted } from './declared-field.js';
import type { Excuses, ExcusedWindow, Wait } from './duties.js';
import { periodAt, typeNames, type Path, type Reading } from './reading.js';
import { ruleAt, rulesAt } from './rule-names.js';
import { feedsOf, type FeedKey, type RuleReads } from './rule-reads.js';
import type { Loose } from './salvage.js';

type LooseExcuses = Loose<NonNullable<ContractFile['excuses']>>;
type LooseWindow = NonNullable<NonNullable<LooseExcuses['windows']>[string]>;

export interface CompiledExcuses {
  readonly excuses: Excuses;
  readonly reads: readonly RuleReads[];
}

/** Compiles why a breach or a span of time does not count. */
export function compileExcuses(reading: Reading, term: CompiledTerm | undefined): CompiledExcuses {
  const written = reading.file.excuses;
  const reads: RuleReads[] = [];
  const excuses = {
    exemption: compileExemption(reading, written?.exemptions, reads),
    waiver: compileWaiver(reading, written?.waivers, reads),
    evidence: compileEvidence(reading, written?.evidence, reads),
    waits: compileWaits(reading, written?.waits, reads),
    windows: compileWindows(reading, written?.windows, term),
  };
  return { excuses, reads };
}

/** Types by the part they play; none plays two parts. */
function partsOf<Part extends string>(
  reading: Reading,
  path: Path,
  written: Readonly<Record<Part, Parameters<typeof typeNames>[2]>>,
): Record<Part, string[]> {
  const taken = new Map<string, string>();
  const parts = {} as Record<Part, string[]>;
  const { correction, heartbeat } = reading.file.vocabulary ?? {};
  for (const [part, value] of Object.entries(written) as [Part, Parameters<typeof typeNames>[2]][]) {
    parts[part] = typeNames(reading, [...path, part], value);
    for (const type of parts[part]) {
      const other = taken.get(type);
      if (other !== undefined)
        reading.report([...path, part], `${type} is ${other} and ${part} at once (allowed: a type for each)`);
      if (type === correction || type === heartbeat)
        reading.report(
          [...path, part],
          `${type} is about no subject (allowed: types that are neither correction nor heartbeat)`,
        );
      taken.set(type, part);
    }
  }
  return parts;
}

function compileExemption(
  reading: Reading,
  written: LooseExcuses['exemptions'],
  reads: RuleReads[],
): Excuses['exemption'] {
  if (written === undefined) return null;
  const path: Path = ['excuses', 'exemptions'];
  const { claimed, accepted, rejected } = written;
  const parts = partsOf(reading, path, { claimed, accepted, rejected });
  const types = [...parts.claimed, ...parts.accepted, ...parts.rejected];
  const spoken = [...parts.claimed, ...parts.accepted];
  const { from, to, affects } = written;
  reads.push({
    feeds: feedsOf('exemption:', types, 'subject'),
    fieldsRead: [
      ...declaredField(reading, [...path, 'from'], spoken, from, INSTANT),
      ...declaredField(reading, [...path, 'to'], spoken, to, INSTANT),
      ...declaredField(reading, [...path, 'affects'], spoken, affects, NAMES),
    ],
  });
  const notice = periodAt(reading, [...path, 'notice'], written.notice) ?? null;
  if (from === undefined || to === undefined || affects === undefined) return null;
  return { ...parts, fromField: from, toField: to, affectsField: affects, notice };
}

function compileWaiver(reading: Reading, written: LooseExcuses['waivers'], reads: RuleReads[]): Excuses['waiver'] {
  if (written === undefined) return null;
  const path: Path = ['excuses', 'waivers'];
  const parts = partsOf(reading, path, { agreed: written.agreed, revoked: written.revoked });
  const types = [...parts.agreed, ...parts.revoked];
  reads.push(namedBy(reading, [...path, 'instance'], 'waiver:', types, written.instance, NAME));
  return written.instance === undefined ? null : { ...parts, instanceField: written.instance };
}

function compileEvidence(reading: Reading, written: LooseExcuses['evidence'], reads: RuleReads[]): Excuses['evidence'] {
  if (written === undefined) return null;
  const path: Path = ['excuses', 'evidence'];
  const parts = partsOf(reading, path, { accepted: written.accepted, rejected: written.rejected });
  const types = [...parts.accepted, ...parts.rejected];
  reads.push(
    namedBy(reading, [...path, 'fact'], 'evidence:', types, written.fact, FACT_NAME, { factIn: written.fact ?? '' }),
  );
  return written.fact === undefined ? null : { ...parts, factField: written.fact };
}

function namedBy(
  reading: Reading,
  path: Path,
  kind: string,
  types: readonly string[],
  field: string | undefined,
  wanted: Wanted,
  key: FeedKey = { field: field ?? '' },
): RuleReads {
  return { feeds: feedsOf(kind, types, key), fieldsRead: declaredField(reading, path, types, field, wanted) };
}

function compileWaits(reading: Reading, written: LooseExcuses['waits'], reads: RuleReads[]): Wait[] {
  const waits = (written ?? []).flatMap((one, index): Wait[] => {
    if (one === undefined) return [];
    const path: Path = ['excuses', 'waits', index];
    const [duty] = ruleAt(reading, [...path, 'lateWith'], one.lateWith, ['obligation']);
    const standstill = rulesAt(reading, [...path, 'standstill'], one.standstill, ['obligation']);
    const owner = duty === undefined ? undefined : reading.file.obligations?.[duty]?.party;
    (one.standstill ?? []).forEach((id, at) => {
      if (id === undefined || id === duty || owner === undefined) return;
      if (reading.file.obligations?.[id]?.party === owner)
        reading.report(
          [...path, 'standstill', at],
          `${id} is owed by the ${owner}, who is late with ${duty ?? ''} (allowed: obligations of the other party)`,
        );
    });
    const field = typeof one.subjects === 'object' ? one.subjects.field : undefined;
    const starts = duty === undefined ? [] : startTypes(reading, duty);
    const fieldsRead = declaredField(reading, [...path, 'subjects', 'field'], starts, field, NAMES);
    reads.push({ feeds: [], fieldsRead });
    if (duty === undefined || one.subjects === undefined) return [];
    if (one.subjects !== 'all' && field === undefined) return [];
    return [{ duty, standstill, subjects: field === undefined ? { by: 'all' } : { by: 'field', field } }];
  });
  checkCircles(reading, waits);
  return waits;
}

function startTypes(reading: Reading, obligation: string): string[] {
  const start = reading.file.obligations?.[obligation]?.start;
  const list = start === undefined ? [] : Array.isArray(start) ? start : [start];
  return list.flatMap((one: unknown) => {
    const on = typeof one === 'object' && one !== null && 'on' in one ? one.on : one;
    return (Array.isArray(on) ? on : [on]).filter((type): type is string => typeof type === 'string');
  });
}

/** A duty that waits, over others, for itself would have no due instant. */
function checkCircles(reading: Reading, waits: readonly Wait[]): void {
  const next = (id: string) => waits.filter(({ duty }) => duty === id).flatMap(({ standstill }) => standstill);
  const pathTo = (from: string, goal: string, seen: ReadonlySet<string>): readonly string[] | undefined => {
    for (const id of next(from)) {
      if (id === goal) return [from, id];
      if (seen.has(id)) continue;
      const rest = pathTo(id, goal, new Set([...seen, id]));
      if (rest !== undefined) return [from, ...rest];
    }
    return undefined;
  };
  const reported = new Set<string>();
  (reading.file.excuses?.waits ?? []).forEach((one, index) => {
    const duty = one?.lateWith;
    if (duty === undefined || reported.has(duty)) return;
    const circle = pathTo(duty, duty, new Set([duty]));
    if (circle === undefined) return;
    for (const id of circle) reported.add(id);
    reading.report(
      ['excuses', 'waits', index, 'lateWith'],
      `${circle.join(' holds up ')}: a duty cannot wait for itself (allowed: waits without a circle)`,
    );
  });
}

const DAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];

function compileWindows(
  reading: Reading,
  written: LooseExcuses['windows'],
  term: CompiledTerm | undefined,
): ExcusedWindow[] {
  return Object.entries(written ?? {}).flatMap(([id, window]): ExcusedWindow[] => {
    if (window === undefined) return [];
    const path: Path = ['excuses', 'windows', id];
    const affects = rulesAt(reading, [...path, 'affects'], window.affects, ['obligation', 'standard']);
    if (window.weekly === undefined && window.dated === undefined)
      reading.report(path, `${id} is open at no time (needed: weekly, dated or both)`, 'key');
    if (term === undefined) return [];
    const spans = [...weeklySpans(reading, path, window, term), ...datedSpans(reading, path, window, term)];
    return [{ id, affects, spans: merged(spans) }];
  });
}

interface Span {
  readonly from: Instant;
  readonly to: Instant;
}

function weeklySpans(reading: Reading, path: Path, window: LooseWindow, { days }: CompiledTerm): Span[] {
  return (window.weekly ?? []).flatMap((one, index): Span[] => {
    const { on, from, to } = one ?? {};
    if (on === undefined || from === undefined || to === undefined) return [];
    if (from >= to) {
      reading.report(
        [...path, 'weekly', index, 'to'],
        `the window ends at ${to}, before it begins at ${from} (allowed: later times up to 24:00; a night is two windows)`,
      );
      return [];
    }
    const ahead = (DAYS.indexOf(on) + 1 - days.from.dayOfWeek + 7) % 7;
    const spans: Span[] = [];
    for (
      let day = days.from.add({ days: ahead });
      Temporal.PlainDate.compare(day, days.end) < 0;
      day = day.add({ days: 7 })
    )
      spans.push({ from: instantOf(day, from, reading.zone), to: instantOf(day, to, reading.zone) });
    return spans;
  });
}

function instantOf(day: Temporal.PlainDate, time: string, zone: string): Instant {
  const [date, plainTime] = time === '24:00' ? [day.add({ days: 1 }), '00:00'] : [day, time];
  return date.toZonedDateTime({ timeZone: zone, plainTime: Temporal.PlainTime.from(plainTime) }).epochMilliseconds;
}

function datedSpans(reading: Reading, path: Path, window: LooseWindow, { term }: CompiledTerm): Span[] {
  return (window.dated ?? []).flatMap((one, index): Span[] => {
    const at = [...path, 'dated', index];
    const instant = (name: 'from' | 'to'): Instant | undefined => {
      const written = one?.[name];
      const read = written === undefined ? undefined : parseInstant(written);
      if (written !== undefined && read === undefined)
        reading.report([...at, name], `'${written}' is no instant (allowed: such as 2026-05-01T02:00:00+08:00)`);
      return read;
    };
    const [from, to] = [instant('from'), instant('to')];
    if (from === undefined || to === undefined) return [];
    if (from < to && from >= term.from && to <= term.to) return [{ from, to }];
    reading.report(
      at,
      from < to
        ? `the window lies outside the term (allowed: ${reading.file.term?.from ?? ''} to ${reading.file.term?.to ?? ''})`
        : `the window ends before it begins (allowed: from before to)`,
    );
    return [];
  });
}

/** In order, what touches or overlaps as one. */
function merged(spans: readonly Span[]): Span[] {
  const result: Span[] = [];
  for (const span of [...spans].sort((a, b) => a.from - b.from)) {
    const last = result.at(-1);
    if (last !== undefined && span.from <= last.to)
      result[result.length - 1] = { from: last.from, to: Math.max(last.to, span.to) };
    else result.push(span);
  }
  return result;
}
