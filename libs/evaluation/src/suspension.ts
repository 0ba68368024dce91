import type { Instant } from '#libs/calendar';
import type { Pause } from './counting.js';
import type { ExcuseReason } from './verdict.js';

/** A fact that a verdict rests on. */
export interface NamedFact {
  readonly source: string;
  readonly id: string;
  readonly type: string;
  readonly at: Instant;
}

/** A span in which clocks stand still for a reason that lies outside their own case, half-open; Infinity while it lasts. */
export interface Suspension extends Pause {
  readonly reason: ExcuseReason['reason'];
  readonly about: string;
  readonly facts: readonly NamedFact[];
}

/** Spans in order, without overlaps and gaps of no length. */
export function mergeSpans(spans: readonly Pause[]): readonly Pause[] {
  const sorted = spans.filter(({ from, to }) => from < to).sort((a, b) => a.from - b.from);
  const merged: { from: Instant; to: Instant }[] = [];
  for (const { from, to } of sorted) {
    const last = merged[merged.length - 1];
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to);
    else merged.push({ from, to });
  }
  return merged;
}

/** What of the spans lies before an instant: whatever ends a run ends every span (readings 11). */
export function cutAt<T extends Pause>(spans: readonly T[], at: Instant): readonly T[] {
  if (spans.length === 0) return spans;
  return spans.flatMap((span) => (span.from >= at ? [] : [span.to <= at ? span : { ...span, to: at }]));
}

/** When time alone next begins or ends a span; null: never. */
export function nextEdge(spans: readonly Pause[], after: Instant): Instant | null {
  let next = Infinity;
  for (const { from, to } of spans) {
    if (from > after) next = Math.min(next, from);
    if (to > after) next = Math.min(next, to);
  }
  return next === Infinity ? null : next;
}
