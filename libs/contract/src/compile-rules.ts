import { compileDuty } from './compile-duty.js';
import type { CompiledKind } from './compile-kind.js';
import { compileMaterial, type CompiledMaterial } from './compile-notice.js';
import { compileObligation, type CompiledObligation } from './compile-obligation.js';
import { compileProhibition } from './compile-prohibition.js';
import { compileRemedies, type LooseRemedies, type RemediedRule } from './compile-remedies.js';
import { compileStandard } from './compile-standard.js';
import type { CompiledTerm } from './compile-term.js';
import type { Duty } from './duties.js';
import type { Budget, Contract, Obligation, Target } from './model.js';
import type { MaterialBreach, Remedy, RemedyName, RuleRemedies } from './money.js';
import type { Path, Reading } from './reading.js';
import type { RuleReads } from './rule-reads.js';

/** All rules of a contract, with what follows when they are broken. */
export interface CompiledRules extends Pick<Contract, 'obligations' | 'duties' | 'prohibitions' | 'standards'> {
  readonly clocks: readonly CompiledObligation[];
  readonly remedies: readonly RuleRemedies[];
  readonly materialBreaches: readonly MaterialBreach[];
  readonly reads: readonly RuleReads[];
}

/** Compiles the obligations, duties, prohibitions and standards of a file. */
export function compileRules(
  reading: Reading,
  kinds: readonly CompiledKind[],
  term: CompiledTerm | undefined,
): CompiledRules {
  const { file } = reading;
  const kindsById = new Map(kinds.map(({ kind }) => [kind.id, kind]));
  const remedies: RuleRemedies[] = [];
  const materials: CompiledMaterial[] = [];
  const remedy = (path: Path, written: LooseRemedies | undefined, rule: RemediedRule, clauses: Clauses): void => {
    const compiled = compileRemedies(reading, [...path, 'remedies'], written, rule);
    const clause = (clauses ?? []).findLast((one) => one !== undefined);
    if (compiled === undefined || clause === undefined) return;
    for (const id of reading.rules.expand(rule.id)) remedies.push({ rule: id, clause, ...compiled });
  };
  const clocks = entries(file.obligations).map(([id, written]) => {
    const compiled = compileObligation(reading, id, written, kindsById);
    const path = ['obligations', id];
    const priorities = kindsById.get(written.subject ?? '')?.priority?.values ?? [];
    remedy(path, written.remedies, { sort: 'obligation', id, priorities }, written.clauses);
    add(materials, compileMaterial(reading, [...path, 'material'], id, written.material));
    return compiled;
  });
  const duties = entries(file.duties).map(([id, written]) => {
    const compiled = compileDuty(reading, id, written, term);
    const path = ['duties', id];
    const owesSum = written.fulfilledBy?.amount !== undefined;
    remedy(path, written.remedies, { sort: 'duty', id, owesSum }, written.clauses);
    add(materials, compileMaterial(reading, [...path, 'material'], id, written.material));
    return compiled;
  });
  const prohibitions = entries(file.prohibitions).map(([id, written]) => {
    const compiled = compileProhibition(reading, id, written, term);
    remedy(['prohibitions', id], written.remedies, { sort: 'prohibition', id }, written.clauses);
    return compiled;
  });
  const standards = entries(file.standards).map(([id, written]) => {
    const compiled = compileStandard(reading, id, written, kindsById, term);
    remedy(['standards', id], written.remedies, { sort: 'standard', id, standard: written }, written.clauses);
    return compiled;
  });
  return {
    clocks,
    obligations: clocks.flatMap(({ obligation }) =>
      obligation === undefined
        ? []
        : [withUnit(reading, ['obligations', obligation.id], obligation, remedies, budgetsOf(obligation.target))],
    ),
    duties: duties.flatMap(({ duty }) =>
      duty === undefined ? [] : [withUnit(reading, ['duties', duty.id], duty, remedies, [duty.within])],
    ),
    prohibitions: prohibitions.flatMap(({ prohibition }) => prohibition ?? []),
    standards: standards.flatMap((one) => one.standards),
    remedies,
    materialBreaches: materials.map(({ materialBreach }) => materialBreach),
    reads: [...duties, ...prohibitions, ...standards, ...materials.map(({ reads }) => reads)],
  };
}

/**
 * Lateness is shown in the unit in which a remedy counts its days: that of the remedy holds where the rule itself would
 * count other days.
 */
function withUnit<R extends Obligation | Duty>(
  reading: Reading,
  path: Path,
  rule: R,
  remedies: readonly RuleRemedies[],
  budgets: readonly (Budget | null)[],
): R {
  const counted = dayCounting(remedies.find((one) => one.rule === rule.id)?.remedies ?? []);
  if (counted === undefined) return rule;
  const { unit } = counted;
  if (rule.overdueUnit !== null) {
    if (rule.overdueUnit !== unit)
      reading.report(
        [...path, 'overdueIn'],
        `lateness in ${rule.overdueUnit} does not fit ${counted.remedy}, which counts ${unit} (allowed: ${unit})`,
      );
    return rule;
  }
  const own = budgets.flatMap((budget) => (budget !== null && 'millis' in budget ? [] : [dayUnit(budget)]));
  return own.every((one) => one === unit) ? rule : { ...rule, overdueUnit: unit };
}

function dayCounting(
  remedies: readonly Remedy[],
): { readonly remedy: RemedyName; readonly unit: 'working-days' | 'calendar-days' } | undefined {
  for (const one of remedies) {
    if (one.remedy === 'interest') return { remedy: 'interest', unit: 'calendar-days' };
    if (one.remedy !== 'per-day-late') continue;
    if (one.unit === 'working-days' || one.unit === 'calendar-days') return { remedy: one.remedy, unit: one.unit };
  }
  return undefined;
}

function budgetsOf(target: Target): readonly Budget[] {
  return target.by === 'priority' ? Object.values(target.budgets) : [target.budget];
}

function dayUnit(budget: Budget | null): 'working-days' | 'calendar-days' {
  return budget?.counting === 'working-days' ? 'working-days' : 'calendar-days';
}

type Clauses = readonly (string | undefined)[] | undefined;

function entries<T>(section: Readonly<Record<string, T | undefined>> | undefined): [string, T][] {
  return Object.entries(section ?? {}).flatMap(([id, written]) => (written === undefined ? [] : [[id, written]]));
}

function add<T>(list: T[], item: T | undefined): void {
  if (item !== undefined) list.push(item);
}
