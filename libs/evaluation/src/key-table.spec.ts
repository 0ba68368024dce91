import fc from 'fast-check';
import { KeyTable } from './key-table.js';
import { compareCodePoints } from './order-facts.js';

/** Half a surrogate pair, too. */
const anyText = fc.array(fc.nat(0xffff), { maxLength: 150 }).map((units) => String.fromCharCode(...units));

describe('a table of keys', () => {
  it('finds each key that was put in and not taken out, under a slot of its own', () => {
    const few = fc.nat(60).map((number) => `case/${'x'.repeat(number % 7)}${number}`);
    const steps = fc.array(fc.record({ key: fc.oneof(few, anyText), goes: fc.boolean() }), { maxLength: 300 });
    fc.assert(
      fc.property(steps, (taken) => {
        const table = new KeyTable();
        const model = new Map<string, number>();
        for (const { key, goes } of taken) {
          const slot = model.get(key);
          expect(table.find(key)).toBe(slot);
          if (goes) {
            if (slot !== undefined) table.remove(slot);
            model.delete(key);
          } else {
            const given = table.add(key);
            if (slot !== undefined) expect(given).toBe(slot);
            model.set(key, given);
          }
        }
        expect(table.size).toBe(model.size);
        expect(new Set(model.values()).size).toBe(model.size);
        for (const [key, slot] of model) expect([table.keyOf(slot), table.find(key)]).toEqual([key, slot]);
      }),
      { numRuns: 200 },
    );
  });

  it('compares keys by code points', () => {
    fc.assert(
      fc.property(anyText, anyText, anyText, (a, b, shared) => {
        const table = new KeyTable();
        const [x, y] = [table.add(shared + a), table.add(shared + b)];
        expect(Math.sign(table.compare(x, y))).toBe(Math.sign(compareCodePoints(shared + a, shared + b)));
      }),
    );
  });

  it('grows no further while as many keys go as come', () => {
    const table = new KeyTable();
    const slots = Array.from({ length: 100 }, (_, number) => table.add(`case/${number}`));
    const before = table.capacity;
    for (let number = 0; number < 5_000; number++) {
      table.remove(slots[number % 100]!);
      slots[number % 100] = table.add(`case/${number + 100}`);
    }
    expect(table.capacity).toBe(before);
  });
});
