import type { Contract, Period, Remedy, RuleRemedies, Standard } from '#libs/contract';
import { otherParty, type StandardVerdict } from '#libs/evaluation';
import { Decimal, toFen } from './decimal.js';
import { feeOf, reckon } from './fees.js';
import { capOf, combine } from './lines-of-breach.js';
import type { Line } from './statement.js';

/** The lines of one standard in one period: what a miss costs, or the bonus for more than was promised. */
export function linesOfStandard(
  contract: Contract,
  standard: Standard,
  verdict: StandardVerdict,
  agreed: RuleRemedies,
  cycle: Period,
): Line[] {
  const { state, quotient } = verdict;
  if (quotient === null || (state !== 'met' && state !== 'missed')) return [];
  const fee = feeOf(contract, cycle);
  const applied = agreed.remedies
    .map((remedy) => linesOfRemedy(contract, standard, quotient, state, remedy, fee, verdict.period.name))
    .filter((one) => one.length > 0);
  return combine(applied, agreed.combine);
}

function linesOfRemedy(
  contract: Contract,
  standard: Standard,
  value: Decimal,
  state: 'met' | 'missed',
  remedy: Remedy,
  fee: Decimal,
  period: string,
): Line[] {
  const { rounding } = contract.money;
  const head = {
    party: standard.party,
    clause: standard.clauses[standard.clauses.length - 1]!,
    about: standard.id,
    subject: period,
    instance: null,
  };
  if (remedy.remedy === 'bonus') {
    if (state === 'missed' || standard.challenge === null) return [];
    const way = new Decimal(standard.challenge).minus(standard.target);
    const fraction = Decimal.min(1, Decimal.max(0, value.minus(standard.target).dividedBy(way)));
    const { each, base, rate } = reckon(remedy.sum, fee);
    const amount = toFen(each.times(fraction), rounding);
    if (amount.isZero()) return [];
    return [{ ...head, party: otherParty(standard.party), remedy: 'bonus', base, rate, quantity: '1', amount }];
  }
  if (state === 'met') return [];
  // How far on the wrong side of the target, whichever side that is.
  const below = new Decimal(standard.target).minus(value).abs();
  switch (remedy.remedy) {
    case 'per-point':
    case 'per-step': {
      const exact = remedy.remedy === 'per-point' ? below.times(100) : below.dividedBy(remedy.step);
      const quantity = remedy.counted === 'started' ? exact.ceil() : exact.floor();
      if (quantity.isZero()) return [];
      const { each, base, rate } = reckon(remedy.sum, fee);
      const amount = toFen(each.times(quantity), rounding);
      const line: Line = { ...head, remedy: remedy.remedy, base, rate, quantity: quantity.toString(), amount };
      return [line, ...capOf(head, amount, remedy.cap === null ? null : reckon(remedy.cap, fee), rounding)];
    }
    case 'tier': {
      const reached = remedy.tiers.filter(({ bound }) =>
        standard.comparison === 'at-least' ? value.lessThan(bound) : value.greaterThan(bound),
      );
      // Tiers are sorted from the mildest to the worst; only the worst one reached applies.
      const tier = reached[reached.length - 1];
      if (tier === undefined) return [];
      const { each, base, rate } = reckon(tier.sum, fee);
      return [{ ...head, remedy: 'tier', base, rate, quantity: '1', amount: toFen(each, rounding) }];
    }
    case 'fee-share':
    case 'per-breach': {
      const { each, base, rate } = reckon(remedy.sum, fee);
      return [{ ...head, remedy: remedy.remedy, base, rate, quantity: '1', amount: toFen(each, rounding) }];
    }
    case 'service-extension':
      return [
        {
          ...head,
          remedy: 'service-extension',
          base: '0.00',
          rate: '0',
          quantity: String(remedy.days),
          amount: new Decimal(0),
        },
      ];
    case 'per-day-late':
    case 'per-unit-late':
    case 'interest':
      return [];
  }
}
