/** How often and how long a delivery is tried: the wait doubles from the first to the longest. */
export interface RetryPolicy {
  readonly firstMillis: number;
  readonly longestMillis: number;
  /** Attempts in all; after the last it has failed for good. */
  readonly attempts: number;
}

/** About nine hours in all. */
export const DEFAULT_RETRY: RetryPolicy = { firstMillis: 5_000, longestMillis: 3_600_000, attempts: 18 };

/** The wait after an attempt (from 1) that did not go through; null where it was the last. */
export function waitAfter(attempt: number, policy: RetryPolicy): number | null {
  if (attempt >= policy.attempts) return null;
  return Math.min(policy.firstMillis * 2 ** (attempt - 1), policy.longestMillis);
}
