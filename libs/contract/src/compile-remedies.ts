import { figureAt, isShare, type LooseStandard } from './compile-standard.js';
import { compareDecimals, shareOfPercent } from './decimal-text.js';
import type { ContractFile } from './contract-file.js';
import type { Remedy, RuleRemedies, Sum } from './money.js';
import { unknownName } from './nearest-name.js';
import type { Path, Reading } from './reading.js';
import type { Loose } from './salvage.js';

export type LooseRemedies = Loose<NonNullable<ContractFile['obligations'][string]['remedies']>>;
type LooseList = Extract<LooseRemedies, readonly unknown[]>;
type LooseRemedy = NonNullable<LooseList[number]>;
type Name = Remedy['remedy'];

/** The rule that a remedy stands under. */
export type RemediedRule =
  | { readonly sort: 'obligation'; readonly id: string; readonly priorities: readonly string[] }
  | { readonly sort: 'duty'; readonly id: string; readonly owesSum: boolean }
  | { readonly sort: 'prohibition'; readonly id: string }
  | { readonly sort: 'standard'; readonly id: string; readonly standard: LooseStandard };

const LATE: readonly Name[] = ['per-breach', 'per-day-late', 'per-unit-late', 'service-extension'];

/** Compiles what follows a breach of one rule; undefined where nothing is written. */
export function compileRemedies(
  reading: Reading,
  path: Path,
  written: LooseRemedies | undefined,
  rule: RemediedRule,
): Pick<RuleRemedies, 'combine' | 'remedies' | 'earnBack'> | undefined {
  if (written === undefined) return undefined;
  const long = isList(written) ? undefined : written;
  const list = isList(written) ? written : (written.of ?? []);
  const at = isList(written) ? path : [...path, 'of'];
  const remedies = list.flatMap((one, index): Remedy[] => {
    if (one?.remedy === undefined) return [];
    const place = [...at, index];
    if (list.findIndex((other) => other?.remedy === one.remedy) < index)
      reading.report(place, `${one.remedy} is there twice (allowed: each remedy once per rule)`);
    const fitting = namesFor(rule);
    if (!fitting.includes(one.remedy)) {
      reading.report([...place, 'remedy'], `${one.remedy} does not fit ${rule.id} (allowed: ${fitting.join(', ')})`);
      return [];
    }
    const remedy = compileRemedy(reading, place, one, rule);
    return remedy === undefined ? [] : [remedy];
  });
  if (rule.sort === 'standard') checkChallenge(reading, path, rule.standard, list);
  const periods = long?.earnBack?.periods;
  if (long?.earnBack !== undefined && rule.sort !== 'standard')
    reading.report([...path, 'earnBack'], `${rule.id} is no standard, which alone can be earned back`, 'key');
  return { combine: long?.combine ?? 'all', remedies, earnBack: periods === undefined ? null : { periods } };
}

function namesFor(rule: RemediedRule): readonly Name[] {
  switch (rule.sort) {
    case 'obligation':
      return LATE;
    case 'duty':
      return rule.owesSum ? [...LATE, 'interest'] : LATE;
    case 'prohibition':
      return ['per-breach', 'service-extension'];
    case 'standard': {
      const { challenge } = rule.standard;
      return [
        isShare(rule.standard) ? 'per-point' : 'per-step',
        'tier',
        'fee-share',
        'per-breach',
        ...(challenge === undefined ? [] : (['bonus'] as const)),
        'service-extension',
      ];
    }
  }
}

/** A challenge value is where the bonus is full: the one needs the other. */
function checkChallenge(reading: Reading, path: Path, standard: LooseStandard, list: LooseList): void {
  if (standard.challenge !== undefined && !list.some((one) => one?.remedy === 'bonus'))
    reading.report(path, `nothing rises to the challenge value ${standard.challenge} (needed: a bonus)`, 'key');
}

function compileRemedy(reading: Reading, path: Path, written: LooseRemedy, rule: RemediedRule): Remedy | undefined {
  switch (written.remedy) {
    case 'per-breach': {
      const sum = sumAt(reading, [...path, 'sum'], written.sum);
      const values = rule.sort === 'obligation' ? rule.priorities : [];
      const byPriority: Record<string, Sum> = {};
      for (const [value, text] of Object.entries(written.byPriority ?? {})) {
        const at = [...path, 'byPriority', value];
        if (!values.includes(value)) reading.report(at, unknownName('priority', value, values), 'key');
        const own = sumAt(reading, at, text);
        if (own !== undefined) byPriority[value] = own;
      }
      return sum && { remedy: 'per-breach', sum, byPriority };
    }
    case 'per-day-late':
    case 'per-unit-late': {
      const { remedy, unit, per, counted } = written;
      const sum = sumAt(reading, [...path, 'sum'], written.sum);
      const cap = capAt(reading, path, written.cap, sum);
      return unit === undefined || counted === undefined || sum === undefined
        ? undefined
        : { remedy, sum, unit, per: per ?? 1, counted, cap };
    }
    case 'per-point': {
      const sum = sumAt(reading, [...path, 'sum'], written.sum);
      const cap = capAt(reading, path, written.cap, sum);
      return written.counted === undefined || sum === undefined
        ? undefined
        : { remedy: 'per-point', sum, counted: written.counted, cap };
    }
    case 'per-step': {
      const { step, counted } = written;
      const sum = sumAt(reading, [...path, 'sum'], written.sum);
      const cap = capAt(reading, path, written.cap, sum);
      if (step !== undefined && compareDecimals(step, '0') === 0) {
        reading.report([...path, 'step'], `a step of ${step} leads nowhere (allowed: above 0)`);
        return undefined;
      }
      return step === undefined || counted === undefined || sum === undefined
        ? undefined
        : { remedy: 'per-step', sum, step, counted, cap };
    }
    case 'tier':
      return compileTiers(reading, [...path, 'tiers'], written, rule);
    case 'fee-share':
    case 'bonus': {
      const sum = sumAt(reading, [...path, 'sum'], written.sum);
      return sum && { remedy: written.remedy, sum };
    }
    case 'interest': {
      const { dailyRate } = written;
      const cap = capAt(reading, path, written.cap, undefined);
      if (dailyRate === undefined) return undefined;
      const rate = shareAt(reading, [...path, 'dailyRate'], dailyRate);
      return rate === undefined ? undefined : { remedy: 'interest', dailyRate: rate, cap };
    }
    case 'service-extension':
      return written.days === undefined ? undefined : { remedy: 'service-extension', days: written.days };
    case undefined:
      return undefined;
  }
}

