import { DEFAULT_RETRY, waitAfter } from './retry-policy.js';

describe('between attempts', () => {
  it('the wait doubles up to the longest, and after the last attempt there is none', () => {
    const policy = { firstMillis: 10, longestMillis: 50, attempts: 5 };
    expect([1, 2, 3, 4, 5].map((attempt) => waitAfter(attempt, policy))).toEqual([10, 20, 40, 50, null]);
  });

  it('a receiver that is away overnight is reached in the morning', () => {
    let total = 0;
    for (let attempt = 1; attempt < DEFAULT_RETRY.attempts; attempt += 1)
      total += waitAfter(attempt, DEFAULT_RETRY) ?? 0;
    expect(total / 3_600_000).toBeGreaterThan(8);
  });
});
