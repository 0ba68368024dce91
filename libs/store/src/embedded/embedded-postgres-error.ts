/** Thrown when the embedded server cannot be installed, made, started or taken over; the message ends with its last log lines. */
export class EmbeddedPostgresError extends Error {
  override readonly name = 'EmbeddedPostgresError';
  readonly retriable = false;
  constructor(what: string, log = '', cause?: unknown) {
    const tail = log.trim().split('\n').slice(-8).join('\n').trim();
    super(tail === '' ? what : `${what} It said:\n${tail}`, { cause });
  }
}
