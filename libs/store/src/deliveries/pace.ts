/** So many messages to one receiver in any span of so many milliseconds. */
export interface PaceLimit {
  readonly messages: number;
  readonly perMillis: number;
}

/** What a receiver may still be sent; instants are epoch milliseconds. */
export interface Pace {
  /** By limit, as they stood at `filledAt`. */
  readonly tokens: readonly number[];
  readonly filledAt: number;
  readonly blockedUntil: number | null;
}

/** Messages travel, so what left evenly may come in a little closer together. */
const STRETCH = 1.1;

/**
 * The bucket of a limit holds half of its messages and gets the other half in the course of its span: a full bucket and all
 * that flows in meanwhile are never more than the limit, whichever span is looked at. A limit of one message has a bucket of
 * one, filled in twice its span.
 */
function bucketOf(limit: PaceLimit): { readonly size: number; readonly perMillis: number } {
  const size = Math.max(1, Math.floor(limit.messages / 2));
  const flow = Math.max(limit.messages - size, 0.5);
  return { size, perMillis: flow / (limit.perMillis * STRETCH) };
}

export function fullPace(limits: readonly PaceLimit[], now: number): Pace {
  return { tokens: limits.map((limit) => bucketOf(limit).size), filledAt: now, blockedUntil: null };
}

/** Takes up to `wanted` tokens from all buckets; what the limits were before does not matter where their number is another now. */
export function takeTokens(
  pace: Pace,
  limits: readonly PaceLimit[],
  now: number,
  wanted: number,
): { readonly granted: number; readonly pace: Pace } {
  const filled = fill(pace, limits, now);
  const blocked = pace.blockedUntil !== null && pace.blockedUntil > now;
  const granted = blocked ? 0 : Math.max(0, Math.min(wanted, ...filled.map((tokens) => Math.floor(tokens + 1e-9))));
  return {
    granted,
    pace: { tokens: filled.map((tokens) => tokens - granted), filledAt: now, blockedUntil: pace.blockedUntil },
  };
}

/** Milliseconds until so many more messages could have been sent. */
export function waitForTokens(pace: Pace, limits: readonly PaceLimit[], now: number, wanted: number): number {
  const blockedFor = pace.blockedUntil === null ? 0 : Math.max(0, pace.blockedUntil - now);
  const waits = fill(pace, limits, now).map((tokens, index) => {
    const limit = limits[index]!;
    return Math.max(0, wanted - tokens) / bucketOf(limit).perMillis;
  });
  return Math.ceil(Math.max(blockedFor, ...waits));
}

function fill(pace: Pace, limits: readonly PaceLimit[], now: number): number[] {
  const passed = Math.max(0, now - pace.filledAt);
  return limits.map((limit, index) => {
    const { size, perMillis } = bucketOf(limit);
    const known = pace.tokens.length === limits.length ? (pace.tokens[index] ?? size) : size;
    return Math.min(size, known + passed * perMillis);
  });
}
