interface Entry {
  readonly key: string;
  at: number;
  place: number;
}

/**
 * What one writes without a thought: a binary heap of objects and a Map to find them by key. Its order is by instant alone.
 * The queue of deadlines is measured against it.
 */
export class ObjectHeap {
  private readonly heap: Entry[] = [];
  private readonly byKey = new Map<string, Entry>();

  get size(): number {
    return this.heap.length;
  }

  set(key: string, at: number | null): void {
    const known = this.byKey.get(key);
    if (at === null) {
      if (known !== undefined) this.remove(known);
    } else if (known === undefined) {
      const entry = { key, at, place: this.heap.length };
      this.byKey.set(key, entry);
      this.heap.push(entry);
      this.settle(entry);
    } else {
      known.at = at;
      this.settle(known);
    }
  }

  peek(): { readonly key: string; readonly at: number } | undefined {
    return this.heap[0];
  }

  private remove(entry: Entry): void {
    this.byKey.delete(entry.key);
    const last = this.heap.pop()!;
    if (last === entry) return;
    this.put(last, entry.place);
    this.settle(last);
  }

  private settle(entry: Entry): void {
    const { heap } = this;
    for (let parent = heap[(entry.place - 1) >> 1]; entry.place > 0 && entry.at < parent!.at;) {
      const { place } = parent!;
      this.put(parent!, entry.place);
      this.put(entry, place);
      parent = heap[(place - 1) >> 1];
    }
    for (;;) {
      const [left, right] = [heap[2 * entry.place + 1], heap[2 * entry.place + 2]];
      const first = right !== undefined && right.at < left!.at ? right : left;
      if (first === undefined || first.at >= entry.at) return;
      const { place } = first;
      this.put(first, entry.place);
      this.put(entry, place);
    }
  }

  private put(entry: Entry, place: number): void {
    this.heap[place] = entry;
    entry.place = place;
  }
}
