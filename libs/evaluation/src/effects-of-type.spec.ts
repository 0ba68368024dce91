import fc from 'fast-check';
import type { Contract } from '#libs/contract';
import { anyFacts } from '../test/any-facts.js';
import { at, desk } from '../test/desk.js';
import { evaluateFacts } from './index.js';

describe('the rules of a case', () => {
  const alone = desk.obligations.map((one): Contract => ({ ...desk, obligations: [one] }));
  const asOf = at('03-20 00:00');

  it('do not see each other: each gives what it gives by itself, whatever types fire the others', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const together = evaluateFacts([desk], facts, asOf);
        const apart = alone.flatMap((contract) => evaluateFacts([contract], facts, asOf));
        expect(apart).toHaveLength(together.length);
        expect(apart).toEqual(expect.arrayContaining([...together]));
      }),
    );
  });
});
