import { compileCondition, type CelSchema } from './compile-condition.js';
import { compileHead } from './compile-head.js';
import { dateAt, type CompiledTerm } from './compile-term.js';
import { compileFactTriggers, type CompiledTrigger, type LooseTrigger } from './compile-trigger.js';
import { durationMillis } from './compile-warnings.js';
import type { ContractFile } from './contract-file.js';
import { compareDecimals, shareOfPercent } from './decimal-text.js';
import { declaredField, NUMBER } from './declared-field.js';
import type { Period } from './duties.js';
import type { SubjectKind, Trigger } from './model.js';
import { bothLanguages, type LooseObligation, type Path, type Reading } from './reading.js';
import { ruleAt } from './rule-names.js';
import { feedsOf, readsOf, type RuleReads } from './rule-reads.js';
import type { Loose } from './salvage.js';
import { periodsOf, rollingPeriods, startOf } from './service-periods.js';
import type { Measure, Standard } from './standard.js';
import { Temporal } from 'temporal-polyfill';

export type LooseStandard = Loose<NonNullable<ContractFile['standards']>[string]>;
type LooseMeasure = NonNullable<LooseStandard['measure']>;
type LooseSegment = NonNullable<NonNullable<LooseStandard['segments']>[string]>;

export interface CompiledStandard extends RuleReads {
  readonly id: string;
  /** One, or one per segment; those of which a part is missing or wrong are left out. */
  readonly standards: readonly Standard[];
}

/** Figures that are shares of a whole: their targets are at most 100 %. */
const SHARES = ['share-met', 'share'];
/** Figures that are judged however few the items are. */
const COUNTS = ['count', 'sum'];

export function isShare(written: LooseStandard): boolean {
  return SHARES.includes(written.measure?.figure ?? '');
}

/** Compiles a measured figure with its target, or one for each of its segments. */
export function compileStandard(
  reading: Reading,
  id: string,
  written: LooseStandard,
  kinds: ReadonlyMap<string, SubjectKind>,
  term: CompiledTerm | undefined,
): CompiledStandard {
  const path: Path = ['standards', id];
  const head = compileHead(reading, path, id, written);
  const measured = compileMeasure(reading, [...path, 'measure'], written.measure);
  const periods = periodsAt(reading, path, id, written, term);
  const excluded = excludedAt(reading, path, written);
  const whole = boundsAt(reading, path, written, written);
  const segments = Object.entries(written.segments ?? {}).flatMap(([name, one]) =>
    one === undefined
      ? []
      : [compileSegment(reading, [...path, 'segments', name], name, written, one, measured, whole, kinds)],
  );
  const parts: readonly Segment[] =
    segments.length > 0
      ? segments
      : [{ name: undefined, where: undefined, title: undefined, measured, ...whole, reads: [] }];
  const rollingDays = written.rolling === undefined ? null : Number.parseInt(written.rolling, 10);
  const every = rollingDays === null ? written.every : ('rolling-days' as const);
  const party = written.party;
  const standards = parts.flatMap((part): Standard[] => {
    const { measured: own, target } = part;
    if (head === undefined || party === undefined || every === undefined || own === undefined || target === undefined)
      return [];
    const title = part.title;
    return [
      {
        ...head,
        id: part.name === undefined ? id : `${id}.${part.name}`,
        title:
          title === undefined
            ? head.title
            : { 'zh-CN': `${head.title['zh-CN']}：${title['zh-CN']}`, en: `${head.title.en}: ${title.en}` },
        ...(part.where === undefined ? {} : { segment: part.where }),
        party,
        every,
        periods,
        rollingDays,
        measure: own.measure,
        comparison: target.comparison,
        target: target.value,
        challenge: part.challenge?.value ?? null,
        minimumSample: part.minimumSample,
        excluded,
      },
    ];
  });
  return {
    id,
    standards,
    feeds: standards.flatMap(({ id: own, measure }) =>
      measure.by === 'facts' ? feedsOf(`measured:${own}`, typesOf(measure), 'fact') : [],
    ),
    fieldsRead: [...(measured?.fieldsRead ?? []), ...parts.flatMap(({ reads }) => reads)],
  };
}

interface Measured {
  readonly measure: Measure;
  readonly fieldsRead: RuleReads['fieldsRead'];
}

