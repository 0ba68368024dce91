/** Of an empty place in the table; slots are numbered from 0. */
const NONE = 0xffff_ffff;
const FIRST_SLOTS = 8;
const FIRST_BYTES = 128;
/** What a block of key bytes is a multiple of. */
const GRAIN = 8;
/** Arrays that are already large grow by less: what is unused then stays below a quarter. */
const LARGE = 1 << 16;

/**
 * Keys under small whole numbers, outside the garbage collector's sight: bytes in one block of memory, found by an
 * open-addressing table. A key of 20 letters takes about 24 bytes and 20 of bookkeeping, where a Map takes about 100. Numbers
 * and bytes of removed keys are used again; the memory stays as large as it once was.
 */
export class KeyTable {
  private bytes = new Uint8Array(FIRST_BYTES);
  /** First byte of `bytes` that was never used. */
  private end = 0;
  /** By size of block, in grains: byte at which the first free one begins, plus 1; each names the next in its first bytes. */
  private readonly freeBlocks: number[] = [];
  /** By slot; of a free one `starts` is the next free one. */
  private starts = new Uint32Array(FIRST_SLOTS);
  private lengths = new Uint32Array(FIRST_SLOTS);
  private hashes = new Uint32Array(FIRST_SLOTS);
  private slots = 0;
  private freeSlot = NONE;
  private table = new Uint32Array(2 * FIRST_SLOTS).fill(NONE);
  private count = 0;
  /** The key that is being looked for, encoded. */
  private asked = new Uint8Array(FIRST_BYTES);
  /** Code units of a key that is read, a stretch at a time. */
  private readonly units = new Uint16Array(64);

  get size(): number {
    return this.count;
  }

  /** Slots are smaller than this. */
  get capacity(): number {
    return this.starts.length;
  }

  /** The slot of a key; undefined where it is not in the table. */
  find(key: string): number | undefined {
    const length = this.encode(key);
    const slot = this.table[this.placeOf(this.hashAsked(length), length)]!;
    return slot === NONE ? undefined : slot;
  }

  /** The slot of a key, which is put in where it is missing. */
  add(key: string): number {
    const length = this.encode(key);
    const hash = this.hashAsked(length);
    let place = this.placeOf(hash, length);
    if (this.table[place] !== NONE) return this.table[place]!;
    if (4 * (this.count + 1) > 3 * this.table.length) {
      this.growTable();
      place = this.placeOf(hash, length);
    }
    const slot = this.takeSlot();
    const start = this.takeBlock(length);
    this.bytes.set(this.asked.subarray(0, length), start);
    this.starts[slot] = start / GRAIN;
    this.lengths[slot] = length;
    this.hashes[slot] = hash;
    this.table[place] = slot;
    this.count++;
    return slot;
  }

  /** Takes out the key of a slot, which may then stand for another key. */
  remove(slot: number): void {
    this.emptyPlace(slot);
    const grains = grainsOf(this.lengths[slot]!);
    const start = this.starts[slot]! * GRAIN;
    this.writeLink(start, this.freeBlocks[grains] ?? 0);
    this.freeBlocks[grains] = start / GRAIN + 1;
    this.starts[slot] = this.freeSlot;
    this.freeSlot = slot;
    this.count--;
  }

  keyOf(slot: number): string {
    const { bytes, units } = this;
    const start = this.starts[slot]! * GRAIN;
    const end = start + this.lengths[slot]!;
    let text = '';
    let filled = 0;
    for (let at = start; at < end;) {
      if (filled === units.length) {
        text += String.fromCharCode.apply(null, units as unknown as number[]);
        filled = 0;
      }
      const first = bytes[at++]!;
      if (first < 0x80) {
        units[filled++] = first;
      } else if (first < 0xe0) {
        units[filled++] = ((first & 0x1f) << 6) | (bytes[at++]! & 0x3f);
      } else {
        const rank = ((first & 0x0f) << 12) | ((bytes[at++]! & 0x3f) << 6) | (bytes[at++]! & 0x3f);
        units[filled++] = rank < 0xd800 ? rank : rank < 0xf800 ? rank + 0x800 : rank - 0x2000;
      }
    }
    return text + String.fromCharCode.apply(null, units.subarray(0, filled) as unknown as number[]);
  }

  /** As `compareCodePoints` of the two keys. */
  compare(a: number, b: number): number {
    const { bytes } = this;
    const [x, y] = [this.starts[a]! * GRAIN, this.starts[b]! * GRAIN];
    const [m, n] = [this.lengths[a]!, this.lengths[b]!];
    const both = Math.min(m, n);
    for (let i = 0; i < both; i++) {
      const difference = bytes[x + i]! - bytes[y + i]!;
      if (difference !== 0) return difference;
    }
    return m - n;
  }

