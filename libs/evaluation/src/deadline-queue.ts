import type { Instant } from '#libs/calendar';
import { compareCodePoints } from './order-facts.js';

interface Entry {
  key: string;
  at: Instant;
}

/**
 * The next instant of every state key, earliest first; equal instants in the order of their keys, so that firing is a
 * function of what is in it. A binary heap with the place of each key: set and take are logarithmic, nothing is scanned.
 */
export class DeadlineQueue {
  private readonly heap: Entry[] = [];
  private readonly places = new Map<string, number>();

  get size(): number {
    return this.heap.length;
  }

  /** Sets, moves or (null) removes the instant of a key. */
  set(key: string, at: Instant | null): void {
    const place = this.places.get(key);
    if (at === null) {
      if (place !== undefined) this.removeAt(place);
      return;
    }
    if (place === undefined) {
      this.heap.push({ key, at });
      this.places.set(key, this.heap.length - 1);
      this.up(this.heap.length - 1);
      return;
    }
    const entry = this.heap[place]!;
    if (entry.at === at) return;
    entry.at = at;
    this.up(place);
    this.down(this.places.get(key)!);
  }

  peek(): { readonly key: string; readonly at: Instant } | undefined {
    return this.heap[0];
  }

  /** Keys with an instant before `limit`, at most `most` of them, in no order. */
  before(limit: Instant, most: number): string[] {
    const found: string[] = [];
    const visit = (place: number): void => {
      const entry = this.heap[place];
      if (entry === undefined || entry.at >= limit || found.length >= most) return;
      found.push(entry.key);
      visit(2 * place + 1);
      visit(2 * place + 2);
    };
    visit(0);
    return found;
  }

  /** The first `most` keys before `limit`, in firing order: what the next slice fires. */
  firstBefore(limit: Instant, most: number): string[] {
    const frontier = new DeadlineQueue();
    const found: string[] = [];
    const offer = (place: number): void => {
      const entry = this.heap[place];
      if (entry !== undefined && entry.at < limit) frontier.set(entry.key, entry.at);
    };
    offer(0);
    while (found.length < most) {
      const next = frontier.peek();
      if (next === undefined) break;
      frontier.set(next.key, null);
      found.push(next.key);
      const place = this.places.get(next.key)!;
      offer(2 * place + 1);
      offer(2 * place + 2);
    }
    return found;
  }

  private removeAt(place: number): void {
    const last = this.heap.pop()!;
    if (place === this.heap.length) {
      this.places.delete(last.key);
      return;
    }
    this.places.delete(this.heap[place]!.key);
    this.heap[place] = last;
    this.places.set(last.key, place);
    this.up(place);
    this.down(this.places.get(last.key)!);
  }

  private up(from: number): void {
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!earlier(this.heap[place]!, this.heap[parent]!)) break;
      this.swap(place, parent);
      place = parent;
    }
  }

  private down(from: number): void {
    let place = from;
    for (;;) {
      const left = 2 * place + 1;
      const right = left + 1;
      let first = place;
      if (left < this.heap.length && earlier(this.heap[left]!, this.heap[first]!)) first = left;
      if (right < this.heap.length && earlier(this.heap[right]!, this.heap[first]!)) first = right;
      if (first === place) return;
      this.swap(place, first);
      place = first;
    }
  }

  private swap(a: number, b: number): void {
    const x = this.heap[a]!;
    const y = this.heap[b]!;
    this.heap[a] = y;
    this.heap[b] = x;
    this.places.set(y.key, a);
    this.places.set(x.key, b);
  }
}

function earlier(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && compareCodePoints(a.key, b.key) < 0);
}
