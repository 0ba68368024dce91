import { Random } from '../../apps/cli/src/demo/random.js';

/** The same numbers from [0, 1) for the same seed. */
export function seededRandom(seed: number): () => number {
  const random = new Random(seed);
  return () => random.next();
}
