/** Thrown where a topic exists with a shape that its specification does not allow; it is never changed here. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
  readonly retriable = false;

  constructor(
    readonly topic: string,
    readonly found: number,
    readonly wanted: number,
  ) {
    super(
      `topic ${topic} has ${found} partitions, not ${wanted}: the number is fixed when a topic is created, for it says ` +
        `where each key lives`,
    );
  }
}
