import { versionsOf } from '#libs/evaluation';
import { aContract, aMonth, at } from '../test/a-world.js';
import { makeStatements } from './make-statements.js';
import { toStatementRecord } from './to-record.js';

const LIMIT = {
  kind: 'cap' as const,
  about: 'cap-cycle',
  clause: '9',
  party: 'provider' as const,
  over: 'cycle' as const,
  sum: { by: 'amount' as const, amount: '3000.00' },
  feeMonths: null,
  except: [],
};

/** 4,800.00 for each miss, earned back by two months. */
function earnedBack(
  months: readonly (readonly [string, 'met' | 'missed' | 'not-judged'])[],
  limits = [] as (typeof LIMIT)[],
) {
  const plain = aContract({ remedies: [{ remedy: 'fee-share', sum: { by: 'fee-share', share: '0.01' } }], limits });
  const rules = plain.money.rules.map((rule) => ({ ...rule, earnBack: { periods: 2 } }));
  const versions = versionsOf([{ ...plain, money: { ...plain.money, rules } }]);
  const standards = months.map(([month, state]) => aMonth(month, '0.90', state));
  const statements = makeStatements(versions, { breaches: [], standards }, at('2026-12-01'));
  return statements.flatMap(({ cycle, ...statement }) =>
    toStatementRecord({ cycle, ...statement })
      .lines.filter(({ remedy }) => remedy === 'earn-back')
      .map(({ subject, base, amount }) => `${subject} in ${cycle.name}: ${amount} of ${base}`),
  );
}

it.each([
  [
    'by the next two months',
    [
      ['2026-01', 'missed'],
      ['2026-02', 'met'],
      ['2026-03', 'met'],
    ],
    ['2026-01 in 2026-03: -4800.00 of 4800.00'],
  ],
  [
    'by nothing yet',
    [
      ['2026-01', 'missed'],
      ['2026-02', 'met'],
    ],
    [],
  ],
  [
    'not across another miss',
    [
      ['2026-01', 'missed'],
      ['2026-02', 'met'],
      ['2026-03', 'missed'],
      ['2026-04', 'met'],
      ['2026-05', 'met'],
    ],
    ['2026-03 in 2026-05: -4800.00 of 4800.00'],
  ],
  [
    'not across a month that was not judged',
    [
      ['2026-01', 'missed'],
      ['2026-02', 'not-judged'],
      ['2026-03', 'met'],
      ['2026-04', 'met'],
    ],
    [],
  ],
] as const)('a miss is earned back %s', (_, months, lines) => {
  expect(earnedBack(months)).toEqual(lines);
});

it('gives back no more than the limits of the cycle had left to pay', () => {
  const months = [
    ['2026-01', 'missed'],
    ['2026-02', 'met'],
    ['2026-03', 'met'],
  ] as const;
  expect(earnedBack(months, [LIMIT])).toEqual(['2026-01 in 2026-03: -3000.00 of 4800.00']);
});