interface Bound {
  readonly comparison: Standard['comparison'];
  readonly value: string;
}

interface Bounds {
  readonly target: Bound | undefined;
  readonly challenge: Bound | undefined;
  readonly minimumSample: number;
}

interface Segment extends Bounds {
  readonly name: string | undefined;
  readonly where: string | undefined;
  readonly title: Readonly<Record<'zh-CN' | 'en', string>> | undefined;
  readonly measured: Measured | undefined;
  readonly reads: RuleReads['fieldsRead'];
}

function typesOf(measure: Extract<Measure, { by: 'facts' }>): string[] {
  const triggers = [
    ...measure.of,
    ...(measure.figure === 'share' ? measure.good : []),
    ...(measure.figure === 'rate' ? measure.per : []),
  ];
  return triggers.map(({ on }) => on);
}

function compileMeasure(reading: Reading, path: Path, written: LooseMeasure | undefined): Measured | undefined {
  if (written === undefined) return undefined;
  if (isOfInstances(written)) return compileInstances(reading, path, written);
  const read = (name: string, value: LooseTrigger | undefined) => compileFactTriggers(reading, [...path, name], value);
  const of = read('of', written.of);
  const plain = (compiled: readonly CompiledTrigger[]): readonly Trigger[] => compiled.map(({ trigger }) => trigger);
  const head = { by: 'facts', of: plain(of) } as const;
  const fieldOf = (field: string | undefined) =>
    declaredField(
      reading,
      [...path, 'field'],
      of.map(({ trigger }) => trigger.on),
      field,
      NUMBER,
    );
  switch (written.figure) {
    case 'share': {
      const good = read('good', written.good);
      for (const { trigger } of good) {
        if (of.length > 0 && !of.some((one) => one.trigger.on === trigger.on))
          reading.report(
            [...path, 'good'],
            `${trigger.on} is none of the facts that are counted (allowed: ${[...new Set(of.map((one) => one.trigger.on))].join(', ')})`,
          );
      }
      return { measure: { ...head, figure: 'share', good: plain(good) }, fieldsRead: readsOf([...of, ...good]) };
    }
    case 'count':
      return { measure: { ...head, figure: 'count' }, fieldsRead: readsOf(of) };
    case 'rate': {
      const per = read('per', written.per);
      if (written.perCount === undefined) return undefined;
      const measure: Measure = { ...head, figure: 'rate', per: plain(per), perCount: written.perCount };
      return { measure, fieldsRead: readsOf([...of, ...per]) };
    }
    case 'percentile': {
      const { field, percent } = written;
      const fieldsRead = [...readsOf(of), ...fieldOf(field)];
      if (percent !== undefined && !(compareDecimals(percent, '0') > 0 && compareDecimals(percent, '100') <= 0))
        reading.report([...path, 'percent'], `the ${percent}th percentile is none (allowed: above 0, up to 100)`);
      if (field === undefined || percent === undefined) return undefined;
      return { measure: { ...head, figure: 'percentile', field, percent }, fieldsRead };
    }
    case 'mean':
    case 'sum': {
      const { field, figure } = written;
      const fieldsRead = [...readsOf(of), ...fieldOf(field)];
      return field === undefined ? undefined : { measure: { ...head, figure, field }, fieldsRead };
    }
    case undefined:
      return undefined;
  }
}

type OfInstances = Extract<LooseMeasure, { figure?: 'share-met' | undefined }>;

function isOfInstances(written: LooseMeasure): written is OfInstances {
  return written.figure === 'share-met';
}

