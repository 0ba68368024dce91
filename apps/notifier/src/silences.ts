import type { SilenceRow } from '#libs/store';
import type { Instant } from '#libs/calendar';
import { isWithinClause, type About } from './about.js';
import type { Alert, SilenceMatch } from './alert.js';

/** A silence that holds an alert back from everybody, at an instant; undefined where none does. */
export function silenceOver(
  silences: readonly SilenceRow[],
  alert: Pick<Alert, 'contract' | 'incident' | 'kind'>,
  about: About,
  at: Instant,
): SilenceRow | undefined {
  return silences.find(
    (one) =>
      one.contract === alert.contract &&
      one.beginsAt <= at &&
      at < one.endsAt &&
      matches(JSON.parse(one.match) as SilenceMatch, alert, about),
  );
}

function matches(match: SilenceMatch, { incident, kind }: Pick<Alert, 'incident' | 'kind'>, about: About): boolean {
  const { incidents, obligations, clauses, subjects, parties, kinds } = match;
  return (
    (incidents === undefined || incidents.includes(incident)) &&
    (obligations === undefined || about.obligations.some((one) => obligations.includes(one))) &&
    (clauses === undefined || about.clauses.some((one) => clauses.some((clause) => isWithinClause(one, clause)))) &&
    (subjects === undefined || (about.subject !== null && subjects.includes(about.subject))) &&
    (parties === undefined || about.parties.some((one) => parties.includes(one))) &&
    (kinds === undefined || kinds.includes(kind))
  );
}
