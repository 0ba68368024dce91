import fc from 'fast-check';
import type { Contract, Measure, Period, Standard, Trigger } from '#libs/contract';
import type { EffectiveFact } from './effective-facts.js';
import {
  contributionOfFact,
  contributionOfInstance,
  Figures,
  type Contribution,
  type MeasuredInstance,
} from './figures.js';
import { judgeStandard, toStandardRecord } from './judge-standard.js';

const MINUTE = 60_000;
const period: Period = { name: '2026-03', from: 0, to: 1_000 * MINUTE };
const contract = { id: 'C', version: 1, hash: 'h' } as Contract;

const on = (type: string, holds: Trigger['holds'] = () => true): Trigger => ({ on: type, where: null, holds });

function standard(measure: Measure, different: Partial<Standard> = {}): Standard {
  return {
    id: 'figure',
    clauses: ['1'],
    title: { 'zh-CN': '', en: '' },
    quote: '',
    party: 'provider',
    every: 'month',
    periods: [period],
    rollingDays: null,
    measure,
    comparison: 'at-least',
    target: '0.95',
    challenge: null,
    minimumSample: 1,
    excluded: [],
    ...different,
  };
}

const share: Measure = {
  by: 'instances',
  obligation: 'answer',
  placedBy: 'start',
  cancelled: { thresholdMillis: 5_000, within: 'excluded', beyond: 'missed' },
  undecided: 'wait',
  where: null,
};

const instance = (different: Partial<MeasuredInstance>): MeasuredInstance => ({
  state: 'met',
  startedAt: 10 * MINUTE,
  dueAt: 20 * MINUTE,
  elapsedMillis: 0,
  dimensions: {},
  priority: '',
  ...different,
});

const fact = (data: EffectiveFact['data'], occurredAt = MINUTE, type = 'sample.taken'): EffectiveFact =>
  ({ source: '/s', id: 'i', type, occurredAt, sequence: undefined, data, correctedBy: undefined }) as EffectiveFact;

const nothingExempt = () => false;

function judged(one: Standard, contributions: readonly (Contribution | null)[], now = period.to) {
  const figures = new Figures();
  for (const contribution of contributions) if (contribution !== null) figures.add(contribution);
  const verdict = judgeStandard(contract, one, period, figures.totals(period.from, period.to), now);
  const { numerator, denominator, value, sample, state } = toStandardRecord(verdict);
  return [numerator, denominator, value, sample, state];
}

function judgedFacts(
  measure: Extract<Measure, { by: 'facts' }>,
  facts: readonly EffectiveFact[],
  different: Partial<Standard> = {},
) {
  const one = standard(measure, different) as Standard & { measure: typeof measure };
  return judged(
    one,
    facts.map((each) => contributionOfFact(one, each, nothingExempt)),
  );
}

describe('a share of instances', () => {
  const one = standard(share) as Standard & { measure: typeof share };
  const of = (different: Partial<MeasuredInstance>) => contributionOfInstance(one, instance(different), nothingExempt);

  it.each([
    ['one that was met counts above and below the line', { state: 'met' }, ['1', '1', '1.0000', 1, 'met']],
    ['one that was breached counts below it only', { state: 'breached' }, ['0', '1', '0.0000', 1, 'missed']],
    [
      'one given up at the threshold is left out',
      { state: 'cancelled', elapsedMillis: 5_000 },
      ['0', '0', null, 0, 'not-judged'],
    ],
    [
      'one given up just after it counts as missed',
      { state: 'cancelled', elapsedMillis: 5_001 },
      ['0', '1', '0.0000', 1, 'missed'],
    ],
    ['one that was waived is left out', { state: 'excused' }, ['0', '0', null, 0, 'not-judged']],
    ['one that still runs keeps the period open', { state: 'running' }, ['0', '0', null, 0, 'open']],
  ] as const)('%s', (_, different, expected) => {
    expect(judged(one, [of(different)])).toEqual(expected);
  });

  it('is open until the period has ended, and judged at the very instant of its end', () => {
    expect(judged(one, [of({})], period.to - 1)[4]).toBe('open');
    expect(judged(one, [of({})], period.to)[4]).toBe('met');
  });

  it('leaves out what is exempt or lies on an excluded day, by the instant that places it', () => {
    const excluded = { ...one, excluded: [{ from: 20 * MINUTE, to: 21 * MINUTE }] };
    expect(contributionOfInstance(excluded, instance({}), nothingExempt)).not.toBeNull();
    const byDue = { ...excluded, measure: { ...share, placedBy: 'due' as const } };
    expect(contributionOfInstance(byDue, instance({}), nothingExempt)).toBeNull();
    expect(contributionOfInstance(one, instance({}), (id, at) => id === 'figure' && at === 10 * MINUTE)).toBeNull();
  });

  it('places nothing by a due instant that is hidden by a pause', () => {
    const byDue = { ...one, measure: { ...share, placedBy: 'due' as const } };
    expect(contributionOfInstance(byDue, instance({ dueAt: null, state: 'paused' }), nothingExempt)).toBeNull();
  });

  it('decides by the exact quotient and shows it half up to four places', () => {
    const met = Array.from({ length: 18_999 }, () => of({}));
    const missed = Array.from({ length: 1_000 }, () => of({ state: 'breached' }));
    // 18999/19999 = 0.94999..., shown as 0.9500.
    expect(judged(one, [...met, ...missed])).toEqual(['18999', '19999', '0.9500', 19_999, 'missed']);
  });
});