function compileInstances(reading: Reading, path: Path, written: OfInstances): Measured | undefined {
  const [obligation] = ruleAt(reading, [...path, 'instancesOf'], written.instancesOf, ['obligation']);
  const { cancelled } = written;
  let counted: Extract<Measure, { by: 'instances' }>['cancelled'] = {
    thresholdMillis: null,
    within: 'excluded',
    beyond: 'excluded',
  };
  if (typeof cancelled === 'string') counted = { thresholdMillis: null, within: cancelled, beyond: cancelled };
  else if (cancelled !== undefined) {
    const { upTo, as, later } = cancelled;
    const millis = upTo === undefined ? undefined : durationMillis(upTo);
    if (upTo !== undefined && (millis === undefined || millis < 0))
      reading.report([...path, 'cancelled', 'upTo'], `'${upTo}' is no duration (allowed: such as PT5S, PT1M)`);
    if (as !== undefined && later !== undefined)
      counted = { thresholdMillis: millis ?? null, within: as, beyond: later };
  }
  if (obligation === undefined || written.placedBy === undefined) return undefined;
  const measure: Measure = {
    by: 'instances',
    obligation,
    placedBy: written.placedBy,
    cancelled: counted,
    undecided: written.undecided ?? 'leave-out',
    where: null,
  };
  return { measure, fieldsRead: [] };
}

function compileSegment(
  reading: Reading,
  path: Path,
  name: string,
  standard: LooseStandard,
  written: LooseSegment,
  measured: Measured | undefined,
  whole: Bounds,
  kinds: ReadonlyMap<string, SubjectKind>,
): Segment {
  const own = written.target ?? written.challenge ?? written.minimumSample;
  const bounds =
    own === undefined
      ? whole
      : boundsAt(reading, path, standard, {
          target: written.target ?? standard.target,
          challenge: written.challenge ?? standard.challenge,
          minimumSample: written.minimumSample ?? standard.minimumSample,
        });
  const segment = { name, where: written.where, title: bothLanguages(written.title, name), ...bounds };
  const { where } = written;
  if (where === undefined || measured === undefined) return { ...segment, measured: undefined, reads: [] };
  const { measure } = measured;
  const fail = (offset: number, message: string): Segment => {
    reading.reportInside([...path, 'where'], offset, `where '${where}': ${message}`);
    return { ...segment, measured: undefined, reads: [] };
  };
  if (measure.by === 'instances') {
    const compiled = compileCondition(where, new Map(), reading.zone, caseFields(reading, measure.obligation, kinds));
    if (!compiled.ok) return fail(compiled.offset, compiled.message);
    const { holds } = compiled.condition;
    const narrowed: Measure = {
      ...measure,
      where: (dimensions, priority, startedAt) => holds({}, { ...dimensions, priority }, startedAt),
    };
    return { ...segment, measured: { measure: narrowed, fieldsRead: [] }, reads: [] };
  }
  const reads: { type: string; field: string }[] = [];
  const conditions = new Map<string, Trigger['holds']>();
  for (const type of new Set(typesOf(measure))) {
    const fields = reading.types.get(type)?.fields;
    if (fields === undefined) continue;
    const compiled = compileCondition(where, fields, reading.zone, null);
    if (!compiled.ok) return fail(compiled.offset, `on ${type}: ${compiled.message}`);
    conditions.set(type, compiled.condition.holds);
    reads.push(...compiled.condition.fieldsRead.map((field) => ({ type, field })));
  }
  const narrow = (triggers: readonly Trigger[]): Trigger[] =>
    triggers.map(({ on, where: own, holds }) => ({
      on,
      where: own === null ? where : `(${own}) && (${where})`,
      holds: (data, standing, at) => holds(data, standing, at) && conditions.get(on)?.(data, standing, at) === true,
    }));
  const of = narrow(measure.of);
  const narrowed: Measure =
    measure.figure === 'share'
      ? { ...measure, of, good: narrow(measure.good) }
      : measure.figure === 'rate'
        ? { ...measure, of, per: narrow(measure.per) }
        : { ...measure, of };
  return { ...segment, measured: { measure: narrowed, fieldsRead: [] }, reads };
}

/** What a condition on a segment of cases can read: the priority, and the dimensions of the kind. */
function caseFields(reading: Reading, obligation: string, kinds: ReadonlyMap<string, SubjectKind>): CelSchema {
  const written: LooseObligation | undefined = reading.file.obligations?.[obligation];
  const kind = written?.subject === undefined ? undefined : kinds.get(written.subject);
  return { priority: 'string', ...Object.fromEntries((kind?.dimensions ?? []).map((field) => [field, 'string'])) };
}

