import { median, percentile, rateOf } from './statistics.js';

describe('a rate', () => {
  it('counts from the first commit seen to the one that completes the run', () => {
    const samples = [
      { at: 0, committed: 0 },
      { at: 50, committed: 0 },
      { at: 100, committed: 1_000 },
      { at: 600, committed: 2_500 },
      { at: 1_100, committed: 5_000 },
      { at: 9_000, committed: 5_000 },
    ];
    expect(rateOf(samples, 5_000)).toEqual({ eventsPerSecond: 4_000, events: 4_000, millis: 1_000 });
  });

  it.each([
    ['nothing was committed', [{ at: 1, committed: 0 }]],
    ['the run was not completed', [{ at: 1, committed: 1 }, { at: 2, committed: 9 }]], // prettier-ignore
    ['all came at once', [{ at: 1, committed: 10 }]],
  ])('is not known where %s', (_, samples) => {
    expect(rateOf(samples, 10)).toBeUndefined();
  });
});

describe('a percentile', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);

  it.each([
    [0, 1],
    [0.5, 50],
    [0.99, 99],
    [0.991, 100],
    [1, 100],
  ])('of %d of the numbers 1 to 100 is %d, whatever their order', (share, expected) => {
    expect(percentile(hundred, share)).toBe(expected);
  });

  it('of one value is that value, of none is none', () => {
    expect([percentile([7], 0.01), percentile([7], 0.99), percentile([], 0.5)]).toEqual([7, 7, undefined]);
  });
});

describe('a median', () => {
  it.each([
    [[5, 1, 3], 3],
    [[4, 1, 3, 2], 2.5],
    [[10, 9, 100], 10],
    [[8], 8],
    [[], undefined],
  ])('of %j is %p', (values, expected) => {
    expect(median(values)).toBe(expected);
  });
});
