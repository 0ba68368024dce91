import { Decimal } from 'decimal.js';
import type { Language } from '#libs/contract';

/** `-28800.00` as people read it: `−28,800.00`. Digits that are there are all kept. */
export function groupedAmount(decimal: string): string {
  const [whole = '', fraction] = decimal.replace(/^-/, '').split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return `${decimal.startsWith('-') ? '−' : ''}${grouped}${fraction === undefined ? '' : `.${fraction}`}`;
}

/** An amount with its currency: `CNY 28,800.00`; in Chinese, for yuan, `人民币 28,800.00 元`. */
export function money(decimal: string, currency: string, language: Language): string {
  const amount = groupedAmount(decimal);
  if (language === 'en') return `${currency} ${amount}`;
  return currency === 'CNY' ? `人民币 ${amount} 元` : ` ${currency} ${amount}`;
}

/** A rate as a line carries it: a share (`0.0005`) in per cent. Empty where the base itself is the sum per unit. */
export function rateText(rate: string): string {
  const share = new Decimal(rate);
  if (share.equals(1) || share.isZero()) return '';
  return `${groupedAmount(share.times(100).toFixed())}\u00A0%`;
}
