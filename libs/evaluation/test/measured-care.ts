import type { Contract } from '#libs/contract';
import { careWith } from './care.js';

/** A standard of every kind, as a part of the contract's file. */
export const STANDARDS = `
standards:
  answered:
    clauses: ['1']
    party: provider
    every: month
    measure: { figure: share-met, instancesOf: answer, placedBy: start, cancelled: { upTo: PT1H, as: excluded, later: missed }, undecided: wait }
    target: at least 80%
  done:
    clauses: ['1']
    party: provider
    rolling: 7 days
    measure: { figure: share-met, instancesOf: finish, placedBy: due, cancelled: excluded, undecided: leave-out }
    target: at least 50%
    minimumSample: 2
  by-rank:
    clauses: ['1']
    party: provider
    every: month
    measure: { figure: share-met, instancesOf: finish, placedBy: start, cancelled: missed, undecided: leave-out }
    target: at least 50%
    segments:
      high: { where: case.priority == 'high' }
      morning: { where: at.time < '12:00', target: at least 40% }
  reported:
    clauses: ['3']
    party: provider
    every: month
    measure: { figure: share, of: report.sent, good: { on: report.sent, where: data.kind == 'monthly' } }
    target: at least 100%
  talks:
    clauses: ['1']
    party: provider
    every: month
    measure: { figure: count, of: job.answered }
    target: at least 2
  praise:
    clauses: ['1']
    party: provider
    every: month
    measure: { figure: sum, of: job.rated, field: score }
    target: at least 8
  rating:
    clauses: ['1']
    party: provider
    every: month
    measure: { figure: mean, of: job.rated, field: score }
    target: at least 4
  usual:
    clauses: ['1']
    party: provider
    rolling: 30 days
    measure: { figure: percentile, of: job.rated, field: score, percent: '50' }
    target: at most 3
  returns:
    clauses: ['1']
    party: provider
    every: month
    measure: { figure: rate, of: job.reopened, per: job.done, perCount: 100 }
    target: at most 50
`;

/** The contract of `care` with a standard of every kind. */
export const measuredCare: Contract = careWith(STANDARDS);
