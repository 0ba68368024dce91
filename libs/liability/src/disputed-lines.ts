import type { Contract, Period } from '#libs/contract';
import { Decimal, toFen } from './decimal.js';
import { feeOf, reckon } from './fees.js';
import type { LifeLine, LiveDispute } from './live-statement.js';
import type { Line } from './statement.js';

/** Begins the name of a line that was decided about another. */
export const DECIDED = 'dispute/';

const FOLLOWING: ReadonlySet<string> = new Set(['cap', 'floor', 'waiver']);

/**
 * Whether a line only follows from others and stands as long as these do: a limit, a waiver, what was decided, or an
 * adjustment of one of them. Nobody can dispute it by itself.
 */
export function followsFromOthers(line: Pick<LifeLine, 'id' | 'adjusts'> & { readonly remedy: string }): boolean {
  const id = line.adjusts?.line ?? line.id;
  return id.startsWith(DECIDED) || FOLLOWING.has(line.adjusts === null ? line.remedy : remedyIn(id));
}

/** Where a breach was let go nothing is left to dispute. */
export function isDisputable(line: LifeLine, lines: readonly LifeLine[]): boolean {
  if (followsFromOthers(line) || line.amount.isZero()) return false;
  return !lines.some((one) => isWaiver(one) && isOfSameItem(one, line) && one.adjusts?.cycle === line.adjusts?.cycle);
}

function isWaiver({ id, remedy, adjusts }: LifeLine): boolean {
  return adjusts === null ? remedy === 'waiver' && !id.startsWith(DECIDED) : remedyIn(adjusts.line) === 'waiver';
}

/** The remedy in the name of a line, which is `party/remedy/…`. */
export function remedyIn(id: string): string {
  return id.split('/', 2)[1] ?? '';
}

/**
 * What was decided about disputed lines of the cycle itself, as lines of their own: one that was waived is taken back with the cap of its item; one
 * that was adjusted comes to the amount that was decided, and never to more than its item's cap. The last decision holds.
 */
export function linesOfDisputes(
  contract: Contract,
  cycle: Period,
  lines: readonly LifeLine[],
  disputes: readonly LiveDispute[],
): LifeLine[] {
  if (disputes.length === 0) return [];
  return lines.flatMap((line): LifeLine[] => {
    const decided = lastDecided(disputes.filter(({ lineId }) => lineId === line.id));
    if (decided === undefined || decided.state === 'upheld') return [];
    const cap = capLineOf(contract, line, lines);
    const net = cap === undefined ? line.amount : line.amount.plus(cap.amount);
    const target =
      decided.state === 'waived'
        ? new Decimal(0)
        : atMost(capOf(contract, cycle, line), amountDecided(contract, decided));
    return decidedLine(line, { about: line.id, waived: decided.state === 'waived', net, amount: target.minus(net) });
  });
}

/** The line that takes another from its net amount to what was decided; none where that is the same. */
export function decidedLine(
  { party, clause, about, subject, instance }: Line,
  decided: { readonly about: string; readonly waived: boolean; readonly net: Decimal; readonly amount: Decimal },
): LifeLine[] {
  const { waived, net, amount } = decided;
  if (amount.isZero()) return [];
  return [
    {
      party,
      remedy: waived ? 'waiver' : 'adjustment',
      clause,
      about,
      subject,
      instance,
      base: net.toFixed(2),
      rate: waived ? '-1' : '1',
      quantity: '1',
      amount,
      id: `${DECIDED}${decided.about}`,
      adjusts: null,
    },
  ];
}

export function lastDecided(disputes: readonly LiveDispute[]): LiveDispute | undefined {
  let last: LiveDispute | undefined;
  for (const one of disputes) {
    const counts = one.state === 'upheld' || one.state === 'waived' || one.state === 'adjusted';
    if (counts && (last === undefined || one.decision!.at >= last.decision!.at)) last = one;
  }
  return last;
}

function isOfSameItem(a: Line, b: Line): boolean {
  return (
    a.party === b.party &&
    a.clause === b.clause &&
    a.about === b.about &&
    a.subject === b.subject &&
    a.instance === b.instance
  );
}

/** The line by which its item's cap takes back from it: the two come to the cap together. */
export function capLineOf(contract: Contract, line: LifeLine, lines: readonly LifeLine[]): LifeLine | undefined {
  const { rounding } = contract.money;
  return lines.find((one) => {
    if (one.remedy !== 'cap' || !isOfSameItem(one, line)) return false;
    return toFen(new Decimal(one.base).times(one.rate), rounding).equals(line.amount.plus(one.amount));
  });
}

/** The amount of an adjusted line as it was decided. */
export function amountDecided(contract: Contract, { decision }: LiveDispute): Decimal {
  return toFen(new Decimal(decision!.amount ?? 0), contract.money.rounding);
}

/** The cap of an item, of the remedy that a line of the cycle applies; null: none was agreed. */
export function capOf(
  contract: Contract,
  cycle: Period,
  line: Pick<Line, 'about' | 'remedy' | 'subject'>,
): Decimal | null {
  const { rules, rounding } = contract.money;
  const remedy = rules
    .find(({ rule }) => rule === line.about)
    ?.remedies.find((one) => one.remedy === line.remedy && 'cap' in one && one.cap !== null);
  if (remedy === undefined || !('cap' in remedy) || remedy.cap === null) return null;
  const owed = remedy.remedy === 'interest' ? contract.cycles.find(({ name }) => name === line.subject) : undefined;
  return toFen(reckon(remedy.cap, feeOf(contract, owed ?? cycle)).each, rounding);
}

export function atMost(cap: Decimal | null, amount: Decimal): Decimal {
  return cap === null ? amount : Decimal.min(cap, amount);
}
