import fc from 'fast-check';
import { DeadlineQueue } from './deadline-queue.js';
import { compareCodePoints } from './order-facts.js';

/** The same by sorting everything, every time. */
class SortedList {
  private entries: { key: string; at: number }[] = [];

  set(key: string, at: number | null): void {
    this.entries = this.entries.filter((one) => one.key !== key);
    if (at !== null) this.entries.push({ key, at });
    this.entries.sort((a, b) => a.at - b.at || compareCodePoints(a.key, b.key));
  }

  get size(): number {
    return this.entries.length;
  }

  first(): { key: string; at: number } | undefined {
    return this.entries[0];
  }

  before(limit: number): string[] {
    return this.entries.filter(({ at }) => at < limit).map(({ key }) => key);
  }
}

/** Half a surrogate pair, too. */
const anyText = fc.array(fc.nat(0xffff), { maxLength: 90 }).map((units) => String.fromCharCode(...units));

/** Few keys and few instants: the same key comes again, and many are due at once. */
const keys = fc.oneof(
  fc.nat(40).map((number) => `case/C-${number}`),
  fc.constantFrom('case/', 'case/é', 'case/工单', 'case/\uffff', 'case/\u{1f600}', 'case/\ud800', 'case/\udc00x', ''),
  anyText,
);
const steps = fc.array(
  fc.record({ key: keys, at: fc.option(fc.oneof(fc.integer({ min: -3, max: 9 }), fc.integer()), { nil: null }) }),
  { maxLength: 400 },
);

describe('the queue of deadlines', () => {
  it('holds at every step what a sorted list of the same would hold', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: -2, max: 10 }), fc.integer({ min: 0, max: 30 }), (taken, limit, most) => {
        const [queue, model] = [new DeadlineQueue(), new SortedList()];
        for (const { key, at } of taken) {
          queue.set(key, at);
          model.set(key, at);
          expect(queue.peek()).toEqual(model.first());
          expect(queue.size).toBe(model.size);
        }
        const due = model.before(limit);
        expect(queue.firstBefore(limit, most)).toEqual(due.slice(0, most));
        expect(queue.before(limit, Infinity).sort(compareCodePoints)).toEqual(due.sort(compareCodePoints));
        expect(queue.countBefore(limit, most)).toBe(Math.min(due.length, most));
        const some = queue.before(limit, most);
        expect(some).toHaveLength(Math.min(due.length, most));
        expect(due).toEqual(expect.arrayContaining(some));
      }),
      { numRuns: 200 },
    );
  });

  it('lets everything go in order of instants, equal ones in order of keys', () => {
    fc.assert(
      fc.property(steps, (taken) => {
        const [queue, model] = [new DeadlineQueue(), new SortedList()];
        for (const { key, at } of taken) {
          queue.set(key, at);
          model.set(key, at);
        }
        const gone: string[] = [];
        for (let next = queue.peek(); next !== undefined; next = queue.peek()) {
          gone.push(next.key);
          queue.set(next.key, null);
        }
        expect(gone).toEqual(model.before(Infinity));
      }),
      { numRuns: 200 },
    );
  });

  it('names the key that is earliest now, not the one that was before', () => {
    const queue = new DeadlineQueue();
    queue.set('case/a', 1);
    expect(queue.peek()?.key).toBe('case/a');
    queue.set('case/a', null);
    queue.set('case/b', 1);
    expect(queue.peek()?.key).toBe('case/b');
  });

  it('finds the few that are due among many, and counts no further than asked', () => {
    const queue = new DeadlineQueue();
    for (let number = 0; number < 20_000; number++) queue.set(`case/${number}`, (number * 7_919) % 20_000);
    expect(queue.firstBefore(3, 10)).toEqual(['case/0', 'case/17679', 'case/15358']);
    expect(queue.countBefore(20_000, 1_001)).toBe(1_001);
    expect(queue.countBefore(0, 1_001)).toBe(0);
  });
});
