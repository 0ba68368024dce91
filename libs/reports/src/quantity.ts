import type { Contract, Language } from '#libs/contract';
import type { RecordedLine } from '#libs/liability';
import { groupedAmount } from './figures.js';
import { wordsOf, type Words } from './words.js';

/** How much of what: `3 working days`, `3 × 12 hours`. Empty where a line has no count of its own (limits, waivers, tiers). */
export function quantityText(contract: Contract, line: RecordedLine, language: Language): string {
  const { unit, per = 1 } = countedIn(contract, line);
  if (unit === undefined) return line.quantity === '1' ? '' : groupedAmount(line.quantity);
  const word = wordsOf(language).unit[unit];
  if (per > 1) return `${groupedAmount(line.quantity)} × ${groupedAmount(String(per))} ${word}`;
  const one = language === 'en' && line.quantity === '1' ? word.replace(/s$/, '') : word;
  return `${groupedAmount(line.quantity)} ${one}`;
}

interface Counted {
  readonly unit?: keyof Words['unit'];
  /** How many of the unit are counted as one. */
  readonly per?: number;
}

function countedIn(contract: Contract, { about, remedy }: RecordedLine): Counted {
  switch (remedy) {
    case 'interest':
    case 'service-extension':
      return { unit: 'days' };
    case 'per-point':
      return { unit: 'points' };
    case 'per-step':
      return { unit: 'steps' };
    case 'per-day-late':
    case 'per-unit-late': {
      const agreed = contract.money.rules.find(({ rule }) => rule === about)?.remedies;
      const found = agreed?.find((one) => one.remedy === remedy);
      return found !== undefined && 'unit' in found ? found : {};
    }
    default:
      return {};
  }
}
