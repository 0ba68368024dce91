import type { StandardVerdict } from '#libs/evaluation';
import { readPeriod, type Period } from '../query/period.js';
import type { Query } from '../query/query.js';
import { Temporal } from 'temporal-polyfill';

export interface StandardFilter {
  readonly standards: readonly string[] | undefined;
  readonly clauses: readonly string[] | undefined;
  readonly parties: readonly string[] | undefined;
  readonly states: readonly string[] | undefined;
  readonly period: Period | undefined;
}

export function readStandardFilter(query: Query): StandardFilter {
  return {
    standards: query.texts('standard'),
    clauses: query.texts('clause'),
    parties: query.choices('party'),
    states: query.choices('state'),
    period: query.period(),
  };
}

export function matchesStandard(verdict: StandardVerdict, filter: StandardFilter): boolean {
  const among = (value: string, allowed: readonly string[] | undefined) => allowed?.includes(value) ?? true;
  return (
    among(verdict.standard, filter.standards) &&
    among(verdict.clause, filter.clauses) &&
    among(verdict.party, filter.parties) &&
    among(verdict.state, filter.states) &&
    (filter.period === undefined || liesIn(verdict.period.name, filter.period))
  );
}

/** The names of periods are what the parameter takes, so no zone is needed. */
function liesIn(name: string, period: Period): boolean {
  const named = readPeriod(name);
  return (
    named !== undefined &&
    Temporal.PlainDate.compare(named.from, period.from) >= 0 &&
    Temporal.PlainDate.compare(named.to, period.to) <= 0
  );
}
