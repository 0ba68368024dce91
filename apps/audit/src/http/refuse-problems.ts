import { ProblemException } from '#libs/web';
import type { Query } from '../query/query.js';

/** Throws the problem answer when anything was wrong with the parameters: all of it in one. */
export function refuseProblems(query: Query): void {
  const { problems } = query;
  if (problems.length === 0) return;
  const detail = problems.map((problem) => `${problem.field}: ${problem.detail}`).join('; ');
  throw new ProblemException('unknown-parameter', detail, problems);
}

export function notFound(detail: string): ProblemException {
  return new ProblemException('not-found', detail);
}