  /**
   * Code units in one to three bytes, as UTF-8 has them, each ranked first so that bytes compare as code points do. It holds
   * any string, half a surrogate pair too, which UTF-8 does not.
   */
  private encode(key: string): number {
    if (this.asked.length < 3 * key.length) this.asked = new Uint8Array(4 * key.length);
    const { asked } = this;
    let length = 0;
    for (let i = 0; i < key.length; i++) {
      const unit = key.charCodeAt(i);
      if (unit < 0x80) {
        asked[length++] = unit;
      } else if (unit < 0x800) {
        asked[length++] = 0xc0 | (unit >> 6);
        asked[length++] = 0x80 | (unit & 0x3f);
      } else {
        const rank = unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
        asked[length++] = 0xe0 | (rank >> 12);
        asked[length++] = 0x80 | ((rank >> 6) & 0x3f);
        asked[length++] = 0x80 | (rank & 0x3f);
      }
    }
    return length;
  }

  /** FNV-1a, its bits mixed once more: neighbouring numbers must not lie side by side in the table. */
  private hashAsked(length: number): number {
    const { asked } = this;
    let hash = 0x811c_9dc5;
    for (let i = 0; i < length; i++) hash = Math.imul(hash ^ asked[i]!, 0x0100_0193);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
    return (hash ^ (hash >>> 13)) >>> 0;
  }

  /** Where the key that is asked for stands in the table, or the empty place where it belongs. */
  private placeOf(hash: number, length: number): number {
    const { table } = this;
    const mask = table.length - 1;
    for (let place = hash & mask; ; place = (place + 1) & mask) {
      const slot = table[place]!;
      if (slot === NONE) return place;
      if (this.hashes[slot] === hash && this.lengths[slot] === length && this.isAsked(slot, length)) return place;
    }
  }

  private isAsked(slot: number, length: number): boolean {
    const { asked, bytes } = this;
    const start = this.starts[slot]! * GRAIN;
    for (let i = 0; i < length; i++) if (bytes[start + i] !== asked[i]) return false;
    return true;
  }

  /** Empties a slot's place and moves up what was pushed past it, so that no search ends too early. */
  private emptyPlace(slot: number): void {
    const { table, hashes } = this;
    const mask = table.length - 1;
    let gap = hashes[slot]! & mask;
    while (table[gap] !== slot) gap = (gap + 1) & mask;
    for (let place = (gap + 1) & mask; table[place] !== NONE; place = (place + 1) & mask) {
      const home = hashes[table[place]!]! & mask;
      if (((place - home) & mask) < ((place - gap) & mask)) continue;
      table[gap] = table[place]!;
      gap = place;
    }
    table[gap] = NONE;
  }

  private growTable(): void {
    const old = this.table;
    this.table = new Uint32Array(2 * old.length).fill(NONE);
    const mask = this.table.length - 1;
    for (const slot of old) {
      if (slot === NONE) continue;
      let place = this.hashes[slot]! & mask;
      while (this.table[place] !== NONE) place = (place + 1) & mask;
      this.table[place] = slot;
    }
  }

  private takeSlot(): number {
    const free = this.freeSlot;
    if (free !== NONE) {
      this.freeSlot = this.starts[free]!;
      return free;
    }
    if (this.slots === this.starts.length) {
      const capacity = grown(this.slots, 1);
      this.starts = copyOf(this.starts, new Uint32Array(capacity));
      this.lengths = copyOf(this.lengths, new Uint32Array(capacity));
      this.hashes = copyOf(this.hashes, new Uint32Array(capacity));
    }
    return this.slots++;
  }

  /** @returns the first byte of a block that holds `length` bytes */
  private takeBlock(length: number): number {
    const grains = grainsOf(length);
    const free = this.freeBlocks[grains] ?? 0;
    if (free !== 0) {
      const start = (free - 1) * GRAIN;
      this.freeBlocks[grains] = this.readLink(start);
      return start;
    }
    const start = this.end;
    this.end += grains * GRAIN;
    if (this.end > this.bytes.length)
      this.bytes = copyOf(this.bytes, new Uint8Array(grown(this.bytes.length, this.end - this.bytes.length)));
    return start;
  }

  private writeLink(start: number, link: number): void {
    for (let i = 0; i < 4; i++) this.bytes[start + i] = link >>> (8 * i);
  }

  private readLink(start: number): number {
    let link = 0;
    for (let i = 0; i < 4; i++) link |= this.bytes[start + i]! << (8 * i);
    return link >>> 0;
  }
}

function grainsOf(length: number): number {
  return Math.max(1, Math.ceil(length / GRAIN));
}

/** A size of at least `size + more`. */
function grown(size: number, more: number): number {
  const next = size < LARGE ? 2 * size : Math.ceil((size * 1.25) / GRAIN) * GRAIN;
  return Math.max(next, Math.ceil((size + more) / GRAIN) * GRAIN);
}

function copyOf<A extends Uint8Array | Uint32Array>(from: A, to: A): A {
  to.set(from);
  return to;
}
