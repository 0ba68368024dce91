import type { Closer, ClosingOccasion } from './closings.js';
import type { ContractMemory } from './contract-memory.js';
import { closingPeriods, type CountedPeriod } from './contract-standards.js';
import { countedStandards } from './counted-standards.js';
import {
  differsFromRecorded,
  recordedStandard,
  type RecordedStandard,
  type StandardDecision,
} from './standard-decision.js';

/** Closes the periods of standards, and records what changes about them afterwards. */
export class StandardCloser implements Closer {
  readonly kind = 'standard:';

  schedule(contract: ContractMemory): void {
    const { versions, published, standards, deadlines, clock } = contract;
    if (versions === null || published.length === 0) return;
    standards.open();
    for (const { closesAt, ...counted } of closingPeriods(versions)) {
      const key = this.keyOf(counted);
      const waits = closesAt !== null && closesAt <= (contract.dutiesWaitFrom ?? -Infinity);
      const past = closesAt !== null && clock !== null && closesAt < clock;
      deadlines.set(key, past || waits ? null : closesAt);
      if (!past || waits) continue;
      standards.close(counted);
      standards.touch(counted);
    }
  }

  close(contract: ContractMemory, key: string): void {
    const counted = periodOf(contract, key.slice(this.kind.length));
    // Another version has taken the period's place meanwhile.
    if (counted === undefined) return;
    contract.standards.close(counted);
    contract.standards.touch(counted);
  }

  settle(contract: ContractMemory, occasion: ClosingOccasion): void {
    const { versions, standards } = contract;
    if (versions === null) return;
    for (const counted of standards.takeChanged(versions)) decide(contract, counted, occasion);
  }

  swept({ standards, versions }: ContractMemory): void {
    standards.touchAll(versions!);
  }

  private keyOf({ counted, period }: CountedPeriod): string {
    return `${this.kind}${counted.standard.id}/${period.name}`;
  }
}

function periodOf({ versions }: ContractMemory, name: string): CountedPeriod | undefined {
  const slash = name.indexOf('/');
  const id = name.slice(0, slash);
  for (const counted of countedStandards(versions!).all) {
    if (counted.standard.id !== id) continue;
    const period = counted.periods.find((one) => one.name === name.slice(slash + 1));
    if (period !== undefined) return { counted, period };
  }
  return undefined;
}

function decide(contract: ContractMemory, counted: CountedPeriod, occasion: ClosingOccasion): void {
  const { standards } = contract;
  const { now, cause, backfill, outcome } = occasion;
  const verdict = standards.result(counted, now.at, contract.circumstances.gaps);
  const known = standards.recorded(verdict.standard, verdict.period.name);
  // Items that the period waits for are not decided yet: it closes with the last of them.
  if (known === undefined ? verdict.state === 'open' : !differsFromRecorded(verdict, known)) return;
  const decision: StandardDecision = {
    type: known === undefined ? typeAtClose(verdict.state) : 'compliance.standard.revised',
    contract: contract.id,
    number: ++contract.lastNumber,
    revision: (known?.revision ?? 0) + 1,
    supersedes: known?.number ?? null,
    effectiveAt: known === undefined ? verdict.period.to : now.at,
    standard: verdict,
    missedBefore: known?.state === 'missed',
    cause,
    ...(backfill === undefined ? {} : { backfill }),
  };
  const recorded: RecordedStandard = recordedStandard(decision);
  standards.record(recorded);
  const open = contract.import;
  if (open !== null && backfill?.import === open.id) open.decisions++;
  outcome.standards.push(decision);
  outcome.periods.set(`${contract.id}\n${recorded.standard}/${recorded.period}`, { contract: contract.id, recorded });
  outcome.contracts.add(contract);
}

function typeAtClose(state: StandardDecision['standard']['state']): StandardDecision['type'] {
  return state === 'met' || state === 'missed' ? `compliance.standard.${state}` : 'compliance.standard.revised';
}
