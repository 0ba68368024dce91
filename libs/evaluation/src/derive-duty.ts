import { formatInstant, type Instant } from '#libs/calendar';
import type { Budget, Contract, Duty, NamingTrigger, Period } from '#libs/contract';
import { suspensionsOf, type Circumstances } from './circumstances.js';
import { versionFor, type ContractVersions } from './contract-versions.js';
import { allowedText, countsDays, dueInstant } from './counting.js';
import { Decimal } from './decimal.js';
import type { Clock } from './derive-clock.js';
import type { EffectiveFact } from './effective-facts.js';
import { extendedDue, type UsedFact } from './fold-subject.js';
import { stateKey } from './subject-state.js';
import { cutAt, mergeSpans } from './suspension.js';
import type { Because, FactRole } from './verdict.js';
import { NO_CASE } from './no-case.js';

const KIND = 'duty:';

export function isDutyKind(kind: string): boolean {
  return kind.startsWith(KIND);
}

/** A duty with one of its periods, by the version in force when the period begins. */
interface DutyPeriod {
  readonly contract: Contract;
  readonly duty: Duty;
  readonly period: Period;
}

/** Every period of every duty, whether facts name it or not, with the kind and subject of its state. */
export function* dutyPeriods(versions: ContractVersions): Generator<DutyPeriod & { kind: string; subject: string }> {
  for (const contract of versions) {
    for (const duty of contract.duties) {
      for (const period of duty.periods) {
        if (versionFor(versions, period.from) === contract)
          yield { contract, duty, period, kind: `${KIND}${duty.id}`, subject: period.name };
      }
    }
  }
}

/** Duties that open by time alone, for each of their periods, with the instant at which they do. */
export function* timedDuties(
  versions: ContractVersions,
): Generator<{ key: string; kind: string; subject: string; opensAt: Instant }> {
  for (const { duty, period, kind, subject } of dutyPeriods(versions)) {
    if (duty.opens.by === 'fact') continue;
    yield {
      key: stateKey(kind, subject),
      kind,
      subject,
      opensAt: duty.opens.by === 'period-start' ? period.from : period.to,
    };
  }
}

/** Undefined where no version in force has such a period: a fact may name any. */
export function dutyPeriodOf(versions: ContractVersions, kind: string, subject: string): DutyPeriod | undefined {
  const id = kind.slice(KIND.length);
  for (const contract of versions) {
    const duty = contract.duties.find((one) => one.id === id);
    const period = duty?.periods.find((one) => one.name === subject);
    if (duty !== undefined && period !== undefined && versionFor(versions, period.from) === contract)
      return { contract, duty, period };
  }
  return undefined;
}

/** A sum as it stands in the fact, and its value. */
interface Amount {
  readonly text: string;
  readonly value: Decimal;
}

interface DutyOpening {
  readonly at: Instant;
  readonly countedFrom: Instant;
  readonly used: readonly UsedFact[];
  readonly owed: Amount | null;
}

/** The instance of a duty about a period that has opened, from the facts that name it, in order. */
export function dutyClock(
  { contract, duty, period }: DutyPeriod,
  opening: DutyOpening,
  facts: readonly EffectiveFact[],
  circumstances: Circumstances,
): Clock {
  const { owed } = opening;
  const fulfilling = facts.filter((fact) => names(duty.fulfilledBy, fact, period.name));
  const payments: { fact: EffectiveFact; amount: Amount }[] = [];
  let paid = new Decimal(0);
  let last: EffectiveFact | undefined;
  for (const fact of fulfilling) {
    if (last !== undefined) break;
    if (owed === null || duty.paidField === null) {
      last = fact;
      break;
    }
    const amount = amountIn(fact, duty.paidField);
    if (amount === null) continue;
    payments.push({ fact, amount });
    paid = paid.plus(amount.value);
    if (paid.greaterThanOrEqualTo(owed.value)) last = fact;
  }
  const end: Clock['end'] =
    last === undefined
      ? null
      : {
          how: 'stopped',
          at: last.occurredAt,
          dateOnly: contract.sources.get(last.source)?.precision === 'date',
        };
  const spans = suspensionsOf(circumstances, contract, duty.id, period.name);
  const suspensions = end === null ? spans : cutAt(spans, end.at);
  const { within } = duty;
  const excused = mergeSpans(suspensions);
  return {
    contract,
    rule: duty,
    number: 1,
    startedAt: opening.at,
    countedFrom: opening.countedFrom,
    budget: within,
    allowed: within === null ? null : allowedText(within),
    dueAt:
      within === null ? extendedDue(period.from, period.to, excused) : dueInstant(within, opening.countedFrom, excused),
    pauses: [],
    suspensions,
    end,
    used: [
      ...opening.used,
      ...payments.filter(({ fact }) => fact !== last).flatMap(({ fact }) => used(contract, fact, 'payment')),
      ...(last === undefined ? [] : used(contract, last, 'stop')),
    ],
    priority: '',
    sum: owed === null ? null : sumOf(owed, payments),
  };
}

