import type { Contract, PartyId } from '#libs/contract';
import type { Alert } from './alert.js';

/** What routes and silences are held against. */
export interface About {
  /** Obligations, duties, prohibitions and standards by their ids. */
  readonly obligations: readonly string[];
  readonly clauses: readonly string[];
  /** Whose duties they are. */
  readonly parties: readonly PartyId[];
  /** The case, the period, the cycle; null where there is none. */
  readonly subject: string | null;
}

const BOTH = ['client', 'provider'] as const;

/** What an alert is about: one verdict, one standard, all breaches of an import; or, where nothing can be named, both parties. */
export function aboutOf({ verdict, summary, standard, statement }: Alert, contract: Contract): About {
  if (verdict !== null) {
    const { obligation, party, subject, because } = verdict;
    return { obligations: [obligation], clauses: because.clauses, parties: [party], subject };
  }
  if (standard !== null) {
    const { standard: id, clause, party, period } = standard;
    return { obligations: [id], clauses: [clause], parties: [party], subject: period };
  }
  if (summary === null) {
    return { obligations: [], clauses: [], parties: BOTH, subject: statement?.cycle ?? null };
  }
  const { breaches } = summary;
  const obligations = [...new Set(breaches.map((breach) => breach.obligation))];
  const clauses = contract.obligations.filter((one) => obligations.includes(one.id)).flatMap((one) => one.clauses);
  return { obligations, clauses, parties: [...new Set(breaches.map((breach) => breach.party))], subject: null };
}

/** A clause, or one below it by its numbering. */
export function isWithinClause(clause: string, upper: string): boolean {
  return clause === upper || clause.startsWith(`${upper}.`);
}
