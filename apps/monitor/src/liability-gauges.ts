import { Inject, Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import type { ContractMemory } from '#libs/evaluation';
import type { Metrics } from '#libs/telemetry';
import { Monitor } from './monitor.js';
import { MONITOR_OPTIONS, type MonitorOptions } from './monitor-options.js';
import type { PartitionSession } from './partition-session.js';
import { machineTime, type ProcessTime } from './process-time.js';

const EVERY_MILLIS = 5_000;
/** Reckoning takes at most this part of the time, however many breaches there are. */
const SHARE = 1 / 20;
/** What goes on grows by days and hours: without a decision a contract is reckoned anew so often. */
const GROWS_MILLIS = 3_600_000;

type Labels = Record<'contract' | 'party' | 'clause' | 'currency', string>;

interface Shown {
  /** How far the contract was when it was reckoned. */
  readonly stand: string;
  readonly labels: Map<string, Labels>;
}

/** What each party owes by a clause in the current cycle, by the contract's clock: looked at now and then, not with each save. */
@Injectable()
export class LiabilityGauges {
  private readonly time: ProcessTime;
  /** By contract; a partition that is taken again is shown anew. */
  private readonly shown = new WeakMap<PartitionSession, Map<string, Shown>>();
  private notBefore = -Infinity;

  constructor(
    @Inject(MONITOR_OPTIONS) private readonly options: MonitorOptions,
    private readonly monitor: Monitor,
  ) {
    this.time = options.time ?? machineTime;
  }

  @Interval(EVERY_MILLIS)
  look(): void {
    const begun = this.time.now();
    if (begun < this.notBefore) return;
    for (const session of this.monitor.sessions()) {
      for (const contract of session.judge.contracts.values()) this.show(session, contract);
    }
    const ended = this.time.now();
    this.notBefore = ended + (ended - begun) / SHARE;
  }

  private show(session: PartitionSession, contract: ContractMemory): void {
    const { clock, lastNumber } = contract;
    if (clock === null || !session.statements.follows(contract.versions)) return;
    let shown = this.shown.get(session);
    if (shown === undefined) this.shown.set(session, (shown = new Map<string, Shown>()));
    const before = shown.get(contract.id);
    const stand = `${lastNumber} ${Math.floor(clock / GROWS_MILLIS)}`;
    if (before?.stand === stand) return;
    const labels = before?.labels ?? new Map<string, Labels>();
    shown.set(contract.id, { stand, labels });
    showLiability(session, contract, clock, labels, this.options.metrics);
  }
}

/** What was owed by a clause before and is no more is owed with 0. */
function showLiability(
  { statements }: PartitionSession,
  contract: ContractMemory,
  clock: number,
  known: Map<string, Labels>,
  { liabilityAssessed }: Metrics,
): void {
  const current = statements.statements(contract).find(({ cycle }) => cycle.from <= clock && clock < cycle.to);
  const sums = new Map([...known.keys()].map((key) => [key, 0]));
  for (const { party, clause, amount } of current?.lines ?? []) {
    const labels = { contract: contract.id, party, clause, currency: current!.currency };
    const key = JSON.stringify(labels);
    known.set(key, labels);
    sums.set(key, (sums.get(key) ?? 0) + amount.toNumber());
  }
  for (const [key, sum] of sums) liabilityAssessed.set(known.get(key)!, Math.round(sum * 100) / 100);
}
