import { MAX_REQUEST_BYTES, MAX_SHARE_BYTES, MAX_SHARE_RECORDS, nextShares, type Placed } from './next-shares.js';

const record = (partition: number, bytes = 100): Placed => {
  const content = { topic: 't', key: null, value: null, headers: {} };
  return { topic: 't', partition, record: content, bytes };
};
const append = (records: readonly Placed[], sent = 0) => ({ records, results: { length: sent } });

/** Runs through all requests until nothing waits. */
function requests(
  appends: { readonly records: readonly Placed[]; readonly results: { length: number } }[],
): Placed[][] {
  const all: Placed[][] = [];
  for (;;) {
    const shares = nextShares(appends);
    if (shares.length === 0) return all;
    for (const share of shares) share.append.results.length += 1;
    all.push(shares.map((share) => share.record));
  }
}

describe('A request', () => {
  it('carries what several callers have appended, of each what is not sent yet', () => {
    const [a, b] = [append([record(0), record(1), record(0)], 1), append([record(2)])];
    expect(nextShares([a, b])).toEqual([
      { append: a, record: a.records[1] },
      { append: a, record: a.records[2] },
      { append: b, record: b.records[0] },
    ]);
  });

  it('carries other partitions where one has more than fits', () => {
    const half = MAX_SHARE_BYTES / 2;
    const appends = [0, 1, 2].map((partition) => append([1, 2, 3].map(() => record(partition, half))));
    expect(requests(appends).map((one) => one.map(({ partition }) => partition))).toEqual([
      [0, 0, 1, 1, 2, 2],
      [0, 1, 2],
    ]);
  });

  it('lets nothing of a partition go before what waits for it, of whichever caller', () => {
    const large = record(0, MAX_SHARE_BYTES);
    const [second, behind] = [record(0), record(1)];
    const others = [record(1), record(0), record(2)];
    const last = [record(3), record(2)];
    const appends = [append([large, second, behind]), append(others), append(last)];
    expect(requests(appends)).toEqual([
      [large, last[0]],
      [second, behind, ...others, last[1]],
    ]);
  });

  it('carries a record alone that is larger than a share, or than a request', () => {
    for (const bytes of [MAX_SHARE_BYTES + 1, MAX_REQUEST_BYTES + 1]) {
      const appends = [append([record(0, bytes), record(0, 1), record(0, bytes)])];
      expect(requests(appends).map((one) => one.length)).toEqual([1, 1, 1]);
    }
  });

  it('has limits: in bytes, and in records of a partition', () => {
    const wide = Array.from({ length: 20 }, (_, partition) => record(partition, MAX_SHARE_BYTES));
    for (const one of requests([append(wide)]))
      expect(one.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(MAX_REQUEST_BYTES);
    const many = Array.from({ length: MAX_SHARE_RECORDS + 1 }, () => record(0, 1));
    expect(requests([append(many)]).map((one) => one.length)).toEqual([MAX_SHARE_RECORDS, 1]);
  });
});
