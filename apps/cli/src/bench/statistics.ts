/** How much was durable at an instant, as somebody outside saw it. */
export interface Sample {
  /** Milliseconds of a clock that never goes back. */
  readonly at: number;
  /** Events committed by then. */
  readonly committed: number;
}

export interface Rate {
  readonly eventsPerSecond: number;
  /** What was counted: from the first commit that was seen to the one that completed the run. */
  readonly events: number;
  readonly millis: number;
}

/**
 * The rate between the first commit and the one that completed `total`. What the first commit brought is not counted: nobody saw
 * when work on it began. Undefined where there are not two different instants.
 */
export function rateOf(samples: readonly Sample[], total: number): Rate | undefined {
  const first = samples.find(({ committed }) => committed > 0);
  const last = samples.find(({ committed }) => committed >= total);
  if (first === undefined || last === undefined || last.at <= first.at) return undefined;
  const events = total - first.committed;
  const millis = last.at - first.at;
  return { eventsPerSecond: (events / millis) * 1_000, events, millis };
}

/** Nearest rank: the smallest value that at least `share` (0 to 1) of all do not exceed. Undefined of none. */
export function percentile(values: readonly number[], share: number): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

/** The middle one, of an even number the mean of the two. Undefined of none. */
export function median(values: readonly number[]): number | undefined {
  const lower = percentile(values, 0.5);
  const upper = percentile(
    values.map((value) => -value),
    0.5,
  );
  return lower === undefined || upper === undefined ? undefined : (lower - upper) / 2;
}
