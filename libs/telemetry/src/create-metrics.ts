import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/**
 * The product's own metrics: names and labels are public interface. Labels take ids of contracts and rules, never of a case,
 * an order or a person. Instants are Unix seconds, as Prometheus has it.
 */
export interface Metrics {
  /** One per process; rendered as Prometheus text only (a single OpenMetrics rendering would spoil the names of counters). */
  readonly registry: Registry;
  /** Records read from the stream, by what became of them. */
  readonly eventsProcessed: Counter<'result'>;
  /** Records sent on to the home partition of their contract. */
  readonly eventsRekeyed: Counter;
  readonly quarantined: Counter<'reason'>;
  /** `kind`: the decision's type without `compliance.`, e.g. `breach.declared`. */
  readonly decisions: Counter<'contract' | 'rule' | 'party' | 'kind'>;
  readonly openClocks: Gauge<'contract' | 'rule'>;
  /** Due instant + grace to the instant of decision, seconds. */
  readonly decisionLag: Histogram;
  /** Appended to recorded, seconds. */
  readonly commitLag: Histogram;
  /** Partitions that the stream has, whoever reads them. */
  readonly streamPartitions: Gauge;
  /** Records not read yet. */
  readonly partitionLag: Gauge<'partition'>;
  readonly partitionLastProgress: Gauge<'partition'>;
  readonly contractClock: Gauge<'contract'>;
  /** When the oldest record not relayed yet was recorded. */
  readonly outboxOldest: Gauge<'partition'>;
  readonly sourceLastEvent: Gauge<'contract' | 'source'>;
  /** 1 while a feed that promises a sign of life gives none, else 0. `feed`: the source, or the door. */
  readonly feedSilent: Gauge<'contract' | 'feed'>;
  /** Of a standard in its current period: a share as a fraction of 1, anything else in its own unit; not rounded. */
  readonly standardValue: Gauge<'contract' | 'standard'>;
  readonly standardTarget: Gauge<'contract' | 'standard'>;
  /** Cases, answers or samples that the value is made of so far. */
  readonly standardSample: Gauge<'contract' | 'standard'>;
  /** Of a share, in the current period so far: cases that count against it. */
  readonly standardMisses: Gauge<'contract' | 'standard'>;
  /** How many the target allows among the cases counted so far: (1 − target) × denominator; for "at most", target × denominator. */
  readonly standardMissesAllowed: Gauge<'contract' | 'standard'>;
  /** Bounds of its current period. */
  readonly standardPeriodBegin: Gauge<'contract' | 'standard'>;
  readonly standardPeriodEnd: Gauge<'contract' | 'standard'>;
  /** 1 − misses / misses allowed; below 0 the target would be missed if the period ended now. */
  readonly budgetRemaining: Gauge<'contract' | 'standard'>;
  /** What a party owes by a clause in the current cycle, in units of the currency. */
  readonly liabilityAssessed: Gauge<'contract' | 'party' | 'clause' | 'currency'>;
  readonly alertsSent: Counter<'channel' | 'result'>;
  /** Takes away all gauges of a contract: whoever owns it now exports them. */
  dropContract(contract: string): Promise<void>;
  /** The same for a partition. */
  dropPartition(partition: number): Promise<void>;
}

const DECISION_LAG_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3_600, 21_600, 86_400];
const COMMIT_LAG_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 3_600];

/** Node's own gauges whose names end in `_total`, which is kept for counters: `promtool check metrics` refuses them. */
const MISNAMED = ['nodejs_active_resources_total', 'nodejs_active_handles_total', 'nodejs_active_requests_total'];

