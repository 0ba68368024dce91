/** Answers are kept up to this size in all. */
const MAX_SIZE = 200_000;
const MAX_ANSWERS = 100;

/**
 * The last few answers that were costly to make, so that the pages of a list and the details behind it cost one. Making takes
 * turns: each holds much of a contract in memory, and whoever waited may find the answer there.
 */
export class KeptAnswers<T> {
  private readonly kept = new Map<string, T>();
  private turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly sizeOf: (answer: T) => number) {}

  /** @param key all that the answer depends on */
  of(key: string, make: () => Promise<T>): Promise<T> {
    const known = this.kept.get(key);
    if (known !== undefined) return Promise.resolve(known);
    const answer = this.turn.then(async () => {
      const made = this.kept.get(key) ?? (await make());
      this.keep(key, made);
      return made;
    });
    this.turn = answer.catch(() => undefined);
    return answer;
  }

  private keep(key: string, made: T): void {
    this.kept.delete(key);
    this.kept.set(key, made);
    let size = [...this.kept.values()].reduce((sum, answer) => sum + this.sizeOf(answer), 0);
    for (const [oldest, answer] of this.kept) {
      if (this.kept.size === 1 || (size <= MAX_SIZE && this.kept.size <= MAX_ANSWERS)) break;
      this.kept.delete(oldest);
      size -= this.sizeOf(answer);
    }
  }
}