/** When the duty about a period opens; undefined where it takes a fact for it that is not there. */
export function dutyOpening(
  { contract, duty, period }: DutyPeriod,
  facts: readonly EffectiveFact[],
): DutyOpening | undefined {
  const { opens, within } = duty;
  const fromEnd = { at: period.to, countedFrom: dayEndedAt(period.to, within), used: [], owed: null };
  if (opens.by !== 'fact')
    return opens.by === 'period-end' ? fromEnd : { ...fromEnd, at: period.from, countedFrom: period.from };
  const fact = facts.find((one) => names(opens.fact, one, period.name));
  if (fact === undefined) return undefined;
  const owed = opens.amountField === null ? null : amountIn(fact, opens.amountField);
  // The later of the two; a fact of the very instant at which the period ends falls on the day after it.
  const later =
    fact.occurredAt < period.to ? fromEnd : { ...fromEnd, at: fact.occurredAt, countedFrom: fact.occurredAt };
  return { ...later, used: used(contract, fact, 'start'), owed };
}

/** What ends at 24:00 ends on that day, so days are counted from it (readings 33). */
function dayEndedAt(end: Instant, within: Budget | null): Instant {
  return within !== null && countsDays(within) ? end - 1 : end;
}

function names({ triggers, field }: NamingTrigger, fact: EffectiveFact, period: string): boolean {
  return (
    fact.data[field] === period &&
    triggers.some((trigger) => trigger.on === fact.type && trigger.holds(fact.data, NO_CASE, fact.occurredAt))
  );
}

/** A decimal in text, or a number; null where there is none above zero. */
function amountIn(fact: EffectiveFact, field: string): Amount | null {
  const value = fact.data[field];
  if (typeof value !== 'number' && !(typeof value === 'string' && /^\d{1,30}(\.\d{1,30})?$/.test(value))) return null;
  const amount = new Decimal(value);
  return amount.greaterThan(0) ? { text: typeof value === 'string' ? value : amount.toFixed(), value: amount } : null;
}

function sumOf(
  owed: Amount,
  payments: readonly { fact: EffectiveFact; amount: Amount }[],
): NonNullable<Because['sum']> {
  return {
    owed: owed.text,
    payments: payments.map(({ fact: { source, id, occurredAt }, amount }) => ({
      source,
      id,
      at: formatInstant(occurredAt),
      amount: amount.text,
    })),
  };
}

/** The fact in its role, and the correction that made it what it is. */
export function used(contract: Contract, fact: EffectiveFact, role: FactRole): UsedFact[] {
  const { source, id, type, occurredAt, correctedBy } = fact;
  const own: UsedFact = { source, id, type, at: occurredAt, role };
  if (correctedBy === undefined) return [own];
  const correction: UsedFact = {
    source: correctedBy.source,
    id: correctedBy.id,
    type: contract.vocabulary.correction ?? '',
    at: correctedBy.occurredAt,
    role: 'correction',
  };
  return [own, correction];
}
