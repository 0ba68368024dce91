import { compareCodePoints, type Verdict } from '#libs/evaluation';
import type { VerdictFilter, VerdictPlace } from '#libs/store';

/** The store's filter, for verdicts that were derived and never stored. */
export function matchesFilter(verdict: Verdict, filter: VerdictFilter): boolean {
  const counted = verdict.dueAt ?? verdict.startedAt;
  return (
    verdict.state !== 'withdrawn' &&
    isAmong(verdict.contract, filter.contracts) &&
    isAmong(verdict.obligation, filter.obligations) &&
    isAmong(verdict.clause, filter.clauses) &&
    isAmong(verdict.party, filter.parties) &&
    isAmong(verdict.state, filter.states) &&
    isAmong(verdict.subject, filter.subjects) &&
    verdict.startedAt >= (filter.started?.from ?? -Infinity) &&
    verdict.startedAt < (filter.started?.to ?? Infinity) &&
    (filter.dueBefore === undefined || (verdict.dueAt !== null && verdict.dueAt < filter.dueBefore)) &&
    (filter.counted === undefined ||
      filter.counted.some(
        (span) => span.contracts.includes(verdict.contract) && counted >= span.from && counted < span.to,
      )) &&
    Object.entries(filter.dimensions ?? {}).every(([name, value]) => verdict.dimensions[name] === value)
  );
}

/** The store's orders: `identity` by code points; `due` by due instant first, those without one last. */
export function comparePlaces(order: 'identity' | 'due'): (a: VerdictPlace, b: VerdictPlace) => number {
  const byIdentity = (a: VerdictPlace, b: VerdictPlace): number =>
    compareCodePoints(a.contract, b.contract) ||
    compareCodePoints(a.obligation, b.obligation) ||
    compareCodePoints(a.subject, b.subject) ||
    a.instance - b.instance;
  if (order === 'identity') return byIdentity;
  return (a, b) => {
    if (a.dueAt === b.dueAt) return byIdentity(a, b);
    if (a.dueAt === null) return 1;
    if (b.dueAt === null) return -1;
    return a.dueAt - b.dueAt;
  };
}

function isAmong(value: string, allowed: readonly string[] | undefined): boolean {
  return allowed === undefined || allowed.includes(value);
}
