import { randomInt } from 'node:crypto';
import { SEED_IN_CI } from '../seed-in-ci.js';

/** A seed that nobody has tried, but in CI. */
export function seedOfRun(): number {
  return SEED_IN_CI ?? randomInt(2 ** 31);
}
