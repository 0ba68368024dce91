import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createMetrics } from './create-metrics.js';

describe('metrics', () => {
  it('have the names and labels that the README shows', async () => {
    const readme = readFileSync(path.resolve(__dirname, '../README.md'), 'utf8');
    const rows = [...readme.matchAll(/^\| `(pactwatch_\w+)` \| (.*?) ?\| .+ \|$/gm)];
    const shown = rows.map(([, name, labels = '']) => [name, labels.match(/\w+/g) ?? []]);
    const { registry } = createMetrics({ node: false });
    const there = registry.getMetricsAsArray().map((metric) => {
      const { name, labelNames } = metric as unknown as { name: string; labelNames: string[] };
      return [name, labelNames.filter((label) => label !== 'le')];
    });
    const byName = (a: unknown[], b: unknown[]) => String(a[0]).localeCompare(String(b[0]));
    expect(there.sort(byName)).toEqual(shown.sort(byName));
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
      metrics.feedSilent.set({ contract, feed: '/s' }, 1);
      metrics.standardMisses.set({ contract, standard: 's' }, 1);
      metrics.liabilityAssessed.set({ contract, party: 'client', clause: '1', currency: 'CNY' }, 1);
    }
    metrics.partitionLag.set({ partition: 1 }, 1);
    metrics.partitionLag.set({ partition: 11 }, 1);
    await metrics.dropContract('A');
    await metrics.dropPartition(1);
    const text = await metrics.registry.metrics();
    expect(text).not.toContain('contract="A"');
    expect(text.match(/contract="B"/g)).toHaveLength(7);
    expect(text.match(/partition="\d+"/g)).toEqual(['partition="11"']);
  });

  it('leave out those of Node that are misnamed', async () => {
    const text = await createMetrics().registry.metrics();
    expect(text).toContain('process_cpu_seconds_total');
    const gauges = [...text.matchAll(/^# TYPE (\S+) gauge$/gm)].map((match) => match[1]);
    expect(gauges.filter((name) => name?.endsWith('_total'))).toEqual([]);
  });
});
