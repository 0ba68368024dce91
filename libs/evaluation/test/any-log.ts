import fc from 'fast-check';
import type { Instant } from '#libs/calendar';
import type { JudgeItem } from '../src/index.js';
import { anyFacts } from './any-facts.js';
import { desk } from './desk.js';

const HOUR = 3_600_000;

/** A log of one partition before its records have offsets. */
type Unplaced = JudgeItem extends infer One ? (One extends JudgeItem ? Omit<One, 'offset'> : never) : never;

/** Long after everything: fires what is left to fire. */
export const endOfLog: Instant = Date.parse('2026-06-01T00:00:00.001Z');

/** Facts as they come in: soon, days late, or up to five minutes before they are said to happen; some again, some altered. */
const arriving = anyFacts.chain((facts) =>
  fc
    .array(
      fc.record({
        delay: fc.oneof(fc.integer({ min: -300_000, max: HOUR }), fc.integer({ min: 0, max: 72 * HOUR })),
        again: fc.option(fc.integer({ min: 0, max: 24 * HOUR }), { nil: undefined, freq: 4 }),
        altered: fc.boolean(),
      }),
      { minLength: facts.length, maxLength: facts.length },
    )
    .map((ways) =>
      facts.flatMap((fact, i) => {
        const { delay = 0, again, altered = false } = ways[i] ?? {};
        const first = { fact, arrivesAt: fact.occurredAt + delay };
        if (again === undefined) return [first];
        const copy = altered
          ? { ...fact, occurredAt: fact.occurredAt + 1, contentHash: `${fact.contentHash} altered` }
          : fact;
        return [first, { fact: copy, arrivesAt: Math.max(first.arrivesAt + again, copy.occurredAt - 300_000) }];
      }),
    ),
);

const ticks = fc.array(fc.integer({ min: -24, max: 24 * 14 }), { maxLength: 6 });

/** Records in the order of the log, with ticks, refused records and unknown contracts among them; at the end all is fired. */
export const anyLog: fc.Arbitrary<JudgeItem[]> = fc
  .tuple(arriving, ticks, fc.array(fc.nat(), { maxLength: 2 }))
  .map(([facts, hours, refused]) => {
    const items: Unplaced[] = [
      ...facts.map(({ fact, arrivesAt }) => ({
        kind: 'fact' as const,
        fact: { ...fact, appendedAt: arrivesAt },
        at: arrivesAt,
        stamped: false,
        importId: null,
      })),
      ...hours.map((hour) => ({ kind: 'tick' as const, at: Date.parse('2026-03-02T00:30:00Z') + hour * HOUR })),
      ...refused.map((place) => ({
        kind: 'refused' as const,
        refusal: { reason: 'SCHEMA' as const, detail: 'x', id: `r${place}`, source: '/desk', contract: desk.id },
        at: Date.parse('2026-03-02T00:00:00Z') + (place % (14 * 24)) * HOUR,
        live: place % 2 === 0,
      })),
    ];
    return placed([...items.sort((a, b) => a.at - b.at), { kind: 'tick', at: endOfLog }]);
  });

/** The same with an import somewhere in it: what lies between its brackets is history, stamped, or live and put in between. */
export const anyLogWithImport: fc.Arbitrary<JudgeItem[]> = fc
  .tuple(
    anyLog,
    fc.nat(),
    fc.nat(),
    fc.array(fc.constantFrom('history', 'stamped', 'live'), { minLength: 80, maxLength: 80 }),
  )
  .map(([log, a, b, ways]) => {
    const from = a % log.length;
    const to = from + (b % (log.length - from));
    const begunAt = log[from]?.at ?? 0;
    const completedAt = log[to]?.at ?? begunAt;
    const inside = log.slice(from, to).map((item, i): JudgeItem => {
      const way = ways[i % ways.length];
      if (item.kind !== 'fact' || way === 'live') return item;
      return { ...item, stamped: true, importId: way === 'history' ? 'I-1' : null };
    });
    const bracket = { contract: desk.id, importId: 'I-1', offset: 0 };
    return placed([
      ...log.slice(0, from),
      { kind: 'import-begun', alerts: 'summary', at: begunAt, ...bracket },
      ...inside,
      { kind: 'import-completed', at: completedAt, ...bracket },
      ...log.slice(to),
    ]);
  });

function placed(items: readonly Unplaced[]): JudgeItem[] {
  return items.map((item, offset) => ({ ...item, offset }) as JudgeItem);
}

/** A log cut into batches. */
export function anyCut(log: readonly JudgeItem[]): fc.Arbitrary<JudgeItem[][]> {
  return fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 12 }).map((sizes) => {
    const batches: JudgeItem[][] = [];
    for (let from = 0, i = 0; from < log.length; i++) {
      const size = sizes[i % sizes.length] as number;
      batches.push(log.slice(from, from + size));
      from += size;
    }
    return batches;
  });
}