function periodsAt(
  reading: Reading,
  path: Path,
  id: string,
  { every, rolling }: LooseStandard,
  term: CompiledTerm | undefined,
): readonly Period[] {
  if ((every === undefined) === (rolling === undefined)) {
    reading.report(
      path,
      `${id} is judged over ${every === undefined ? 'no period' : 'two kinds of period'} (needed: one of every, rolling)`,
      'key',
    );
    return [];
  }
  if (term === undefined) return [];
  const { zone, file } = reading;
  if (every !== undefined) {
    const cycle = { every: file.cycle?.every ?? 'month', startsOn: file.cycle?.startsOn ?? 1 } as const;
    return periodsOf(every, term.qualityDays, cycle, zone);
  }
  const periods = rollingPeriods(Number.parseInt(rolling ?? '', 10), term.qualityDays, zone);
  if (periods.length === 0)
    reading.report([...path, 'rolling'], `${rolling ?? ''} do not fit the term of the standards (allowed: fewer days)`);
  return periods;
}

function excludedAt(reading: Reading, path: Path, written: LooseStandard): Standard['excluded'] {
  return (written.excluded ?? []).flatMap((one, index) => {
    const at = [...path, 'excluded', index];
    const from = dateAt(reading, [...at, 'from'], one?.from);
    const to = dateAt(reading, [...at, 'to'], one?.to);
    if (from === undefined || to === undefined) return [];
    if (Temporal.PlainDate.compare(from, to) > 0) {
      reading.report(
        [...at, 'to'],
        `the days end on ${to.toString()}, before they begin (allowed: ${from.toString()} or later)`,
      );
      return [];
    }
    return [
      {
        title: bothLanguages(one?.title, from.toString()),
        from: startOf(from, reading.zone),
        to: startOf(to.add({ days: 1 }), reading.zone),
      },
    ];
  });
}

function boundsAt(
  reading: Reading,
  path: Path,
  standard: LooseStandard,
  written: Pick<LooseStandard, 'target' | 'challenge' | 'minimumSample'>,
): Bounds {
  const target = boundAt(reading, [...path, 'target'], standard, written.target);
  const challenge = boundAt(reading, [...path, 'challenge'], standard, written.challenge);
  const figure = standard.measure?.figure;
  if (target !== undefined && challenge !== undefined) {
    const beyond = compareDecimals(challenge.value, target.value) * (target.comparison === 'at-least' ? 1 : -1);
    if (challenge.comparison !== target.comparison || beyond <= 0)
      reading.report(
        [...path, 'challenge'],
        `${written.challenge ?? ''} does not lie beyond the target ${written.target ?? ''} (allowed: ${target.comparison.replace('-', ' ')} a ${target.comparison === 'at-least' ? 'greater' : 'smaller'} value)`,
      );
  }
  const counts = figure !== undefined && COUNTS.includes(figure);
  if (counts && (written.minimumSample ?? 0) > 0)
    reading.report([...path, 'minimumSample'], `a ${figure} is judged however small it is (allowed: no minimumSample)`);
  return { target, challenge, minimumSample: written.minimumSample ?? (counts ? 0 : 1) };
}

function boundAt(
  reading: Reading,
  path: Path,
  standard: LooseStandard,
  written: string | undefined,
): Bound | undefined {
  const parts = /^at (least|most) (\d+(?:\.\d+)?)(%?)$/.exec(written ?? '');
  const figure = standard.measure?.figure;
  if (written === undefined || parts === null) return undefined;
  const [, side = '', number = '', percent] = parts;
  const comparison = side === 'least' ? 'at-least' : 'at-most';
  const value = figureAt(reading, path, standard, `${number}${percent ?? ''}`);
  return value === undefined || figure === undefined ? undefined : { comparison, value };
}

/** A figure of the standard as a decimal: percentages only for shares, which are at most 100 %. */
export function figureAt(reading: Reading, path: Path, standard: LooseStandard, written: string): string | undefined {
  const figure = standard.measure?.figure ?? '';
  const percent = written.endsWith('%');
  if (percent && !isShare(standard) && figure !== '') {
    reading.report(path, `${written} is no ${figure} (allowed: a number without %, such as 4.50)`);
    return undefined;
  }
  const value = percent ? shareOfPercent(written) : written;
  if (isShare(standard) && compareDecimals(value, '1') > 0) {
    reading.report(path, `${written} is more than the whole (allowed: up to 100%)`);
    return undefined;
  }
  return value;
}
