import fc from 'fast-check';
import { ObjectHeap } from './object-heap.js';

it('gives back what was set last, in the order of instants: a baseline that does the work', () => {
  const steps = fc.array(fc.record({ key: fc.nat(30).map(String), at: fc.option(fc.nat(9), { nil: null }) }));
  fc.assert(
    fc.property(steps, (taken) => {
      const [heap, model] = [new ObjectHeap(), new Map<string, number>()];
      for (const { key, at } of taken) {
        heap.set(key, at);
        if (at === null) model.delete(key);
        else model.set(key, at);
      }
      const gone: number[] = [];
      for (let next = heap.peek(); next !== undefined; next = heap.peek()) {
        expect(next.at).toBe(model.get(next.key));
        gone.push(next.at);
        heap.set(next.key, null);
      }
      expect(gone).toEqual([...model.values()].sort((a, b) => a - b));
    }),
  );
});
