import { Decimal as Base } from 'decimal.js';

/** Decimals of this library: 60 significant digits, so that sums, products and comparisons of figures are exact. */
export const Decimal = Base.clone({ precision: 60, rounding: Base.ROUND_HALF_UP, toExpNeg: -60, toExpPos: 60 });
export type Decimal = Base;
