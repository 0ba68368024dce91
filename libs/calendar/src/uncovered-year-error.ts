/** Thrown when a computation leaves the years a calendar covers: without that year's holidays any answer is a guess. */
export class UncoveredYearError extends Error {
  override readonly name = 'UncoveredYearError';
  readonly retriable = false;

  constructor(
    readonly calendar: string,
    readonly year: number,
    readonly first: number,
    readonly last: number,
  ) {
    super(`the calendar ${calendar} covers the years ${first} to ${last}, and this computation needs ${year}`);
  }
}
