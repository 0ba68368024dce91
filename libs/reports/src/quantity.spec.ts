import type { Contract, Language, Remedy } from '#libs/contract';
import { aLine, aSource } from '../test/a-source.js';
import { quantityText } from './quantity.js';

/** The sample contract with another remedy for a late solution. */
function agreeing(remedy: Extract<Remedy, { unit: unknown }>): Contract {
  const { contract } = aSource();
  const rules = contract.money.rules.map((one) =>
    one.rule === 'complaint-resolution' ? { ...one, remedies: [remedy] } : one,
  );
  return { ...contract, money: { ...contract.money, rules } };
}

describe('how much of what a line counts', () => {
  it.each<[number, string, Language, string]>([
    [1, '1', 'en', '1 hour'],
    [1, '1200', 'zh-CN', '1,200 小时'],
    [12, '3', 'en', '3 × 12 hours'],
    [12, '1', 'zh-CN', '1 × 12 小时'],
  ])('is, for each %i hours, %s in %s: %s', (per, quantity, language, expected) => {
    const contract = agreeing({
      remedy: 'per-unit-late',
      sum: { by: 'amount', amount: '20.00' },
      unit: 'hours',
      per,
      counted: 'started',
      cap: null,
    });
    expect(quantityText(contract, aLine({ remedy: 'per-unit-late', quantity }), language)).toBe(expected);
  });
});
