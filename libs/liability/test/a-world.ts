import { parseInstant, readCalendar, type Instant } from '#libs/calendar';
import type { Budget, Contract, Limit, Money, PartyId, Remedy, Right, RuleRemedies, Standard } from '#libs/contract';
import type { StandardVerdict } from '#libs/evaluation';
import type { Breach } from '#libs/evaluation';
import { Decimal } from '../src/decimal.js';

const CALENDAR = `
id: office
zone: Asia/Shanghai
weekly:
  monday-friday: ['09:00-18:00']
  saturday-sunday: closed
`;

const read = readCalendar('office.yaml', CALENDAR);
if (!read.ok) throw new Error('the calendar of the specs is broken');
export const calendar = read.value;

/** An instant of the contract's zone, `2026-03-31T18:00`; a bare date is its midnight. */
export function at(local: string): Instant {
  return parseInstant(`${local.length === 10 ? `${local}T00:00` : local}:00+08:00`)!;
}

const months = Array.from({ length: 12 }, (_, i) => {
  const month = (n: number) => `${2026 + Math.floor(n / 12)}-${String((n % 12) + 1).padStart(2, '0')}-01`;
  return { name: `2026-${String(i + 1).padStart(2, '0')}`, from: at(month(i)), to: at(month(i + 1)) };
});

/** What may come latest of all. */
const threeDays: Budget = { counting: 'elapsed-time', millis: 3 * 86_400_000, text: 'P3D' };

interface World {
  readonly remedies?: readonly Remedy[];
  readonly combine?: RuleRemedies['combine'];
  readonly limits?: readonly Limit[];
  readonly rights?: readonly Right[];
  readonly fee?: string;
  readonly standard?: Partial<Standard>;
}

/** A contract of twelve months with one rule, `report`, and one standard, `quality`, both with the remedies given; fee 480,000.00. */
export function aContract({
  remedies = [],
  combine = 'all',
  limits = [],
  rights = [],
  fee = '480000.00',
  standard = {},
}: World): Contract {
  const rule = (id: string): RuleRemedies => ({ rule: id, clause: '9', combine, remedies, earnBack: null });
  const money: Money = {
    rules: [rule('report'), rule('quality')],
    limits,
    rounding: 'half-up',
    finalAfter: null,
    statementEvents: null,
  };
  return {
    id: 'C-1',
    version: 1,
    hash: 'hash',
    currency: 'CNY',
    inForceFrom: at('2026-01-01'),
    cycle: { every: 'month', startsOn: 1 },
    cycles: months,
    fees: [{ from: at('2026-01-01'), amount: fee }],
    standards: [
      {
        id: 'quality',
        clauses: ['5.1'],
        party: 'provider',
        comparison: 'at-least',
        target: '0.95',
        challenge: null,
        periods: months,
        ...standard,
      } as Standard,
    ],
    money,
    rights,
    calendar,
    sources: new Map([['/late', { delayPeriod: threeDays }]]),
    parties: {},
  } as unknown as Contract;
}

export function aBreach(contract: Contract, different: Partial<Breach> = {}): Breach {
  return {
    contract,
    rule: 'report',
    clause: '9.2.3',
    party: 'provider',
    subject: 'S-1',
    instance: 1,
    at: at('2026-03-13T18:00'),
    stoppedAt: at('2026-03-16T19:00'),
    priority: '',
    suspended: [],
    calendar,
    waived: false,
    owed: null,
    ...different,
  };
}

export function aMonth(
  month: string,
  value: string,
  state: StandardVerdict['state'] = 'missed',
  party: PartyId = 'provider',
): StandardVerdict {
  return {
    contract: 'C-1',
    standard: 'quality',
    clause: '5.1',
    party,
    period: months.find((one) => one.name === month)!,
    numerator: '0',
    denominator: '0',
    quotient: new Decimal(value),
    target: '0.95',
    sample: 100,
    state,
    because: {} as StandardVerdict['because'],
  };
}
