/** Why a partition is not judged on until somebody has looked: it stands still, and no other does. */
export abstract class StandstillError extends Error {
  abstract readonly code: string;
  readonly retriable = false;

  constructor(
    readonly topic: string,
    readonly partition: number,
    message: string,
  ) {
    super(message);
  }
}

/** Thrown at takeover when the last record read is not what the log holds now: the log was cut back. */
export class LogChangedError extends StandstillError {
  override readonly name = 'LogChangedError';
  readonly code = 'LOG_CHANGED';

  constructor(
    topic: string,
    partition: number,
    readonly offset: number,
  ) {
    super(
      topic,
      partition,
      `LOG_CHANGED: record ${offset} of ${topic}/${partition} is not the one that was judged; the log was cut back or replaced.`,
    );
  }
}

/** Thrown when a partition is taken whose next records were deleted before anybody had judged them. */
export class RecordsGoneError extends StandstillError {
  override readonly name = 'RecordsGoneError';
  readonly code = 'RECORDS_GONE';

  constructor(
    topic: string,
    partition: number,
    /** Offset to be judged next. */
    readonly from: number,
    /** The first that the log still holds. */
    readonly low: number,
  ) {
    super(
      topic,
      partition,
      `RECORDS_GONE: records ${from} to ${low - 1} of ${topic}/${partition} were deleted before they were judged; the log begins at ${low}.`,
    );
  }
}
