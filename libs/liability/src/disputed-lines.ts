import type { Contract, Period } from '#libs/contract';
import { Decimal, toFen } from './decimal.js';
import { feeOf, reckon } from './fees.js';
import type { LifeLine, LiveDispute } from './live-statement.js';
import type { Line } from './statement.js';

/** Begins the name of a line that was decided about another. */
const DECIDED = 'dispute/';

/** Lines that only follow from others stand as long as these do; where a breach was let go nothing is left to dispute. */
export function isDisputable(line: LifeLine, lines: readonly LifeLine[]): boolean {
  const follows = line.remedy === 'cap' || line.remedy === 'floor' || line.remedy === 'waiver';
  if (follows || line.amount.isZero() || line.id.startsWith(DECIDED)) return false;
  return !lines.some((one) => one.remedy === 'waiver' && !one.id.startsWith(DECIDED) && isOfSameItem(one, line));
}

/**
 * What was decided about disputed lines, as lines of their own: one that was waived is taken back with the cap of its item; one
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
    const cap = line.adjusts === null ? capLineOf(contract, line, lines) : undefined;
    const net = cap === undefined ? line.amount : line.amount.plus(cap.amount);
    const target = decided.state === 'waived' ? new Decimal(0) : adjusted(contract, cycle, line, decided);
    const amount = target.minus(net);
    if (amount.isZero()) return [];
    const { party, clause, about, subject, instance } = line;
    const waived = decided.state === 'waived';
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
        id: `${DECIDED}${line.id}`,
        adjusts: null,
      },
    ];
  });
}

function lastDecided(disputes: readonly LiveDispute[]): LiveDispute | undefined {
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
function capLineOf(contract: Contract, line: LifeLine, lines: readonly LifeLine[]): LifeLine | undefined {
  const { rounding } = contract.money;
  return lines.find((one) => {
    if (one.remedy !== 'cap' || !isOfSameItem(one, line)) return false;
    return toFen(new Decimal(one.base).times(one.rate), rounding).equals(line.amount.plus(one.amount));
  });
}

/** The amount that was decided, as far as the item's cap allows. */
function adjusted(contract: Contract, cycle: Period, line: LifeLine, { decision }: LiveDispute): Decimal {
  const { rules, rounding } = contract.money;
  const wanted = toFen(new Decimal(decision!.amount ?? 0), rounding);
  const remedy = rules
    .find(({ rule }) => rule === line.about)
    ?.remedies.find((one) => one.remedy === line.remedy && 'cap' in one && one.cap !== null);
  if (remedy === undefined || !('cap' in remedy) || remedy.cap === null || line.adjusts !== null) return wanted;
  const owed = remedy.remedy === 'interest' ? contract.cycles.find(({ name }) => name === line.subject) : undefined;
  return Decimal.min(wanted, toFen(reckon(remedy.cap, feeOf(contract, owed ?? cycle)).each, rounding));
}
