/** What a process remembers of a start of its own, for as long as it may still be held against it. */
export interface OwnStart {
  readonly epoch: number;
  readonly offset: number;
  readonly slice: number;
  /** The record it has named last. */
  named: number | null;
  /** It ended in order, and the row says so. */
  settled: boolean;
}
