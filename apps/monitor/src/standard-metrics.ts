import { countedStandards, type ContractMemory, type CountedPeriod } from '#libs/evaluation';
import type { Metrics } from '#libs/telemetry';

/** When the period that ends next among those shown of a contract ends: then others are to be shown. */
const shownUntil = new WeakMap<ContractMemory, number>();

/** Shows every standard of a contract in its current period, and takes away those that have none. */
export function showStandards(contract: ContractMemory, metrics: Metrics): void {
  const { id, versions, standards, clock, circumstances } = contract;
  if (versions === null || clock === null) return;
  const gone = new Set(countedStandards(versions).all.map(({ standard }) => standard.id));
  let until = Infinity;
  for (const current of standards.current(versions, clock)) {
    gone.delete(current.counted.standard.id);
    until = Math.min(until, current.period.to);
    const { quotient, numerator, denominator, sample } = standards.result(current, clock, circumstances.gaps);
    show(id, current, quotient?.toNumber() ?? null, sample, metrics);
    showBudget(id, current, Number(numerator), Number(denominator), metrics);
  }
  for (const standard of gone) forget({ contract: id, standard }, metrics);
  shownUntil.set(contract, until);
}

/** True once the clock has passed into a period that is not shown yet. */
export function isOutdated(contract: ContractMemory): boolean {
  return contract.clock !== null && contract.clock >= (shownUntil.get(contract) ?? -Infinity);
}

function show(
  contract: string,
  { counted: { standard }, period }: CountedPeriod,
  value: number | null,
  sample: number,
  metrics: Metrics,
): void {
  const labels = { contract, standard: standard.id };
  if (value === null) metrics.standardValue.remove(labels);
  else metrics.standardValue.set(labels, value);
  metrics.standardTarget.set(labels, Number(standard.target));
  metrics.standardSample.set(labels, sample);
  metrics.standardPeriodBegin.set(labels, period.from / 1_000);
  metrics.standardPeriodEnd.set(labels, period.to / 1_000);
}

/**
 * Of a share: the misses so far, how many the target allows among the items so far, and which part of those is left.
 * "At least" allows (1 − target) × denominator and misses denominator − numerator; "at most" allows target × denominator, and
 * the numerator counts against it. Remaining: 1 − misses / allowed; where none is allowed 1 without a miss, else 0.
 */
function showBudget(
  contract: string,
  { counted: { standard } }: CountedPeriod,
  numerator: number,
  denominator: number,
  metrics: Metrics,
): void {
  const { measure, comparison, target, id } = standard;
  if (measure.by === 'facts' && measure.figure !== 'share') return;
  const labels = { contract, standard: id };
  const least = comparison === 'at-least';
  const misses = least ? denominator - numerator : numerator;
  const allowed = (least ? 1 - Number(target) : Number(target)) * denominator;
  metrics.standardMisses.set(labels, misses);
  metrics.standardMissesAllowed.set(labels, allowed);
  const none = misses === 0 ? 1 : 0;
  metrics.budgetRemaining.set(labels, allowed === 0 ? none : 1 - misses / allowed);
}

function forget(labels: { contract: string; standard: string }, metrics: Metrics): void {
  for (const gauge of [
    metrics.standardValue,
    metrics.standardTarget,
    metrics.standardSample,
    metrics.standardPeriodBegin,
    metrics.standardPeriodEnd,
    metrics.standardMisses,
    metrics.standardMissesAllowed,
    metrics.budgetRemaining,
  ])
    gauge.remove(labels);
}
