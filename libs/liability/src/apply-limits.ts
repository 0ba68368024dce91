import type { Contract, Limit, PartyId, Period } from '#libs/contract';
import { Decimal, toFen } from './decimal.js';
import { feeOf, feesOf } from './fees.js';
import type { Line } from './statement.js';

/** What of earlier cycles limits over more than one cycle read: the lines of each, limits applied. */
export interface EarlierCycle {
  readonly cycle: Period;
  readonly lines: readonly Line[];
}

/** What stands beside the limits: neither a bonus nor what is earned back makes room under a cap. */
const BESIDE: ReadonlySet<string> = new Set(['bonus', 'earn-back']);

/** How many cycles make twelve months. */
const CYCLES_A_YEAR = { month: 12, quarter: 4, year: 1 } as const;

/** Adds the lines of the limits to those of a cycle, in the contract's order; a later limit sees what an earlier one took back. */
export function applyLimits(
  contract: Contract,
  cycle: Period,
  lines: readonly Line[],
  earlier: readonly EarlierCycle[],
): { readonly lines: readonly Line[]; readonly capped: readonly string[] } {
  const all = [...lines];
  const capped: string[] = [];
  for (const limit of contract.money.limits) {
    for (const party of partiesOf(limit)) {
      const line = lineOfLimit(contract, limit, party, cycle, all, earlier);
      if (line === undefined) continue;
      all.push(line);
      if (limit.kind === 'cap') capped.push(limit.about);
    }
  }
  return { lines: all, capped };
}

function partiesOf(limit: Limit): readonly PartyId[] {
  return limit.party === 'both' ? ['client', 'provider'] : [limit.party];
}

function lineOfLimit(
  contract: Contract,
  limit: Limit,
  party: PartyId,
  cycle: Period,
  lines: readonly Line[],
  earlier: readonly EarlierCycle[],
): Line | undefined {
  const counted = (some: readonly Line[]): Decimal =>
    some
      .filter((line) => line.party === party && !limit.except.includes(line.about) && !BESIDE.has(line.remedy))
      .reduce((sum, line) => sum.plus(line.amount), new Decimal(0));
  const before =
    limit.over === 'cycle'
      ? []
      : limit.over === 'contract'
        ? earlier
        : lastOf(earlier, CYCLES_A_YEAR[contract.cycle.every] - 1);
  const used = before.reduce((sum, one) => sum.plus(counted(one.lines)), new Decimal(0));
  const now = counted(lines);
  const { bound, base, rate } = boundOf(contract, limit, cycle);
  const room = Decimal.max(0, bound.minus(used));
  const head = {
    party,
    clause: limit.clause,
    about: limit.about,
    subject: cycle.name,
    instance: null,
    base,
    rate,
    quantity: '1',
  };
  if (limit.kind === 'cap') {
    const over = now.minus(room);
    return over.greaterThan(0) ? { ...head, remedy: 'cap', amount: over.negated() } : undefined;
  }
  const short = bound.minus(used).minus(now);
  return now.greaterThan(0) && short.greaterThan(0) ? { ...head, remedy: 'floor', amount: short } : undefined;
}

function lastOf<T>(list: readonly T[], count: number): readonly T[] {
  return count === 0 ? [] : list.slice(-count);
}

function boundOf(contract: Contract, limit: Limit, cycle: Period): { bound: Decimal; base: string; rate: string } {
  const { rounding } = contract.money;
  if (limit.sum.by === 'amount') {
    const bound = new Decimal(limit.sum.amount);
    return { bound, base: bound.toFixed(2), rate: '1' };
  }
  const fee = limit.feeMonths === null ? feeOf(contract, cycle) : feesOf(contract, limit.feeMonths);
  return { bound: toFen(fee.times(limit.sum.share), rounding), base: fee.toFixed(2), rate: limit.sum.share };
}
