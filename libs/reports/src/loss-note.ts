import { Decimal } from 'decimal.js';
import type { PartyId } from '#libs/contract';
import type { StatementLifeRecord } from '#libs/liability';

/** How far above the loss liquidated damages may lie before they count as excessive as a rule. */
const TOLERATED = '0.30';

/** Liquidated damages of a party held against the loss that the other party states. Decimals as text. */
export interface LossComparison {
  readonly liable: PartyId;
  readonly owed: string;
  readonly loss: string;
  /** Share of the loss by which the damages exceed it, where that is more than 30 %; else null. */
  readonly above: string | null;
}

/**
 * PRC Civil Code, article 585(2), with article 65 of the judicial interpretation of the general part of the book on
 * contracts: damages that exceed the loss by more than 30 % of it count as excessive as a rule. A bonus is a price and no
 * damages; it is left out. Exactly 30 % is not above.
 *
 * @param loss the loss stated, a decimal above 0
 */
export function compareWithLoss(
  { lines }: Pick<StatementLifeRecord, 'lines'>,
  liable: PartyId,
  loss: string,
): LossComparison {
  const owed = lines
    .filter((line) => line.party === liable && line.remedy !== 'bonus')
    .reduce((sum, line) => sum.plus(line.amount), new Decimal(0));
  const above = owed.minus(loss).dividedBy(loss);
  return { liable, owed: owed.toFixed(2), loss, above: above.greaterThan(TOLERATED) ? above.toFixed() : null };
}
