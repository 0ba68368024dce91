import fc from 'fast-check';
import type { Instant } from '#libs/calendar';
import type { Fact, JsonObject } from '#libs/contract';
import { aFact, at, desk } from './desk.js';

const HOUR = 3_600_000;
const monday = at('03-02 09:00');

/** Many facts fall on the same instants, so that their order is decided by sequence and id. */
const instant = fc.oneof(
  fc.integer({ min: 0, max: 240 }).map((hours) => monday + hours * HOUR),
  fc.constantFrom(0, 1, 26, 27, 50).map((hours) => monday + hours * HOUR),
  fc.integer({ min: 0, max: 240 * HOUR }).map((millis) => monday + millis),
);
const urgency = fc.constantFrom('urgent', 'high', 'normal');
const promised = fc.oneof(
  fc.integer({ min: 2, max: 12 }).map((day) => `2026-03-${String(day).padStart(2, '0')}`),
  fc.integer({ min: 2, max: 12 }).map((day) => `2026-03-${String(day).padStart(2, '0')}T15:00:00+08:00`),
);

const DATA: Readonly<Record<string, fc.Arbitrary<JsonObject>>> = {
  'ticket.opened': fc.record(
    { urgency, team: fc.constantFrom('blue', 'red') },
    { requiredKeys: ['urgency'] },
  ) as fc.Arbitrary<JsonObject>,
  'ticket.ranked': fc.record({ urgency }),
  'order.placed': fc.record({ promised }, { requiredKeys: [] }) as fc.Arbitrary<JsonObject>,
  'order.promised': fc.record({ promised }),
  'batch.closed': fc.record({ batch: fc.constantFrom('B-1', 'B-2', 'B-3') }),
  'report.sent': fc.record({ batch: fc.constantFrom('B-1', 'B-2') }),
};

const TYPES = [
  ...['opened', 'opened', 'ranked', 'answered', 'replied', 'waiting', 'resumed', 'solved', 'reopened', 'dropped'].map(
    (name) => `ticket.${name}`,
  ),
  ...['order.placed', 'order.promised', 'order.packed', 'order.unpacked', 'order.shipped'],
  ...['batch.closed', 'report.sent'],
];

const dataOf = (type: string): fc.Arbitrary<JsonObject> => DATA[type] ?? fc.constant({});

/** A replacement that now and then breaks the schema. */
const newDataOf = (type: string): fc.Arbitrary<JsonObject> =>
  fc.oneof(
    { arbitrary: dataOf(type), weight: 9 },
    { arbitrary: fc.constant<JsonObject>({ urgency: 7, promised: 7, batch: '' }), weight: 1 },
  );

const ordinary = fc
  .constantFrom(...TYPES)
  .chain((type) =>
    fc.record({
      type: fc.constant(type),
      subject: fc.constantFrom(
        ...(type.startsWith('ticket') ? ['T-1', 'T-2'] : type.startsWith('order') ? ['O-1'] : ['x', 'y']),
      ),
      occurredAt: instant,
      source: fc.constantFrom('/desk', '/phone', '/post'),
      sequence: fc.option(fc.integer({ min: 1, max: 12 }).map(String), { nil: undefined, freq: 2 }),
      data: dataOf(type),
    }),
  )
  .map(({ sequence, ...rest }) => ({ ...rest, ...(sequence === undefined ? {} : { sequence }) }));

interface Correcting {
  readonly target: number;
  readonly withdraws: boolean;
  readonly occurredAt: Instant;
  readonly seed: number;
}

const correcting: fc.Arbitrary<Correcting> = fc.record({
  target: fc.nat(),
  withdraws: fc.boolean(),
  occurredAt: instant,
  seed: fc.nat(),
});

/**
 * A set of facts about a few cases, with corrections of them and of each other: known and unknown targets, chains, circles,
 * replacements that do not fit. Ids are unique; contents are not checked against the schema as arriving events are.
 */
export const anyFacts: fc.Arbitrary<Fact[]> = fc
  .tuple(fc.array(ordinary, { minLength: 1, maxLength: 24 }), fc.array(correcting, { maxLength: 8 }))
  .map(([told, corrections]) => {
    const facts = told.map((one, i) => aFact({ ...one, id: `f${i}` }));
    const corrects = corrections.map(({ target }) => target % (facts.length + corrections.length + 1));
    const idOf = (place: number): string => (place < facts.length ? `f${place}` : `c${place - facts.length}`);
    const rootType = (place: number, steps = 0): string => {
      const known = facts[place];
      if (known !== undefined) return known.type;
      const next = corrects[place - facts.length];
      return next === undefined || steps > 8 ? 'ticket.opened' : rootType(next, steps + 1);
    };
    const sourceOf = (place: number): string => facts[place]?.source ?? '/desk';
    return [
      ...facts,
      ...corrections.map(({ withdraws, occurredAt, seed }, i) => {
        const place = corrects[i] as number;
        const [newData = {}] = fc.sample(newDataOf(rootType(place)), { seed, numRuns: 1 });
        const next = corrects[place - facts.length];
        const isCorrection = place >= facts.length;
        const data = isCorrection
          ? {
              corrects: next === undefined ? 'f0' : idOf(next),
              action: seed % 3 === 0 ? 'withdraw' : 'replace',
              data: newData,
            }
          : newData;
        return aFact({
          id: `c${i}`,
          type: desk.vocabulary.correction as string,
          occurredAt,
          data: {
            corrects: idOf(place),
            ...(sourceOf(place) === '/desk' ? {} : { source: sourceOf(place) }),
            ...(withdraws ? { action: 'withdraw' } : { action: 'replace', data }),
          },
        });
      }),
    ];
  });

/** The facts in some order, some of them more than once. */
export function anyArrival(facts: readonly Fact[]): fc.Arbitrary<Fact[]> {
  const repeated = fc.shuffledSubarray([...facts], { maxLength: Math.min(5, facts.length) });
  return fc
    .tuple(
      fc.shuffledSubarray([...facts], { minLength: facts.length }),
      repeated,
      fc.array(fc.nat(), { minLength: 5, maxLength: 5 }),
    )
    .map(([order, again, places]) => {
      const arrived = [...order];
      again.forEach((fact, i) => arrived.splice((places[i] ?? 0) % (arrived.length + 1), 0, fact));
      return arrived;
    });
}
