import type { Contract, Period, RemedyName } from '#libs/contract';
import { Decimal } from './decimal.js';
import {
  amountDecided,
  atMost,
  capLineOf,
  capOf,
  DECIDED,
  decidedLine,
  followsFromOthers,
  isDisputable,
  lastDecided,
  remedyIn,
} from './disputed-lines.js';
import type { LastRevision, LifeLine, LiveDispute } from './live-statement.js';

/** What later statements say about a cycle. */
export interface LaterStatement {
  readonly last: LastRevision | undefined;
  /** Those whose line is named; of what state they are by themselves, whether or not their line is there. */
  readonly disputes: readonly LiveDispute[];
}

/** The name of the adjustment of a line of a cycle. */
export function adjustmentId(cycle: string, line: string): string {
  return `adjustment/${cycle}/${line}`;
}

/**
 * What was decided about adjustments of lines of a final cycle, on later statements, as lines of the cycle itself: so what
 * its limits take back follows, and all of it is carried on like any other change. One that was waived leaves what stood
 * before it; one that was adjusted comes to what stood before it and the amount decided, never above the cap of its item.
 * Of several statements on which a line was adjusted and disputed the last rules.
 *
 * @param lines the remedies of the cycle as they stand now, and what was decided about them in its own statement
 * @param base the lines of its own that were final
 */
export function linesOfDisputedAdjustments(
  contract: Contract,
  cycle: Period,
  lines: readonly LifeLine[],
  base: readonly LifeLine[],
  later: readonly LaterStatement[],
): LifeLine[] {
  const prefix = adjustmentId(cycle.name, '');
  const ruling = new Map<string, number>();
  for (const [place, { disputes }] of later.entries())
    for (const { lineId, state } of disputes)
      if (lineId.startsWith(prefix) && state !== 'open' && state !== 'moot') ruling.set(lineId, place);
  return [...ruling].flatMap(([lineId, place]): LifeLine[] => {
    const id = lineId.slice(prefix.length);
    const statement = later[place]!;
    const now = lines.find((one) => one.id === id);
    const then = base.find((one) => one.id === id);
    const carried = adjustmentsOf(statement.last, cycle.name).find(({ adjusts }) => adjusts!.line === id);
    const line = now ?? then ?? carried;
    if (line === undefined || followsFromOthers({ id, remedy: remedyIn(id), adjusts: null })) return [];
    const caps = [
      now === undefined ? undefined : capLineOf(contract, now, lines),
      then === undefined ? undefined : capLineOf(contract, then, base),
    ];
    const net = new Set([id, ...caps.flatMap((one) => one?.id ?? [])]);
    const all = new Set([...net, `${DECIDED}${id}`, `${DECIDED}${lineId}`]);
    const stoodBefore = (names: ReadonlySet<string>): Decimal =>
      sumOf(base.filter((one) => names.has(one.id))).plus(
        sumOf(
          later
            .slice(0, place)
            .flatMap(({ last }) => (last?.state === 'final' ? adjustmentsOf(last, cycle.name) : []))
            .filter(({ adjusts }) => names.has(adjusts!.line)),
        ),
      );
    const stands = (names: ReadonlySet<string>): Decimal => sumOf(lines.filter((one) => names.has(one.id)));
    // What a final statement says of it stays what was disputed, whatever changes afterwards.
    const disputed =
      statement.last?.state === 'final'
        ? sumOf(adjustmentsOf(statement.last, cycle.name).filter(({ adjusts }) => net.has(adjusts!.line)))
        : stands(net).minus(stoodBefore(net));
    const decided = lastDecided(statement.disputes.filter((one) => one.lineId === lineId))!;
    if (decided.state === 'upheld' || disputed.isZero()) return [];
    const before = stoodBefore(all);
    const current = stands(all);
    const waived = decided.state === 'waived';
    // What proves to be none, or is let go, costs nothing, whatever was decided about what it had cost.
    const gone = now === undefined || now.amount.isZero();
    if (gone ? disputed.isPositive() || decided.by === line.party : !isDisputable(now, lines)) return [];
    const wanted = !waived
      ? before.plus(amountDecided(contract, decided))
      : disputed.isPositive()
        ? Decimal.min(before, current)
        : Decimal.max(before, current);
    const remedy = remedyIn(id) as RemedyName;
    const target = atMost(capOf(contract, cycle, { ...line, remedy }), wanted);
    return decidedLine(line, { about: lineId, waived, net: disputed, amount: target.minus(current) });
  });
}

function adjustmentsOf(last: LastRevision | undefined, cycle: string): readonly LifeLine[] {
  return last?.lines.filter(({ adjusts }) => adjusts?.cycle === cycle) ?? [];
}

function sumOf(lines: readonly LifeLine[]): Decimal {
  return lines.reduce((sum, { amount }) => sum.plus(amount), new Decimal(0));
}
