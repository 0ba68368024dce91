import type { VerdictFilter } from '#libs/store';
import type { ContractShelf } from '../contracts/contract-shelf.js';
import { readMoment, type Moment } from '../query/moment.js';
import { spanOf, type Period } from '../query/period.js';
import type { Query } from '../query/query.js';

/** What a request for a list of verdicts asks, before the zones of the contracts are known. */
export interface VerdictQuestion {
  readonly filter: Omit<VerdictFilter, 'counted'>;
  readonly period: Period | undefined;
  readonly order: 'identity' | 'due';
  readonly limit: number;
  readonly moment: Moment;
}

/**
 * @param contract the contract of the path; undefined where the list goes across contracts.
 * @param only narrows to breaches.
 */
export function readVerdictQuestion(
  query: Query,
  contract: string | undefined,
  only: 'verdicts' | 'breaches',
): VerdictQuestion {
  const states = query.choices('state');
  return {
    filter: {
      contracts: contract === undefined ? query.texts('contract') : [contract],
      obligations: query.texts('obligation'),
      clauses: query.texts('clause'),
      parties: query.choices('party'),
      states: only === 'verdicts' ? states : (states ?? ['breached']).filter((state) => state === 'breached'),
      subjects: query.texts('subject'),
      started: query.span(),
      dueBefore: query.instant('dueBefore'),
      dimensions: query.dimensions(),
    },
    period: query.period(),
    order: query.choice('sort') === 'dueAt' ? 'due' : 'identity',
    limit: query.limit(),
    moment: readMoment(query),
  };
}

/** The filter with the period laid into the zone of each contract. */
export function filterOf(question: VerdictQuestion, shelf: ContractShelf): VerdictFilter {
  const { period } = question;
  if (period === undefined) return question.filter;
  const counted = [...shelf.idsByZone()].map(([zone, contracts]) => ({ contracts, ...spanOf(period, zone) }));
  return { ...question.filter, counted };
}
