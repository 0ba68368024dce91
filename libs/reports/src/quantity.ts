import type { Contract, Language } from '#libs/contract';
import type { RecordedLine } from '#libs/liability';
import { groupedAmount } from './figures.js';
import { wordsOf, type Words } from './words.js';

/** How much of what: `3 working days`. Empty where a line has no count of its own (limits, waivers, tiers). */
export function quantityText(contract: Contract, line: RecordedLine, language: Language): string {
  const unit = unitOf(contract, line);
  if (unit === undefined) return line.quantity === '1' ? '' : groupedAmount(line.quantity);
  const word = wordsOf(language).unit[unit];
  const one = language === 'en' && line.quantity === '1' ? word.replace(/s$/, '') : word;
  return `${groupedAmount(line.quantity)} ${one}`;
}

function unitOf(contract: Contract, { about, remedy }: RecordedLine): keyof Words['unit'] | undefined {
  switch (remedy) {
    case 'interest':
    case 'service-extension':
      return 'days';
    case 'per-point':
      return 'points';
    case 'per-step':
      return 'steps';
    case 'per-day-late':
    case 'per-unit-late': {
      const agreed = contract.money.rules.find(({ rule }) => rule === about)?.remedies;
      const found = agreed?.find((one) => one.remedy === remedy);
      return found !== undefined && 'unit' in found ? found.unit : undefined;
    }
    default:
      return undefined;
  }
}
