import type { Log } from '#libs/bus';
import { createLogger, createMetrics, type Metrics } from '#libs/telemetry';
import type { Monitor } from './monitor.js';
import { MonitorGauges } from './monitor-gauges.js';
import type { MonitorOptions } from './monitor-options.js';

const NOW = 5_000_000;
const topic = 'platform.events';

let metrics: Metrics;
let positions: ReturnType<Monitor['positions']>;
let ends: { partition: number; low: number; high: number }[] | Error;
let gauges: MonitorGauges;

beforeEach(() => {
  metrics = createMetrics({ node: false });
  positions = [];
  ends = [];
  const log = { bounds: () => (ends instanceof Error ? Promise.reject(ends) : Promise.resolve(ends)) };
  gauges = new MonitorGauges(
    {
      metrics,
      log: log as unknown as Log,
      partitions: 4,
      logger: createLogger('silent'),
      time: { now: () => NOW, after: () => () => undefined },
    } as unknown as MonitorOptions,
    { positions: () => positions } as Monitor,
  );
});

async function shown(name: string): Promise<string[]> {
  const text = await metrics.registry.getSingleMetricAsString(`pactwatch_${name}`);
  return text.split('\n').filter((line) => !line.startsWith('#'));
}

it('shows of each partition what is not read yet, however long nothing is saved', async () => {
  positions = [
    { topic, partition: 1, nextOffset: 7 },
    { topic, partition: 2, nextOffset: 9 },
  ];
  ends = [1, 2, 3].map((partition) => ({ partition, low: 0, high: 9 }));
  await gauges.look();
  expect(await shown('partition_lag')).toEqual([
    'pactwatch_partition_lag{partition="1"} 2',
    'pactwatch_partition_lag{partition="2"} 0',
  ]);
  ends = [{ partition: 1, low: 0, high: 30 }];
  await gauges.look();
  expect(await shown('partition_lag')).toContain('pactwatch_partition_lag{partition="1"} 23');
});

it('goes on counting where a partition was lost hold of, and from its start where it was never held', async () => {
  positions = [{ topic, partition: 1, nextOffset: 7 }];
  ends = [1, 2].map((partition) => ({ partition, low: 3, high: 9 }));
  await gauges.look();
  positions = [1, 2].map((partition) => ({ topic, partition, nextOffset: null }));
  await gauges.look();
  expect(await shown('partition_lag')).toEqual([
    'pactwatch_partition_lag{partition="1"} 2',
    'pactwatch_partition_lag{partition="2"} 6',
  ]);
});

it('measures progress from the first look where nothing was saved, and changes no other', async () => {
  positions = [1, 2].map((partition) => ({ topic, partition, nextOffset: 0 }));
  ends = [1, 2].map((partition) => ({ partition, low: 0, high: 0 }));
  metrics.partitionLastProgress.set({ partition: 2 }, 4_000);
  await gauges.look();
  expect((await shown('partition_last_progress_timestamp_seconds')).sort()).toEqual([
    'pactwatch_partition_last_progress_timestamp_seconds{partition="1"} 5000',
    'pactwatch_partition_last_progress_timestamp_seconds{partition="2"} 4000',
  ]);
});

it('leaves all as it was while the log is away', async () => {
  positions = [{ topic, partition: 1, nextOffset: 7 }];
  ends = [{ partition: 1, low: 0, high: 9 }];
  await gauges.look();
  ends = new Error('away');
  await gauges.look();
  expect(await shown('partition_lag')).toEqual(['pactwatch_partition_lag{partition="1"} 2']);
});

it('begins every reason of quarantine at zero, and says how many partitions there are', async () => {
  gauges.onModuleInit();
  expect(await shown('stream_partitions')).toEqual(['pactwatch_stream_partitions 4']);
  expect(await shown('quarantined_total')).toContain('pactwatch_quarantined_total{reason="FORGED"} 0');
});