/** A registry with all metrics of the product, and Node's own where `node` is not false. */
export function createMetrics(options: { readonly node?: boolean } = {}): Metrics {
  const registry = new Registry();
  if (options.node !== false) {
    collectDefaultMetrics({ register: registry });
    MISNAMED.forEach((name) => registry.removeSingleMetric(name));
  }
  const counter = <T extends string = never>(name: string, help: string, labelNames: readonly T[] = []) =>
    new Counter<T>({ name: `pactwatch_${name}`, help, labelNames, registers: [registry] });
  const gauge = <T extends string = never>(name: string, help: string, labelNames: readonly T[] = []) =>
    new Gauge<T>({ name: `pactwatch_${name}`, help, labelNames, registers: [registry] });
  const histogram = (name: string, help: string, buckets: number[]) =>
    new Histogram({ name: `pactwatch_${name}`, help, buckets, registers: [registry] });

  const gaugesOfContract = {
    openClocks: gauge('open_clocks', 'Clocks that run or are paused.', ['contract', 'rule']),
    contractClock: gauge('contract_clock_timestamp_seconds', "The contract's clock.", ['contract']),
    sourceLastEvent: gauge('source_last_event_timestamp_seconds', 'When the last event of a source was appended.', [
      'contract',
      'source',
    ]),
    feedSilent: gauge('feed_silent', '1 while a feed gives no sign of life though it promises one, else 0.', [
      'contract',
      'feed',
    ]),
    standardValue: gauge('standard_value', 'Value of a standard in its current period; a share as a fraction of 1.', [
      'contract',
      'standard',
    ]),
    standardTarget: gauge('standard_target', 'Target of a standard; of a share as a fraction of 1.', [
      'contract',
      'standard',
    ]),
    standardSample: gauge('standard_sample', 'What the value of a standard is made of so far.', [
      'contract',
      'standard',
    ]),
    standardMisses: gauge('standard_misses', 'What counts against a share in its current period so far.', [
      'contract',
      'standard',
    ]),
    standardMissesAllowed: gauge('standard_misses_allowed', 'Misses that the target allows so far.', [
      'contract',
      'standard',
    ]),
    standardPeriodBegin: gauge('standard_period_begin_timestamp_seconds', 'When the current period began.', [
      'contract',
      'standard',
    ]),
    standardPeriodEnd: gauge('standard_period_end_timestamp_seconds', 'When the current period ends.', [
      'contract',
      'standard',
    ]),
    budgetRemaining: gauge('budget_remaining_ratio', 'Part of the allowed misses that is left; negative: overdrawn.', [
      'contract',
      'standard',
    ]),
    liabilityAssessed: gauge('liability_assessed', 'What a party owes by a clause in the current cycle.', [
      'contract',
      'party',
      'clause',
      'currency',
    ]),
  };
  const gaugesOfPartition = {
    partitionLag: gauge('partition_lag', 'Records of the stream not read yet.', ['partition']),
    partitionLastProgress: gauge('partition_last_progress_timestamp_seconds', 'When the partition last got ahead.', [
      'partition',
    ]),
    outboxOldest: gauge(
      'outbox_oldest_timestamp_seconds',
      'When the oldest record that is not relayed yet was recorded.',
      ['partition'],
    ),
  };
  return {
    registry,
    ...gaugesOfContract,
    ...gaugesOfPartition,
    streamPartitions: gauge('stream_partitions', 'Partitions that the stream has.'),
    eventsProcessed: counter('events_processed_total', 'Records read from the stream, by result.', ['result']),
    eventsRekeyed: counter('events_rekeyed_total', 'Records sent on to the home partition of their contract.'),
    quarantined: counter('quarantined_total', 'Records that could not be judged, by reason.', ['reason']),
    decisions: counter('decisions_total', 'Decisions recorded.', ['contract', 'rule', 'party', 'kind']),
    decisionLag: histogram(
      'decision_lag_seconds',
      'From the due instant and its grace to the decision.',
      DECISION_LAG_SECONDS,
    ),
    commitLag: histogram('commit_lag_seconds', 'From append to record.', COMMIT_LAG_SECONDS),
    alertsSent: counter('alerts_sent_total', 'Messages to people and systems, by channel and result.', [
      'channel',
      'result',
    ]),
    dropContract: (contract) => drop(Object.values(gaugesOfContract), 'contract', contract),
    dropPartition: (partition) => drop(Object.values(gaugesOfPartition), 'partition', String(partition)),
  };
}

async function drop(gauges: readonly Gauge[], label: string, value: string): Promise<void> {
  for (const gauge of gauges) {
    const { values } = await gauge.get();
    values.forEach(({ labels }) => {
      if (String((labels as Record<string, string | number>)[label]) === value) gauge.remove(labels);
    });
  }
}
