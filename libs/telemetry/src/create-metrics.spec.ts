import { createMetrics } from './create-metrics.js';

describe('metrics', () => {
  it('have the public names and labels', async () => {
    const metrics = createMetrics({ node: false });
    metrics.eventsProcessed.inc({ result: 'accepted' });
    metrics.eventsRekeyed.inc();
    metrics.quarantined.inc({ reason: 'SCHEMA' });
    metrics.decisions.inc({ contract: 'C', rule: 'r', party: 'client', kind: 'breach.declared' });
    metrics.openClocks.set({ contract: 'C', rule: 'r' }, 3);
    metrics.decisionLag.observe(0.2);
    metrics.commitLag.observe(0.2);
    metrics.partitionLag.set({ partition: 1 }, 4);
    metrics.partitionLastProgress.set({ partition: 1 }, 5);
    metrics.contractClock.set({ contract: 'C' }, 6);
    metrics.outboxOldest.set({ partition: 1 }, 7);
    metrics.sourceLastEvent.set({ contract: 'C', source: '/s' }, 8);
    metrics.alertsSent.inc({ channel: 'mail', result: 'sent' }, 2);
    const lines = (await metrics.registry.metrics()).split('\n').filter((line) => line.startsWith('pactwatch_'));
    expect(lines.filter((line) => !line.includes('_bucket'))).toEqual([
      'pactwatch_open_clocks{contract="C",rule="r"} 3',
      'pactwatch_contract_clock_timestamp_seconds{contract="C"} 6',
      'pactwatch_source_last_event_timestamp_seconds{contract="C",source="/s"} 8',
      'pactwatch_partition_lag{partition="1"} 4',
      'pactwatch_partition_last_progress_timestamp_seconds{partition="1"} 5',
      'pactwatch_outbox_oldest_timestamp_seconds{partition="1"} 7',
      'pactwatch_events_processed_total{result="accepted"} 1',
      'pactwatch_events_rekeyed_total 1',
      'pactwatch_quarantined_total{reason="SCHEMA"} 1',
      'pactwatch_decisions_total{contract="C",rule="r",party="client",kind="breach.declared"} 1',
      'pactwatch_decision_lag_seconds_sum 0.2',
      'pactwatch_decision_lag_seconds_count 1',
      'pactwatch_commit_lag_seconds_sum 0.2',
      'pactwatch_commit_lag_seconds_count 1',
      'pactwatch_alerts_sent_total{channel="mail",result="sent"} 2',
    ]);
  });

  it('belong to one registry each', async () => {
    const [one, two] = [createMetrics({ node: false }), createMetrics({ node: false })];
    one.eventsRekeyed.inc();
    expect(await two.registry.metrics()).toContain('pactwatch_events_rekeyed_total 0');
  });

  it("of a contract go when its owner loses it, and no other contract's", async () => {
    const metrics = createMetrics({ node: false });
    for (const contract of ['A', 'B']) {
      metrics.openClocks.set({ contract, rule: 'r1' }, 1);
      metrics.openClocks.set({ contract, rule: 'r2' }, 1);
      metrics.contractClock.set({ contract }, 1);
      metrics.sourceLastEvent.set({ contract, source: '/s' }, 1);
    }
    metrics.partitionLag.set({ partition: 1 }, 1);
    metrics.partitionLag.set({ partition: 11 }, 1);
    await metrics.dropContract('A');
    await metrics.dropPartition(1);
    const text = await metrics.registry.metrics();
    expect(text).not.toContain('contract="A"');
    expect(text.match(/contract="B"/g)).toHaveLength(4);
    expect(text.match(/partition="\d+"/g)).toEqual(['partition="11"']);
  });

  it('leave out those of Node that are misnamed', async () => {
    const text = await createMetrics().registry.metrics();
    expect(text).toContain('process_cpu_seconds_total');
    const gauges = [...text.matchAll(/^# TYPE (\S+) gauge$/gm)].map((match) => match[1]);
    expect(gauges.filter((name) => name?.endsWith('_total'))).toEqual([]);
  });
});
