import type { PlacedRecord } from './idempotent-producer.js';

/** A record whose partition is known, and how many bytes it takes at most. */
export interface Placed extends PlacedRecord {
  readonly bytes: number;
}

/** Records that wait to be sent, in order, and what became of the first ones. */
export interface Waiting {
  readonly records: readonly Placed[];
  readonly results: { readonly length: number };
}

/** A record that goes out with the next request, and whose it is. */
export interface Share<W extends Waiting> {
  readonly append: W;
  readonly record: Placed;
}

/** A send is not split. A broker takes 1 MB for one partition at once unless its topic says otherwise. */
export const MAX_SHARE_BYTES = 900_000;
export const MAX_SHARE_RECORDS = 2_000;
/** As much as the producer keeps memory for. */
export const MAX_REQUEST_BYTES = 3_500_000;

/**
 * What goes out with the next request: of each partition as much as one request may carry, at least one record in all. What
 * does not fit keeps back what its caller has behind it, and what others have for the same partition; nothing else.
 */
export function nextShares<W extends Waiting>(waiting: readonly W[]): Share<W>[] {
  const shares: Share<W>[] = [];
  const filled = new Map<string, { bytes: number; records: number }>();
  /** Something for them waits that came before. */
  const closed = new Set<string>();
  let bytes = 0;
  for (const append of waiting) {
    const { records, results } = append;
    let next = results.length;
    for (; next < records.length; next++) {
      const record = records[next]!;
      const place = placeOf(record);
      if (closed.has(place)) break;
      const share = filled.get(place) ?? { bytes: 0, records: 0 };
      if (shares.length > 0) {
        if (bytes + record.bytes > MAX_REQUEST_BYTES) return shares;
        const fits = share.bytes + record.bytes <= MAX_SHARE_BYTES && share.records < MAX_SHARE_RECORDS;
        if (share.records > 0 && !fits) break;
      }
      if (share.records === 0) filled.set(place, share);
      share.bytes += record.bytes;
      share.records += 1;
      bytes += record.bytes;
      shares.push({ append, record });
    }
    for (; next < records.length; next++) closed.add(placeOf(records[next]!));
  }
  return shares;
}

function placeOf({ topic, partition }: PlacedRecord): string {
  return `${topic}/${partition}`;
}