function compileTiers(
  reading: Reading,
  path: Path,
  written: Extract<LooseRemedy, { remedy?: 'tier' | undefined }>,
  rule: RemediedRule,
): Remedy | undefined {
  if (rule.sort !== 'standard') return undefined;
  const { standard } = rule;
  const side = sideOf(reading, path, standard);
  if (side === undefined) return undefined;
  const [name, other] = side === 'at least' ? (['below', 'above'] as const) : (['above', 'below'] as const);
  /** Whether a figure is further than another from what was promised. */
  const worse = (one: string, than: string): boolean => compareDecimals(one, than) * (side === 'at least' ? -1 : 1) > 0;
  const promised = standard.target?.startsWith(side) === true ? standard.target.slice(side.length + 1) : undefined;
  const mildest =
    promised === undefined ? undefined : figureAt({ ...reading, report: () => undefined }, path, standard, promised);
  let before: string | undefined;
  const tiers = (written.tiers ?? []).flatMap((tier, index) => {
    const place = [...path, index];
    const sum = sumAt(reading, [...place, 'sum'], tier?.sum);
    if (tier?.[other] !== undefined)
      reading.report([...place, other], `${other} does not fit a target of ${side} a figure (allowed: ${name})`, 'key');
    const bound = tier?.[name];
    if (bound === undefined) {
      if (tier !== undefined && tier[other] === undefined)
        reading.report(place, `the tier has no bound (needed: ${name})`);
      return [];
    }
    const at = [...place, name];
    const figure = figureAt(reading, at, standard, bound);
    if (figure === undefined) return [];
    const [under, from, upTo] =
      side === 'at least' ? ['under', 'highest down', 'up to the target'] : ['over', 'lowest up', 'from the target up'];
    if (before !== undefined && !worse(figure, before))
      reading.report(
        at,
        `the tier ${name} ${bound} does not lie ${under} the one before it (allowed: from the ${from})`,
      );
    else if (before === undefined && mildest !== undefined && worse(mildest, figure))
      reading.report(
        at,
        `the tier ${name} ${bound} begins ${other} the target ${standard.target ?? ''} (allowed: ${upTo})`,
      );
    before = figure;
    return sum === undefined ? [] : [{ bound: figure, sum }];
  });
  return tiers.length === 0 ? undefined : { remedy: 'tier', tiers };
}

/** On which side of the target what was promised lies; tiers lie on the other. Of segments all must lie alike. */
function sideOf(reading: Reading, path: Path, standard: LooseStandard): 'at least' | 'at most' | undefined {
  const segments = Object.values(standard.segments ?? {});
  const targets = segments.length === 0 ? [standard.target] : segments.map((one) => one?.target ?? standard.target);
  const [side, another] = (['at least', 'at most'] as const).filter((one) =>
    targets.some((target) => target?.startsWith(one)),
  );
  if (another === undefined) return side;
  reading.report(path, 'tiers do not fit targets of at least and of at most a figure (allowed: one of these)');
  return undefined;
}

/** An amount above zero, or a share of the fee above zero and at most the whole. */
export function sumAt(reading: Reading, path: Path, written: string | undefined): Sum | undefined {
  if (written === undefined) return undefined;
  if (written.endsWith('%')) {
    const share = shareAt(reading, path, written);
    if (share !== undefined && reading.file.fees === undefined)
      reading.report(path, `${written} of the fee, and no fee is agreed (needed: fees)`);
    return share === undefined ? undefined : { by: 'fee-share', share };
  }
  if (reading.file.currency === undefined)
    reading.report(path, `${written} of no currency (needed: currency, such as CNY)`);
  if (compareDecimals(written, '0') > 0) return { by: 'amount', amount: written };
  reading.report(path, `a sum of ${written} is none (allowed: above 0)`);
  return undefined;
}

function shareAt(reading: Reading, path: Path, written: string): string | undefined {
  const share = shareOfPercent(written);
  if (compareDecimals(share, '0') > 0 && compareDecimals(share, '1') <= 0) return share;
  reading.report(path, `a share of ${written} is out of range (allowed: above 0%, up to 100%)`);
  return undefined;
}

function capAt(reading: Reading, path: Path, written: string | undefined, sum: Sum | undefined): Sum | null {
  const at = [...path, 'cap'];
  const cap = sumAt(reading, at, written);
  const smaller =
    (cap?.by === 'amount' && sum?.by === 'amount' && compareDecimals(cap.amount, sum.amount) < 0) ||
    (cap?.by === 'fee-share' && sum?.by === 'fee-share' && compareDecimals(cap.share, sum.share) < 0);
  if (smaller)
    reading.report(at, `the cap ${written ?? ''} is smaller than the sum that it bounds (allowed: at least that sum)`);
  return cap ?? null;
}

function isList(written: LooseRemedies): written is LooseList {
  return Array.isArray(written);
}