describe('figures over facts', () => {
  const of = [on('sample.taken')];

  it('takes the mean of a field exactly', () => {
    const scores = [4.1, 4.2, 4.3].map((score) => fact({ score }));
    expect(judgedFacts({ by: 'facts', figure: 'mean', of, field: 'score' }, scores, { target: '4.2' })).toEqual([
      '12.6',
      '3',
      '4.2000',
      3,
      'met',
    ]);
  });

  it('counts, and a count of nothing misses its target', () => {
    const count: Measure = { by: 'facts', figure: 'count', of };
    expect(judgedFacts(count, [], { target: '2', minimumSample: 0 })).toEqual(['0', '1', '0.0000', 0, 'missed']);
    expect(judgedFacts(count, [fact({}), fact({})], { target: '2', minimumSample: 0 })[4]).toBe('met');
  });

  it('takes a share by a condition', () => {
    const good = [on('sample.taken', (data) => data['correct'] === true)];
    const samples = [true, true, false].map((correct) => fact({ correct }));
    expect(judgedFacts({ by: 'facts', figure: 'share', of, good }, samples)).toEqual(['2', '3', '0.6667', 3, 'missed']);
  });

  it('relates one type of fact to another, per so many', () => {
    const rate: Measure = {
      by: 'facts',
      figure: 'rate',
      of: [on('fault.found')],
      per: [on('call.taken')],
      perCount: 1_000,
    };
    const facts = [fact({}, 1, 'fault.found'), ...Array.from({ length: 400 }, (_, i) => fact({}, i, 'call.taken'))];
    expect(judgedFacts(rate, facts, { comparison: 'at-most', target: '2.5' })).toEqual([
      '1',
      '400',
      '2.5000',
      400,
      'met',
    ]);
  });

  it('sums amounts written as text', () => {
    const amounts = ['0.1', '0.2'].map((amount) => fact({ amount }));
    expect(judgedFacts({ by: 'facts', figure: 'sum', of, field: 'amount' }, amounts, { target: '0.3' })).toEqual([
      '0.3',
      '1',
      '0.3000',
      2,
      'met',
    ]);
  });

  it('finds the same percentile as a sorted list does', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1 }),
        fc.integer({ min: 1, max: 100 }),
        (values, percent) => {
          const measure: Measure = {
            by: 'facts',
            figure: 'percentile',
            of,
            field: 'seconds',
            percent: String(percent),
          };
          const facts = values.map((seconds, i) => fact({ seconds }, i * 7_000));
          const sorted = [...values].sort((a, b) => a - b);
          const rank = Math.max(1, Math.ceil((percent * values.length) / 100));
          expect(judgedFacts(measure, facts, { target: '0' })[0]).toBe(String(sorted[rank - 1]));
        },
      ),
    );
  });
});

describe('the counters', () => {
  const anyContribution = fc.record({
    at: fc.integer({ min: 0, max: 1_000 * MINUTE - 1 }),
    good: fc.integer({ min: 0, max: 1 }),
    items: fc.integer({ min: 0, max: 1 }),
    undecided: fc.integer({ min: 0, max: 1 }),
    sum: fc.integer({ min: -999, max: 999 }).map((n) => (n / 100).toFixed(2)),
    value: fc.option(fc.integer({ min: 0, max: 9 }).map(String), { nil: null }),
  });

  it('hold after any additions and removals what a recount of the rest holds, over every span of minutes', () => {
    const span = fc.tuple(fc.integer({ min: 0, max: 1_000 }), fc.integer({ min: 0, max: 1_000 }));
    fc.assert(
      fc.property(fc.array(fc.tuple(anyContribution, fc.boolean())), span, (items, [a, b]) => {
        // A minute keeps either values or none, as a standard's measure does.
        const alike = items.map(([one, gone]) => [{ ...one, value: one.value ?? '5' }, gone] as const);
        const kept = new Figures();
        for (const [one] of alike) kept.add(one);
        for (const [one, gone] of alike) if (gone) kept.add(one, -1);
        const recount = new Figures();
        for (const [one, gone] of alike) if (!gone) recount.add(one);
        const [from, to] = [Math.min(a, b) * MINUTE, Math.max(a, b) * MINUTE];
        const plain = (figures: Figures) => {
          const { sum, values, ...counts } = figures.totals(from, to);
          return {
            ...counts,
            sum: sum.toString(),
            values: (values ?? []).map(([value, count]) => [value.toString(), count]),
          };
        };
        expect(plain(kept)).toEqual(plain(recount));
      }),
    );
  });
});
