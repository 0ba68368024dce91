import { Decimal as Base } from 'decimal.js';

/** Money and rates: 60 significant digits, never binary floating point. */
export const Decimal = Base.clone({ precision: 60, toExpNeg: -60, toExpPos: 60 });
export type Decimal = Base;

export type Rounding = 'half-up' | 'half-even' | 'down';

const modes = {
  'half-up': Base.ROUND_HALF_UP,
  'half-even': Base.ROUND_HALF_EVEN,
  down: Base.ROUND_DOWN,
} as const;

/** To the fen, once per line. */
export function toFen(amount: Decimal, rounding: Rounding): Decimal {
  return amount.toDecimalPlaces(2, modes[rounding]);
}

export function amountText(amount: Decimal): string {
  return amount.toFixed(2);
}
