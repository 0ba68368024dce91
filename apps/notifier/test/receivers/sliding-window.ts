/** So many in any span of so many milliseconds. */
export class SlidingWindow {
  private readonly taken: number[] = [];

  constructor(
    private readonly amount: number,
    private readonly millis: number,
  ) {}

  /** True where one more passes the limit; else it is counted. */
  isFull(now: number): boolean {
    while (this.taken[0] !== undefined && this.taken[0] <= now - this.millis) this.taken.shift();
    if (this.taken.length >= this.amount) return true;
    this.taken.push(now);
    return false;
  }
}
