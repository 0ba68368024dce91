import type { Calendar } from '#libs/calendar';
import type { PartyId } from '#libs/contract';
import type { Breach } from './breach.js';
import type { ContractVersions } from './contract-versions.js';

type Packed = [
  1,
  version: number,
  calendar: string,
  rule: string,
  clause: string,
  party: PartyId,
  subject: string,
  instance: number,
  at: number,
  stoppedAt: number | null,
  priority: string,
  suspended: readonly (readonly [from: number, to: number | null])[],
  waived: 0 | 1,
  owed: Breach['owed'],
];

/** The breaches of a subject as text: the version and the calendar that judged them by number and hash. */
export function packBreaches(breaches: readonly Breach[]): string {
  return JSON.stringify(
    breaches.map((one): Packed => {
      const suspended = one.suspended.map(({ from, to }) => [from, to === Infinity ? null : to] as const);
      const { contract, calendar, rule, clause, party, subject, instance, at, stoppedAt, priority, owed } = one;
      const waived = one.waived ? 1 : 0;
      const head = [1, contract.version, calendar.hash, rule, clause, party, subject, instance] as const;
      return [...head, at, stoppedAt, priority, suspended, waived, owed];
    }),
  );
}

/** @throws Error where the versions no longer hold the version or the calendar that is named */
export function unpackBreaches(versions: ContractVersions, packed: string): Breach[] {
  return (JSON.parse(packed) as Packed[]).map((row) => {
    const [layout, version, calendar, rule, clause, party, subject, instance, at, stoppedAt, priority] = row;
    const [, , , , , , , , , , , suspended, waived, owed] = row;
    const contract = versions.find((one) => one.version === version);
    if (layout !== 1 || contract === undefined)
      throw new Error(
        `a breach of ${rule} by ${subject} names version ${version}, which is not published (layout ${layout})`,
      );
    return {
      contract,
      rule,
      clause,
      party,
      subject,
      instance,
      at,
      stoppedAt,
      priority,
      suspended: suspended.map(([from, to]) => ({ from, to: to ?? Infinity })),
      calendar: calendarOf(versions, calendar),
      waived: waived === 1,
      owed,
    };
  });
}

function calendarOf(versions: ContractVersions, hash: string): Calendar {
  for (const { calendar, obligations, duties } of versions) {
    if (calendar.hash === hash) return calendar;
    const budgets = [
      ...obligations.flatMap(({ target }) =>
        target.by === 'priority' ? Object.values(target.budgets) : [target.budget],
      ),
      ...duties.map(({ within }) => within),
    ];
    for (const budget of budgets)
      if (budget !== null && 'calendar' in budget && budget.calendar.hash === hash) return budget.calendar;
  }
  throw new Error(`no published version counts by the calendar ${hash}`);
}
