/** Exact decimals as text: nothing here passes through a binary fraction. */

/** `2%` -> `0.02`, `0.05%` -> `0.0005`, `100%` -> `1`. */
export function shareOfPercent(percent: string): string {
  const [whole = '', fraction = ''] = percent.replace('%', '').split('.');
  const digits = `${whole.padStart(3, '0')}${fraction}`;
  const point = digits.length - fraction.length - 2;
  const after = digits.slice(point).replace(/0+$/, '');
  const before = digits.slice(0, point).replace(/^0+(?=\d)/, '');
  return after === '' ? before : `${before}.${after}`;
}

/** `0.02` -> `2%`. */
export function percentOfShare(share: string): string {
  const [whole = '', fraction = ''] = share.split('.');
  const shifted = `${whole}${fraction.padEnd(2, '0').slice(0, 2)}`.replace(/^0+(?=\d)/, '');
  const rest = fraction.slice(2);
  return `${rest === '' ? shifted : `${shifted}.${rest}`}%`;
}

/** Below zero, zero or above zero as `a` is smaller than, equal to or greater than `b`; both without sign. */
export function compareDecimals(a: string, b: string): number {
  const places = Math.max(fractionOf(a).length, fractionOf(b).length);
  const scaled = (text: string): bigint => BigInt(`${text.split('.')[0] ?? ''}${fractionOf(text).padEnd(places, '0')}`);
  const difference = scaled(a) - scaled(b);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

function fractionOf(text: string): string {
  return text.split('.')[1] ?? '';
}
