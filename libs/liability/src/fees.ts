import type { Contract, Period, Sum } from '#libs/contract';
import { Decimal } from './decimal.js';

/** The fee of a cycle: the latest that is in effect when the cycle begins; nothing where none is. */
export function feeOf(contract: Contract, cycle: Period): Decimal {
  let fee = new Decimal(0);
  for (const one of contract.fees) if (one.from <= cycle.from) fee = new Decimal(one.amount);
  return fee;
}

const MONTHS_OF = { month: 1, quarter: 3, year: 12 } as const;

/** Fees of the first `months` months of the term, of a longer cycle its share (the last cycle repeated where the term is shorter). */
export function feesOf(contract: Contract, months: number): Decimal {
  const { cycles, cycle } = contract;
  const length = MONTHS_OF[cycle.every];
  let sum = new Decimal(0);
  for (let index = 0, left = months; left > 0; index++, left -= length) {
    const one = cycles[Math.min(index, cycles.length - 1)];
    if (one !== undefined) sum = sum.plus(feeOf(contract, one).times(Math.min(length, left)).dividedBy(length));
  }
  return sum;
}

/** A sum as written, with what it is reckoned from: the base and the rate that a line shows. */
export function reckon(
  sum: Sum,
  fee: Decimal,
): { readonly each: Decimal; readonly base: string; readonly rate: string } {
  return sum.by === 'amount'
    ? { each: new Decimal(sum.amount), base: new Decimal(sum.amount).toFixed(2), rate: '1' }
    : { each: fee.times(sum.share), base: fee.toFixed(2), rate: sum.share };
}
