/** Thrown where the log does not answer, or not in time. What was sent may have been appended; it may go better later. */
export class LogUnavailableError extends Error {
  override readonly name = 'LogUnavailableError';
  readonly retriable = true;
}
