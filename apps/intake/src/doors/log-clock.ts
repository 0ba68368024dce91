/**
 * What time it is by the clock of the log, at least: an append time that the log has answered with, and what has passed here
 * since the answer came. The clock of this machine plays no part, so that it can be wrong.
 */
export class LogClock {
  private last: { readonly appendedAt: number; readonly heardAt: number } | undefined;

  /** @param elapsed milliseconds by a clock that never goes back */
  constructor(private readonly elapsed: () => number = () => performance.now()) {}

  /** The log has answered: this is when it appended something. */
  heard(appendedAt: number): void {
    this.last = { appendedAt, heardAt: this.elapsed() };
  }

  /** Undefined before anything was heard. */
  now(): number | undefined {
    const { last } = this;
    return last === undefined ? undefined : Math.floor(last.appendedAt + this.elapsed() - last.heardAt);
  }
}
