import type { Instant } from '#libs/calendar';
import type { Period, Remedy, RuleRemedies } from '#libs/contract';
import type { Breach } from '#libs/evaluation';
import { Decimal, toFen } from './decimal.js';
import { feeOf, reckon } from './fees.js';
import { interestOn } from './interest.js';
import { unitsLate } from './late-units.js';
import type { Line } from './statement.js';

/** The lines of one breach: one per remedy, its cap as a line of its own, and where it is waived a line that takes all of it back. */
export function linesOfBreach(breach: Breach, agreed: RuleRemedies, cycle: Period, now: Instant): Line[] {
  const applied = agreed.remedies
    .map((remedy) => linesOfRemedy(breach, remedy, cycle, now))
    .filter((one) => one.length > 0);
  const lines = combine(applied, agreed.combine);
  if (!breach.waived || lines.length === 0) return lines;
  const sum = lines.reduce((left, line) => left.plus(line.amount), new Decimal(0));
  return sum.isZero()
    ? lines
    : [
        ...lines,
        { ...head(breach), remedy: 'waiver', base: sum.toFixed(2), rate: '-1', quantity: '1', amount: sum.negated() },
      ];
}

/** Either-or between remedies: the one whose lines come to the most (the least). */
export function combine(applied: readonly (readonly Line[])[], how: RuleRemedies['combine']): Line[] {
  if (how === 'all') return applied.flat();
  const totals = applied.map((lines) => lines.reduce((sum, line) => sum.plus(line.amount), new Decimal(0)));
  let chosen = 0;
  totals.forEach((total, index) => {
    const best = totals[chosen]!;
    if (how === 'greatest' ? total.greaterThan(best) : total.lessThan(best)) chosen = index;
  });
  return [...(applied[chosen] ?? [])];
}

function head({ party, clause, rule, subject, instance }: Breach) {
  return { party, clause, about: rule, subject, instance };
}

function linesOfRemedy(breach: Breach, remedy: Remedy, cycle: Period, now: Instant): Line[] {
  const { contract } = breach;
  const { rounding } = contract.money;
  const fee = feeOf(contract, cycle);
  switch (remedy.remedy) {
    case 'per-breach': {
      const { each, base, rate } = reckon(remedy.byPriority[breach.priority] ?? remedy.sum, fee);
      return [{ ...head(breach), remedy: 'per-breach', base, rate, quantity: '1', amount: toFen(each, rounding) }];
    }
    case 'per-day-late':
    case 'per-unit-late': {
      const units = unitsLate(breach, remedy, now);
      if (units.isZero()) return [];
      const { each, base, rate } = reckon(remedy.sum, fee);
      const amount = toFen(each.times(units), rounding);
      const line: Line = { ...head(breach), remedy: remedy.remedy, base, rate, quantity: units.toString(), amount };
      return [line, ...capOf(head(breach), amount, remedy.cap === null ? null : reckon(remedy.cap, fee), rounding)];
    }
    case 'interest': {
      const { days, amount, unpaid } = interestOn(breach, remedy.dailyRate, now);
      const rounded = toFen(amount, rounding);
      if (days === 0 || rounded.isZero()) return [];
      const line: Line = {
        ...head(breach),
        remedy: 'interest',
        base: unpaid.toFixed(2),
        rate: remedy.dailyRate,
        quantity: String(days),
        amount: rounded,
      };
      // The cap is a share of the fee of the cycle that is owed, which the subject names.
      const owedCycle = contract.cycles.find((one) => one.name === breach.subject) ?? cycle;
      const cap = remedy.cap === null ? null : reckon(remedy.cap, feeOf(contract, owedCycle));
      return [line, ...capOf(head(breach), rounded, cap, rounding)];
    }
    case 'fee-share': {
      const { each, base, rate } = reckon(remedy.sum, fee);
      return [{ ...head(breach), remedy: 'fee-share', base, rate, quantity: '1', amount: toFen(each, rounding) }];
    }
    case 'service-extension':
      return [
        {
          ...head(breach),
          remedy: 'service-extension',
          base: '0.00',
          rate: '0',
          quantity: String(remedy.days),
          amount: new Decimal(0),
        },
      ];
    // Remedies of standards; the check of the contract file keeps them off other rules.
    case 'per-point':
    case 'per-step':
    case 'tier':
    case 'bonus':
      return [];
  }
}

/** What a cap takes back, as a line of its own; nothing where it is not reached. */
export function capOf(
  of: Pick<Line, 'party' | 'clause' | 'about' | 'subject' | 'instance'>,
  amount: Decimal,
  cap: { readonly each: Decimal; readonly base: string; readonly rate: string } | null,
  rounding: 'half-up' | 'half-even' | 'down',
): Line[] {
  if (cap === null) return [];
  const over = amount.minus(toFen(cap.each, rounding));
  if (over.lessThanOrEqualTo(0)) return [];
  return [{ ...of, remedy: 'cap', base: cap.base, rate: cap.rate, quantity: '1', amount: over.negated() }];
}
