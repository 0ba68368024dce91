/** Unicode code point order (UTF-16 unit order differs above the surrogates). */
export function compareCodePoints(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** Moves surrogates above U+FFFF's neighbours so that code units compare like code points. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

export interface Ordered {
  readonly source: string;
  readonly id: string;
  readonly occurredAt: number;
  readonly sequence: string | undefined;
}

/** (`occurredAt`, id, source): total; what `orderFacts` refines by the sources' own sequences. */
export function compareFacts(a: Ordered, b: Ordered): number {
  return a.occurredAt - b.occurredAt || compareCodePoints(a.id, b.id) || compareCodePoints(a.source, b.source);
}

/**
 * Orders facts by (`occurredAt`, source sequence where there is one, id). A sequence decides only between facts of one
 * source, so it can contradict the order of ids across sources; within one instant the places a source holds are
 * therefore refilled in the order of its sequence, which gives one order for every order of arrival.
 */
export function orderFacts<T extends Ordered>(facts: readonly T[]): readonly T[] {
  if (isAscending(facts)) return facts;
  const sorted = [...facts].sort(compareFacts);
  for (let from = 0; from < sorted.length;) {
    let to = from + 1;
    while (to < sorted.length && sorted[to]!.occurredAt === sorted[from]!.occurredAt) to++;
    if (to - from > 1) refillBySequence(sorted, from, to);
    from = to;
  }
  return sorted;
}

/** Each later than the one before: nothing but time decides, as in nearly every case. */
function isAscending(facts: readonly Ordered[]): boolean {
  for (let i = 1; i < facts.length; i++) if (facts[i]!.occurredAt <= facts[i - 1]!.occurredAt) return false;
  return true;
}

function refillBySequence<T extends Ordered>(sorted: T[], from: number, to: number): void {
  const places = new Map<string, number[]>();
  for (let i = from; i < to; i++) {
    const fact = sorted[i]!;
    if (fact.sequence === undefined) continue;
    const list = places.get(fact.source);
    if (list === undefined) places.set(fact.source, [i]);
    else list.push(i);
  }
  for (const list of places.values()) {
    if (list.length < 2) continue;
    const ranked = list
      .map((i) => sorted[i]!)
      .sort((a, b) => compareSequences(a.sequence!, b.sequence!) || compareFacts(a, b));
    list.forEach((place, i) => (sorted[place] = ranked[i]!));
  }
}

const digits = /^\d+$/;

/** Numbers by value, anything else as text (CloudEvents extension `sequence`). */
function compareSequences(a: string, b: string): number {
  if (digits.test(a) && digits.test(b)) {
    const x = a.replace(/^0+(?=\d)/, '');
    const y = b.replace(/^0+(?=\d)/, '');
    return x.length - y.length || (x < y ? -1 : x > y ? 1 : 0);
  }
  return compareCodePoints(a, b);
}
