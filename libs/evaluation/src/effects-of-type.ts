import type { Contract, Obligation, SubjectKind, Trigger } from '#libs/contract';

const NONE: readonly never[] = [];

/** What facts of one type may do to the runs of an obligation: its triggers on this type, and no others. */
export interface Effects {
  readonly start: readonly Trigger[];
  readonly stop: readonly Trigger[];
  readonly pause: readonly Trigger[];
  readonly resume: readonly Trigger[];
  readonly reset: readonly Trigger[];
  readonly cancel: readonly Trigger[];
  readonly reopen: readonly Trigger[];
  /** They may carry the due instant. */
  readonly due: boolean;
}

const NO_EFFECTS: Effects = {
  start: NONE,
  stop: NONE,
  pause: NONE,
  resume: NONE,
  reset: NONE,
  cancel: NONE,
  reopen: NONE,
  due: false,
};

/** A rule as it is in force for the runs that start now: the version that the case opened under, or one it moved to. */
export interface RuleInForce {
  readonly contract: Contract;
  readonly obligation: Obligation;
}

/** What facts of one type may do to a case of a kind by one version. */
interface CaseEffects {
  readonly opened: readonly Trigger[];
  readonly answered: readonly Trigger[];
  readonly solved: readonly Trigger[];
  readonly reopened: readonly Trigger[];
  readonly cancelled: readonly Trigger[];
  readonly setsPriority: boolean;
  /** A period within which a case may be reopened counts from them. */
  readonly isCountedFrom: boolean;
  /** By place of the rule. */
  readonly onRules: readonly Effects[];
  /** Places of the rules that have a trigger on the type; on the others it acts only through the case. */
  readonly touched: readonly number[];
}

/** One version's rules about a kind of subject, by what fires them; made once. */
export interface RulesOfKind {
  /** In the order of the contract. */
  readonly rules: readonly RuleInForce[];
  readonly effectsOf: (type: string) => CaseEffects;
}

const byContract = new WeakMap<Contract, Map<string, RulesOfKind>>();

export function rulesOfKind(contract: Contract, kind: string): RulesOfKind {
  let index = byContract.get(contract);
  if (index === undefined) byContract.set(contract, (index = new Map<string, RulesOfKind>()));
  let found = index.get(kind);
  if (found === undefined) index.set(kind, (found = indexed(contract, kind)));
  return found;
}

const byObligation = new WeakMap<Obligation, ReadonlyMap<string, Effects>>();

export function effectsOn(obligation: Obligation, type: string): Effects {
  let index = byObligation.get(obligation);
  if (index === undefined) byObligation.set(obligation, (index = indexedObligation(obligation)));
  return index.get(type) ?? NO_EFFECTS;
}

function indexed(contract: Contract, id: string): RulesOfKind {
  const rules = contract.obligations
    .filter(({ kind }) => kind === id)
    .map((obligation): RuleInForce => ({ contract, obligation }));
  const kind = contract.subjectKinds.get(id);
  const types = new Set<string>();
  for (const { obligation } of rules) {
    for (const type of indexedObligation(obligation).keys()) types.add(type);
    for (const type of obligation.reopen?.from ?? NONE) types.add(type);
  }
  for (const triggers of triggersOfCase(kind)) for (const { on } of triggers) types.add(on);
  for (const type of kind?.priority?.setBy ?? NONE) types.add(type);
  const effects = new Map([...types].map((type) => [type, effectsOnCase(rules, kind, type)]));
  const none = effectsOnCase(rules, undefined, '');
  return { rules, effectsOf: (type) => effects.get(type) ?? none };
}

function triggersOfCase(kind: SubjectKind | undefined): (readonly Trigger[])[] {
  return kind === undefined ? [] : [kind.opened, kind.answered, kind.solved, kind.reopened, kind.cancelled];
}

function effectsOnCase(rules: readonly RuleInForce[], kind: SubjectKind | undefined, type: string): CaseEffects {
  const [opened = NONE, answered = NONE, solved = NONE, reopened = NONE, cancelled = NONE] = triggersOfCase(kind).map(
    (triggers) => triggers.filter(({ on }) => on === type),
  );
  const onRules = rules.map(({ obligation }) => effectsOn(obligation, type));
  return {
    opened,
    answered,
    solved,
    reopened,
    cancelled,
    setsPriority: kind?.priority?.setBy.includes(type) === true,
    isCountedFrom: rules.some(({ obligation }) => obligation.reopen?.from.includes(type) === true),
    onRules,
    touched: onRules.flatMap((effects, place) => (effects === NO_EFFECTS ? [] : [place])),
  };
}

function indexedObligation(obligation: Obligation): ReadonlyMap<string, Effects> {
  const { start, stop, pause, resume, reset, cancel, target } = obligation;
  const reopen = obligation.reopen?.on ?? NONE;
  const carriers = target.by === 'fact' ? target.setBy : NONE;
  const types = new Set([start, stop, pause, resume, reset, cancel, reopen].flat().map(({ on }) => on));
  for (const type of carriers) types.add(type);
  return new Map(
    [...types].map((type) => {
      const ofType = (triggers: readonly Trigger[]): readonly Trigger[] => triggers.filter(({ on }) => on === type);
      return [
        type,
        {
          start: ofType(start),
          stop: ofType(stop),
          pause: ofType(pause),
          resume: ofType(resume),
          reset: ofType(reset),
          cancel: ofType(cancel),
          reopen: ofType(reopen),
          due: carriers.includes(type),
        },
      ];
    }),
  );
}
