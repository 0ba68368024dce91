import { newContractMemory, type ContractVersions } from '#libs/evaluation';
import { createMetrics } from '#libs/telemetry';
import { LiabilityGauges } from './liability-gauges.js';
import type { Monitor } from './monitor.js';
import type { MonitorOptions } from './monitor-options.js';
import type { PartitionSession } from './partition-session.js';

const line = (clause: string, amount: number, party = 'provider') => ({
  party,
  clause,
  amount: { toNumber: () => amount },
});

it('shows what each party owes by a clause in the current cycle, and 0 where nothing is owed any more', async () => {
  const metrics = createMetrics({ node: false });
  const contract = newContractMemory('C-1');
  contract.versions = [] as unknown as ContractVersions;
  contract.clock = 150;
  let lines = [line('5.1', 100), line('5.1', 0.1), line('5.1', 0.2), line('9', -20), line('4.3', 7, 'client')];
  const session = {
    judge: { contracts: new Map([['C-1', contract]]) },
    statements: {
      follows: () => true,
      statements: () => [
        { cycle: { from: 0, to: 100 }, currency: 'CNY', lines: [line('5.1', 9_999)] },
        { cycle: { from: 100, to: 200 }, currency: 'CNY', lines },
      ],
    },
  } as unknown as PartitionSession;
  let now = 0;
  const time = { now: () => now, after: () => () => undefined };
  const monitor = { sessions: () => [session] } as unknown as Monitor;
  const gauges = new LiabilityGauges({ metrics, time } as unknown as MonitorOptions, monitor);
  const shown = async (): Promise<string[]> =>
    (await metrics.registry.getSingleMetricAsString('pactwatch_liability_assessed'))
      .split('\n')
      .flatMap((text) => /party="(\w+)",clause="([\d.]+)",currency="CNY"} (.+)$/.exec(text)?.slice(1).join(' ') ?? []);

  gauges.look();
  expect(await shown()).toEqual(['provider 5.1 100.3', 'provider 9 -20', 'client 4.3 7']);
  lines = [line('5.1', 50)];
  now += 5_000;
  gauges.look();
  expect(await shown()).toContain('provider 5.1 100.3');
  contract.lastNumber = 1;
  now += 5_000;
  gauges.look();
  expect(await shown()).toEqual(['provider 5.1 50', 'provider 9 0', 'client 4.3 0']);
});
