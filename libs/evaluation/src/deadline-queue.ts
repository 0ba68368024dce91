import type { Instant } from '#libs/calendar';
import { KeyTable } from './key-table.js';

const ARITY = 4;
const NONE = -1;

/**
 * The next instant of every state key, earliest first; equal instants in the order of their keys by code points, so that
 * firing is a function of what is in it. A heap over typed arrays: set and remove are logarithmic, the earliest is at hand,
 * and a million deadlines are a dozen objects to the garbage collector, about 70 bytes each with a key of 20 letters.
 */
export class DeadlineQueue {
  private readonly keys = new KeyTable();
  /** By slot of the key. */
  private ats = new Float64Array(this.keys.capacity);
  private places = new Uint32Array(this.keys.capacity);
  /** By place in the heap: the slot. */
  private heap = new Uint32Array(this.keys.capacity);
  /** The key of the earliest, read once while it stays the earliest. */
  private head: { readonly slot: number; readonly key: string } = { slot: NONE, key: '' };

  get size(): number {
    return this.keys.size;
  }

  /** Sets, moves or (null) removes the instant of a key. */
  set(key: string, at: Instant | null): void {
    if (at === null) {
      const slot = this.keys.find(key);
      if (slot !== undefined) this.remove(slot);
      return;
    }
    const last = this.size;
    const slot = this.keys.add(key);
    if (this.size > last) {
      if (this.ats.length < this.keys.capacity) this.grow();
      this.ats[slot] = at;
      this.put(last, slot);
      this.up(last);
    } else if (this.ats[slot] !== at) {
      this.ats[slot] = at;
      this.up(this.places[slot]!);
      this.down(this.places[slot]!);
    }
  }

  peek(): { readonly key: string; readonly at: Instant } | undefined {
    if (this.size === 0) return undefined;
    const slot = this.heap[0]!;
    if (this.head.slot !== slot) this.head = { slot, key: this.keys.keyOf(slot) };
    return { key: this.head.key, at: this.ats[slot]! };
  }

  /** How many keys have an instant before `limit`; counting ends at `most`. */
  countBefore(limit: Instant, most: number): number {
    return this.visitBefore(limit, most, () => undefined);
  }

  /** Keys with an instant before `limit`, at most `most` of them, in no order. */
  before(limit: Instant, most: number): string[] {
    const found: string[] = [];
    this.visitBefore(limit, most, (slot) => found.push(this.keys.keyOf(slot)));
    return found;
  }

  /** The first `most` keys before `limit`, in firing order: what the next slice fires. */
  firstBefore(limit: Instant, most: number): string[] {
    const found: string[] = [];
    /** Places that may come next: each is earlier than all below it. A heap of two children each. */
    const frontier: number[] = [];
    const offer = (place: number): void => {
      if (place >= this.size || this.ats[this.heap[place]!]! >= limit) return;
      let at = frontier.push(place) - 1;
      for (; at > 0 && this.isEarlier(place, frontier[(at - 1) >> 1]!); at = (at - 1) >> 1)
        frontier[at] = frontier[(at - 1) >> 1]!;
      frontier[at] = place;
    };
    const take = (): number | undefined => {
      const first = frontier[0];
      const last = frontier.pop();
      if (last === undefined || frontier.length === 0) return first;
      let at = 0;
      for (let child = 1; child < frontier.length; child = 2 * at + 1) {
        if (child + 1 < frontier.length && this.isEarlier(frontier[child + 1]!, frontier[child]!)) child++;
        if (!this.isEarlier(frontier[child]!, last)) break;
        frontier[at] = frontier[child]!;
        at = child;
      }
      frontier[at] = last;
      return first;
    };
    offer(0);
    while (found.length < most) {
      const place = take();
      if (place === undefined) break;
      found.push(this.keys.keyOf(this.heap[place]!));
      for (let child = 1; child <= ARITY; child++) offer(ARITY * place + child);
    }
    return found;
  }

  /** @returns how many slots were visited: at most `most` */
  private visitBefore(limit: Instant, most: number, visit: (slot: number) => void): number {
    let visited = 0;
    const open = [0];
    for (let place = open.pop(); place !== undefined && visited < most; place = open.pop()) {
      if (place >= this.size) continue;
      const slot = this.heap[place]!;
      if (this.ats[slot]! >= limit) continue;
      visited++;
      visit(slot);
      for (let child = ARITY; child > 0; child--) open.push(ARITY * place + child);
    }
    return visited;
  }

  private remove(slot: number): void {
    if (slot === this.head.slot) this.head = { slot: NONE, key: '' };
    const place = this.places[slot]!;
    const moved = this.heap[this.size - 1]!;
    this.keys.remove(slot);
    if (moved === slot) return;
    this.put(place, moved);
    this.up(place);
    this.down(this.places[moved]!);
  }

  private up(from: number): void {
    const slot = this.heap[from]!;
    let place = from;
    while (place > 0) {
      const parent = Math.floor((place - 1) / ARITY);
      const other = this.heap[parent]!;
      if (!this.comesFirst(slot, other)) break;
      this.put(place, other);
      place = parent;
    }
    this.put(place, slot);
  }

  private down(from: number): void {
    const { heap, size } = this;
    const slot = heap[from]!;
    let place = from;
    for (;;) {
      const start = ARITY * place + 1;
      if (start >= size) break;
      let first = start;
      const end = Math.min(start + ARITY, size);
      for (let child = start + 1; child < end; child++) if (this.isEarlier(child, first)) first = child;
      if (!this.comesFirst(heap[first]!, slot)) break;
      this.put(place, heap[first]!);
      place = first;
    }
    this.put(place, slot);
  }

  private put(place: number, slot: number): void {
    this.heap[place] = slot;
    this.places[slot] = place;
  }

  private isEarlier(place: number, other: number): boolean {
    return this.comesFirst(this.heap[place]!, this.heap[other]!);
  }

  private comesFirst(slot: number, other: number): boolean {
    const difference = this.ats[slot]! - this.ats[other]!;
    return difference < 0 || (difference === 0 && this.keys.compare(slot, other) < 0);
  }

  private grow(): void {
    const { capacity } = this.keys;
    const { ats, places, heap } = this;
    this.ats = new Float64Array(capacity);
    this.ats.set(ats);
    this.places = new Uint32Array(capacity);
    this.places.set(places);
    this.heap = new Uint32Array(capacity);
    this.heap.set(heap);
  }
}
