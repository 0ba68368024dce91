import type { Measure } from './standard.js';

/** Whether the values of a figure are shares of a whole, shown as percentages. */
export function isRatio(measure: Measure): boolean {
  return measure.by === 'instances' || measure.figure === 'share';
}
