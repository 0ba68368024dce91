import type { Standard } from '#libs/contract';
import { Decimal } from './decimal.js';
import type { Contribution } from './figures.js';

/**
 * By how much a measured fact pulls a figure to the side of its target that keeps the standard: above zero it helps whoever
 * owes it, below it harms. Against the target and not against the other facts, so that their number and order change nothing.
 */
export function gainOfFact(standard: Pick<Standard, 'measure' | 'target' | 'comparison'>, one: Contribution): number {
  const { measure, target, comparison } = standard;
  const side = comparison === 'at-least' ? 1 : -1;
  if (measure.by === 'instances' || measure.figure === 'share' || measure.figure === 'rate')
    return side * (one.good > 0 ? 1 : -1);
  switch (measure.figure) {
    case 'count':
      return side;
    case 'sum':
      return side * new Decimal(one.sum).toNumber();
    case 'mean':
      return side * new Decimal(one.sum).minus(target).toNumber();
    case 'percentile':
      return side * new Decimal(one.value ?? '0').minus(target).toNumber();
  }
}
