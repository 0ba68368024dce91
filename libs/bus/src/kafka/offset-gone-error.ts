/**
 * Thrown where the next record to read is not in the log: deleted before it was read, or the log was cut back. Reading on
 * elsewhere would leave a hole that nobody sees.
 */
export class OffsetGoneError extends Error {
  override readonly name = 'OffsetGoneError';
  readonly retriable = false;

  constructor(
    readonly topic: string,
    readonly partition: number,
    /** The offset to read, where known. */
    readonly offset?: number,
    /** What the log holds instead, where known. */
    readonly bounds?: { readonly low: number; readonly high: number },
  ) {
    const wanted = offset === undefined ? 'the next record' : `offset ${offset}`;
    const holds = bounds === undefined ? '' : ` (it holds ${bounds.low} up to, not including, ${bounds.high})`;
    super(`the log of ${topic}/${partition} does not hold ${wanted} any more, or not yet${holds}: records are missing`);
  }
}
