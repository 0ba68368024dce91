import type { Instant } from '#libs/calendar';
import { versionFor, type ContractVersions, type StandardVerdict } from '#libs/evaluation';
import type { PartyId, Period, RuleRemedies } from '#libs/contract';
import { applyLimits, type EarlierCycle } from './apply-limits.js';
import type { Breach } from '#libs/evaluation';
import { Decimal } from './decimal.js';
import { findEarnedBack, linesEarnedBack, type EarnedBack } from './earn-backs.js';
import { linesOfBreach } from './lines-of-breach.js';
import { linesOfStandard } from './lines-of-standard.js';
import type { Line, Statement } from './statement.js';

/** What was judged about a contract as of an instant: what statements and rights are made from. */
export interface Judged {
  readonly breaches: readonly Breach[];
  readonly standards: readonly StandardVerdict[];
}

/** Whether anything is agreed that could cost: else there is nothing to state. */
export function agreeOnMoney(versions: ContractVersions): boolean {
  return versions.some(({ money }) => money.rules.length > 0 || money.limits.length > 0);
}

/**
 * One statement for each service cycle that has begun, in order. A breach belongs to the cycle of its due instant with its
 * whole quantity; what lies before the first cycle or after the last stands in that one (readings 36). None where no version
 * agrees on money.
 */
export function makeStatements(versions: ContractVersions, judged: Judged, now: Instant): Statement[] {
  if (!agreeOnMoney(versions)) return [];
  const cycles = cyclesOf(versions);
  const byCycle = linesByCycle(versions, cycles, judged, () => now);
  const earlier: EarlierCycle[] = [];
  const statements: Statement[] = [];
  for (const cycle of cycles) {
    if (cycle.from > now) break;
    const contract = versionFor(versions, cycle.from);
    const { lines, capped } = applyLimits(contract, cycle, byCycle.get(cycle.name)!, earlier);
    earlier.push({ cycle, lines });
    statements.push({
      contract: contract.id,
      cycle,
      state: cycle.to <= now ? 'frozen' : 'provisional',
      currency: contract.currency,
      lines,
      ...totalsOf(lines),
      capped,
    });
  }
  return statements;
}

/**
 * The lines of each cycle before its limits, in the order of application. What a breach that still goes on costs is measured at
 * an instant.
 */
export function linesByCycle(
  versions: ContractVersions,
  cycles: readonly Period[],
  judged: Judged,
  measuredAt: (breach: Breach, cycle: Period) => Instant,
): ReadonlyMap<string, readonly Line[]> {
  const byCycle = new Map<string, Line[]>(cycles.map((cycle) => [cycle.name, []]));
  for (const breach of judged.breaches) {
    const agreed = breach.contract.money.rules.find((one) => one.rule === breach.rule);
    const cycle = cycleAt(cycles, breach.at);
    if (agreed === undefined || cycle === undefined) continue;
    byCycle.get(cycle.name)!.push(...linesMeasured(breach, agreed, cycle, measuredAt(breach, cycle)));
  }
  for (const verdict of judged.standards) {
    const contract = versionFor(versions, verdict.period.from);
    const standard = contract.standards.find((one) => one.id === verdict.standard);
    const agreed = contract.money.rules.find((one) => one.rule === verdict.standard);
    const cycle = cycleAt(cycles, verdict.period.to - 1);
    if (standard === undefined || agreed === undefined || cycle === undefined) continue;
    byCycle.get(cycle.name)!.push(...linesOfStandard(contract, standard, verdict, agreed, cycle));
  }
  const ordered = new Map([...byCycle].map(([name, lines]) => [name, inOrder(lines)]));
  const earned = findEarnedBack(versions, judged.standards);
  return earned.length === 0 ? ordered : withEarnBacks(versions, cycles, ordered, earned);
}

interface Measured {
  readonly agreed: RuleRemedies;
  readonly cycle: Period;
  readonly until: Instant;
  readonly lines: readonly Line[];
}

const measured = new WeakMap<Breach, Measured>();

/** The lines of a breach, reckoned once: they stay the same from its stop on. */
function linesMeasured(breach: Breach, agreed: RuleRemedies, cycle: Period, at: Instant): readonly Line[] {
  const until = Math.min(breach.stoppedAt ?? at, at);
  const known = measured.get(breach);
  if (known?.agreed === agreed && known.cycle === cycle && known.until === until) return known.lines;
  const lines = linesOfBreach(breach, agreed, cycle, until);
  measured.set(breach, { agreed, cycle, until, lines });
  return lines;
}

/** What is earned back depends on what the limits of earlier cycles left: cycle by cycle. */
function withEarnBacks(
  versions: ContractVersions,
  cycles: readonly Period[],
  byCycle: ReadonlyMap<string, readonly Line[]>,
  earned: readonly EarnedBack[],
): ReadonlyMap<string, readonly Line[]> {
  const all = new Map(byCycle);
  const earlier: EarlierCycle[] = [];
  for (const cycle of cycles) {
    const contract = versionFor(versions, cycle.from);
    const own = byCycle.get(cycle.name)!;
    const now = earned.filter(({ at }) => cycleAt(cycles, at)?.name === cycle.name);
    const limited = { cycle, lines: applyLimits(contract, cycle, own, earlier).lines };
    const back = linesEarnedBack(now, [...earlier, limited]);
    all.set(cycle.name, [...own, ...back]);
    earlier.push({ cycle, lines: [...limited.lines, ...back] });
  }
  return all;
}

const cyclesByVersions = new WeakMap<ContractVersions, readonly Period[]>();

/** Cycles of all versions, each from the version in force when it begins. */
export function cyclesOf(versions: ContractVersions): readonly Period[] {
  const known = cyclesByVersions.get(versions);
  if (known !== undefined) return known;
  const cycles = new Map<string, Period>();
  for (const contract of versions) {
    for (const cycle of contract.cycles) {
      if (versionFor(versions, cycle.from) === contract) cycles.set(cycle.name, cycle);
    }
  }
  const found = [...cycles.values()].sort((a, b) => a.from - b.from);
  cyclesByVersions.set(versions, found);
  return found;
}

export function cycleAt(cycles: readonly Period[], at: Instant): Period | undefined {
  const first = cycles[0];
  if (first === undefined || at < first.from) return first;
  return cycles.find((cycle) => cycle.from <= at && at < cycle.to) ?? cycles[cycles.length - 1];
}

/** The order of application: remedies, caps of items, waivers; within each by party, rule, subject. */
function inOrder(lines: readonly Line[]): readonly Line[] {
  if (lines.length < 2) return lines;
  const rank = (line: Line): number => (line.remedy === 'waiver' ? 2 : line.remedy === 'cap' ? 1 : 0);
  const text = (line: Line): string =>
    [line.party, line.about, line.subject, String(line.instance ?? 0).padStart(6, '0')].join('\n');
  return lines
    .map((line) => ({ line, rank: rank(line), text: text(line) }))
    .sort((a, b) => a.rank - b.rank || compareText(a.text, b.text))
    .map(({ line }) => line);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** What each party owes, and who owes the difference. */
export function totalsOf(lines: readonly Line[]): Pick<Statement, 'totals' | 'net'> {
  const total = (party: PartyId): Decimal =>
    lines.filter((line) => line.party === party).reduce((sum, line) => sum.plus(line.amount), new Decimal(0));
  const totals = { provider: total('provider'), client: total('client') };
  const difference = totals.provider.minus(totals.client);
  const from = difference.isZero() ? 'none' : difference.isPositive() ? 'provider' : 'client';
  return { totals, net: { from, amount: difference.abs() } };
}
