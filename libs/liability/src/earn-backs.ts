import { versionFor, type ContractVersions, type StandardVerdict } from '#libs/evaluation';
import type { PartyId } from '#libs/contract';
import type { EarlierCycle } from './apply-limits.js';
import { Decimal } from './decimal.js';
import type { Line } from './statement.js';

/** A miss whose cost is given back, and when: in the cycle in which the last of the periods that earned it ends. */
export interface EarnedBack {
  readonly missed: StandardVerdict;
  /** The last instant of the period that completes the run. */
  readonly at: number;
}

/** The misses that the next periods have earned back: all of so many, one after the other, met. */
export function findEarnedBack(versions: ContractVersions, standards: readonly StandardVerdict[]): EarnedBack[] {
  const found: EarnedBack[] = [];
  for (const id of new Set(standards.map(({ standard }) => standard))) {
    const periods = standards.filter(({ standard }) => standard === id).sort((a, b) => a.period.from - b.period.from);
    periods.forEach((missed, place) => {
      if (missed.state !== 'missed') return;
      const agreed = versionFor(versions, missed.period.from).money.rules.find(({ rule }) => rule === id);
      if (agreed === undefined || agreed.earnBack === null) return;
      const next = periods.slice(place + 1, place + 1 + agreed.earnBack.periods);
      if (next.length < agreed.earnBack.periods || next.some(({ state }) => state !== 'met')) return;
      found.push({ missed, at: next[next.length - 1]!.period.to - 1 });
    });
  }
  return found;
}

/**
 * The lines of what is earned back in a cycle. Each gives back what the miss cost, and all of one cycle together never more than
 * the party was left to owe in it: what a limit took away was never paid.
 *
 * @param before the cycles up to and with this one, limits and earn-backs applied in the earlier ones
 */
export function linesEarnedBack(earned: readonly EarnedBack[], before: readonly EarlierCycle[]): Line[] {
  const left = new Map<string, Decimal>();
  return earned.flatMap(({ missed }): Line[] => {
    const { standard: about, party, clause, period } = missed;
    const isCost = (line: Line): boolean =>
      line.party === party && line.about === about && line.subject === period.name && line.remedy !== 'earn-back';
    const cost = before.find(({ lines }) => lines.some(isCost));
    if (cost === undefined) return [];
    const sum = cost.lines.filter(isCost).reduce((total, line) => total.plus(line.amount), new Decimal(0));
    const key = `${cost.cycle.name} ${party}`;
    const room = left.get(key) ?? leftToOwe(cost, party, before);
    const amount = Decimal.min(sum, room);
    if (!amount.greaterThan(0)) return [];
    left.set(key, room.minus(amount));
    return [
      {
        party,
        remedy: 'earn-back',
        clause,
        about,
        subject: period.name,
        instance: null,
        base: sum.toFixed(2),
        rate: '-1',
        quantity: '1',
        amount: amount.negated(),
      },
    ];
  });
}

/** What remained of a cycle behind its limits, less what was given back of it since. */
function leftToOwe({ cycle, lines }: EarlierCycle, party: PartyId, before: readonly EarlierCycle[]): Decimal {
  const subjects = new Set(lines.map(({ about, subject }) => `${about} ${subject}`));
  const own = lines.filter((line) => line.party === party && line.remedy !== 'earn-back' && line.remedy !== 'bonus');
  const since = before
    .filter((one) => one.cycle.from > cycle.from)
    .flatMap((one) => one.lines)
    .filter((line) => line.remedy === 'earn-back' && line.party === party)
    .filter(({ about, subject }) => subjects.has(`${about} ${subject}`));
  return [...own, ...since].reduce((total, line) => total.plus(line.amount), new Decimal(0));
}
