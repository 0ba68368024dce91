import type { Instant } from '#libs/calendar';
import type { Contract, Measure, PartyId, Standard } from '#libs/contract';
import { isSuspended, type Circumstances } from './circumstances.js';
import { versionFor, type ContractVersions } from './contract-versions.js';
import { runningTime } from './counting.js';
import { isMeasuredKind, measuredKind } from './counted-standards.js';
import { countsAsBreach, standstillOf, type Derived, type Now } from './derive-clock.js';
import type { DerivedSubject } from './derive-subject.js';
import { effectiveFacts } from './effective-facts.js';
import { contributionOfFact, contributionOfInstance, Figures, type Contribution, type Exempt } from './figures.js';
import { judgeStandard, type StandardVerdict } from './judge-standard.js';
import { gainOfFact } from './gain-of-fact.js';
import { admitEvidence, type Admitted } from './late-evidence.js';
import { compareCodePoints } from './order-facts.js';
import type { SubjectState } from './subject-state.js';

/** What one subject adds to a standard of one version. */
export interface Contributed {
  readonly version: Contract;
  readonly standard: Standard;
  readonly contribution: Contribution;
}

/** What a subject adds to the standards of every version: by its instances, or as a fact that is measured without a case. */
export function contributionsOf(
  versions: ContractVersions,
  state: SubjectState,
  derived: DerivedSubject,
  now: Now,
): Contributed[] {
  return isMeasuredKind(state.kind)
    ? contributionsOfFacts(versions, state, now, derived.circumstances)
    : contributionsOfSubject(versions, derived, now);
}

/** What the instances of a subject add to the standards of every version. */
export function contributionsOfSubject(versions: ContractVersions, subject: DerivedSubject, now: Now): Contributed[] {
  const found: Contributed[] = [];
  for (const derived of subject.verdicts) {
    for (const version of versions) {
      const standards = overInstances(version, derived.rule.id);
      if (standards.length === 0) continue;
      const instance = measured(derived, subject, now);
      const exempt: Exempt = (id, at) => isSuspended(subject.circumstances, version, id, at);
      for (const standard of standards) {
        const contribution = contributionOfInstance(standard, instance, exempt);
        if (contribution !== null) found.push({ version, standard, contribution });
      }
    }
  }
  return found;
}

type MeasuredState = Pick<SubjectState, 'kind' | 'facts' | 'corrections'>;

/**
 * What a measured fact adds to its standard: none where it was withdrawn, or lies ahead, or came late, helps, and is not
 * accepted (as late evidence about a case).
 */
function contributionsOfFacts(
  versions: ContractVersions,
  state: MeasuredState,
  now: Now,
  circumstances: Circumstances,
): Contributed[] {
  const { facts, corrections } = measuredEvidence(versions, state, now, circumstances);
  return contributionsOfKind(versions, { kind: state.kind, facts, corrections }, now, circumstances);
}

/** What takes part in measuring, and what waits. It is late evidence like any other: whom it helps the target tells. */
export function measuredEvidence(
  versions: ContractVersions,
  { kind, facts, corrections }: MeasuredState,
  now: Now,
  circumstances: Circumstances,
): Admitted {
  return admitEvidence(versions[versions.length - 1]!, { facts, corrections }, circumstances, (evidence) => {
    const lateness = new Map<string, { party: PartyId; millis: number }>();
    for (const { version, standard, contribution } of contributionsOfKind(
      versions,
      { kind, ...evidence },
      now,
      circumstances,
    )) {
      if (versionFor(versions, contribution.at) !== version) continue;
      const { party } = standard;
      lateness.set(`${standard.id}/${contribution.at}/${party}`, {
        party,
        millis: -gainOfFact(standard, contribution),
      });
    }
    return lateness;
  });
}

