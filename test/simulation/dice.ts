import { Random } from '../../apps/cli/src/demo/random.js';

/** Everything a simulation leaves open, decided by one seed: the same seed, the same run. */
export class Dice {
  private readonly random: Random;

  constructor(seed: number) {
    this.random = new Random(Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995);
  }

  chance(share: number): boolean {
    return this.random.chance(share);
  }

  /** A whole number from `from` to `to`, both possible. */
  between(from: number, to: number): number {
    return this.random.between(from, to);
  }

  pick<T>(choices: readonly T[]): T {
    return this.random.pick(choices);
  }

  /** One of them, each as likely as its weight says. */
  weighed<T>(choices: readonly (readonly [weight: number, choice: T])[]): T {
    const total = choices.reduce((sum, [weight]) => sum + weight, 0);
    let left = this.random.next() * total;
    for (const [weight, choice] of choices) {
      left -= weight;
      if (left < 0) return choice;
    }
    return choices[choices.length - 1]![1];
  }

  /** A generator of its own, so that what one part throws does not move what another throws. */
  fork(): Dice {
    return new Dice(this.between(0, 2 ** 31));
  }

  /** Between 0 and 1. */
  share(): number {
    return this.random.next();
  }
}
