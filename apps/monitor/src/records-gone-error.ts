/** Thrown when a partition is taken whose next records were deleted before anybody had judged them. */
export class RecordsGoneError extends Error {
  override readonly name = 'RecordsGoneError';
  readonly code = 'RECORDS_GONE';
  readonly retriable = false;

  constructor(
    readonly topic: string,
    readonly partition: number,
    /** Offset to be judged next. */
    readonly from: number,
    /** The first that the log still holds. */
    readonly low: number,
  ) {
    super(
      `RECORDS_GONE: records ${from} to ${low - 1} of ${topic}/${partition} were deleted before they were judged; the log begins at ${low}.`,
    );
  }
}