/** What measured facts that take part add. */
export function contributionsOfKind(
  versions: ContractVersions,
  { kind, facts, corrections }: MeasuredState,
  now: Now,
  circumstances: Circumstances,
): Contributed[] {
  const found: Contributed[] = [];
  for (const fact of effectiveFacts(versions[versions.length - 1]!, facts, corrections)) {
    if (fact.occurredAt > now.at) continue;
    for (const version of versions) {
      for (const standard of version.standards) {
        if (measuredKind(standard.id) !== kind || standard.measure.by !== 'facts') continue;
        const { measure } = standard;
        const contribution = contributionOfFact({ ...standard, measure }, fact, (rule, at) =>
          isSuspended(circumstances, version, rule, at),
        );
        if (contribution !== null) found.push({ version, standard, contribution });
      }
    }
  }
  return found;
}

type OverInstances = Standard & { readonly measure: Extract<Measure, { by: 'instances' }> };

const NONE: readonly never[] = [];

/** Standards over the instances of each obligation; found once per contract version. */
const byObligation = new WeakMap<Contract, Map<string, readonly OverInstances[]>>();

function overInstances(contract: Contract, obligation: string): readonly OverInstances[] {
  let index = byObligation.get(contract);
  if (index === undefined) {
    const lists = new Map<string, OverInstances[]>();
    for (const standard of contract.standards) {
      const { measure } = standard;
      if (measure.by !== 'instances') continue;
      lists.set(measure.obligation, [...(lists.get(measure.obligation) ?? []), { ...standard, measure }]);
    }
    index = lists;
    byObligation.set(contract, index);
  }
  return index.get(obligation) ?? NONE;
}

function measured(derived: Derived, subject: DerivedSubject, now: Now) {
  const { startedAt, dueAt, stoppedAt, clock } = derived;
  const state = countsAsBreach(derived) ? 'breached' : derived.state;
  // Only of a cancelled instance does it matter for how long it ran.
  const measures = state === 'cancelled' && clock !== null && clock.budget !== null;
  const until = Math.max(startedAt, stoppedAt ?? now.at);
  return {
    state,
    startedAt,
    dueAt,
    elapsedMillis: measures ? runningTime(clock.budget!, startedAt, until, standstillOf(clock)) : 0,
    dimensions: subject.dimensions,
    priority: clock?.priority ?? '',
  };
}

/** The figures of all standards of a contract, counted up from what its subjects add. */
export class StandardTally {
  private readonly figures = new Map<Standard, Figures>();
  /** What `keyOf` has found. */
  private readonly keys = new Map<Standard, Standard>();

  constructor(private readonly versions: ContractVersions) {}

  add(contributed: readonly Contributed[]): void {
    for (const { standard, contribution } of contributed) {
      const key = this.keyOf(standard);
      let figures = this.figures.get(key);
      if (figures === undefined) {
        figures = new Figures();
        this.figures.set(key, figures);
      }
      figures.add(contribution);
    }
  }

  /** Each standard in each of its periods that has begun, by the version in force when the period begins; in public order. */
  verdicts(now: Instant, gaps: Circumstances['gaps'] = new Map()): StandardVerdict[] {
    const found: StandardVerdict[] = [];
    for (const version of this.versions) {
      for (const standard of version.standards) {
        const figures = this.figures.get(this.keyOf(standard)) ?? new Figures();
        for (const period of standard.periods) {
          if (period.from > now) break;
          if (versionFor(this.versions, period.from) !== version) continue;
          const totals = figures.totals(period.from, period.to);
          found.push(judgeStandard(version, standard, period, totals, now, gaps.get(standard.id)));
        }
      }
    }
    return found.sort((a, b) => compareCodePoints(a.standard, b.standard) || a.period.from - b.period.from);
  }

  /** The standard as the contract holds it, whatever copy of it was narrowed to one measure. */
  private keyOf(standard: Standard): Standard {
    let key = this.keys.get(standard);
    if (key === undefined) this.keys.set(standard, (key = this.ownOf(standard)));
    return key;
  }

  private ownOf(standard: Standard): Standard {
    for (const version of this.versions) {
      const own = version.standards.find((one) => one.id === standard.id && one.measure === standard.measure);
      if (own !== undefined) return own;
    }
    return standard;
  }
}
